// sabre/verify/replay.h: one execution, named by a short token, run again.
//
//   random-4711-1f.9kq2x7          the random execution of seed 4711
//   random.1-4711-1f.9kq2x7        of those with at most one preemption
//   full-0c1-1f.9kq2x7             the path of choices to an execution of the full search
//   bound.2-0c1f01-1f.9kq2x7       of the search with at most two preemptions
//
// A path has a digit or capital letter for each choice, and after it a small letter if there are several
// of them in a row: 0c is 000. The zeros at its end are left out. The last part is the number of choices
// and a checksum of the model's name and of how many alternatives each choice had, in base 36: a token of
// another model, or of a source that has changed, does not pass for this one.
#ifndef SABRE_VERIFY_REPLAY_H_
#define SABRE_VERIFY_REPLAY_H_

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sabre/verify/check.h"
#include "sabre/verify/model.h"
#include "sabre/verify/result.h"

namespace sabre::verify {

namespace internal {

inline std::string ToBase36(std::uint64_t number) {
  char digits[16];
  return std::string(digits, std::to_chars(digits, digits + sizeof(digits), number, 36).ptr);
}

// The whole of `text` as a number.
template <class Number>
bool ReadNumber(std::string_view text, int base, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc() && end == text.data() + text.size();
}

inline std::string PathText(const std::vector<Choice>& path) {
  std::size_t size = path.size();
  while (size != 0 && path[size - 1].index == 0) size -= 1;
  std::string text;
  for (std::size_t i = 0; i < size;) {
    const unsigned index = path[i].index;
    std::size_t run = 1;
    while (run < 26 && i + run < size && path[i + run].index == index) run += 1;
    text += static_cast<char>(index < 10 ? '0' + index : 'A' + (index - 10));
    if (run > 1) text += static_cast<char>('a' + (run - 1));
    i += run;
  }
  return text.empty() ? "0" : text;
}

inline bool ReadPath(std::string_view text, std::vector<Choice>& path) {
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      path.push_back({0, static_cast<unsigned>(c - '0'), 0});
    } else if (c >= 'A' && c <= 'Z') {
      path.push_back({0, static_cast<unsigned>(c - 'A') + 10, 0});
    } else if (c >= 'b' && c <= 'z' && !path.empty()) {
      path.insert(path.end(), static_cast<std::size_t>(c - 'a'), Choice(path.back()));
    } else {
      return false;
    }
  }
  return !text.empty();
}

}  // namespace internal

// The token by which the execution is run again.
inline std::string TokenOf(const Route& route) {
  const Search& search = route.search;
  std::string token = search.kind == Search::Kind::kFull    ? "full"
                      : search.kind == Search::Kind::kBound ? "bound"
                                                            : "random";
  if (search.bound != Search::kNoBound) token += "." + std::to_string(search.bound);
  token += "-" + (search.kind == Search::Kind::kRandom ? std::to_string(search.seed)
                                                       : internal::PathText(route.path));
  return token + "-" + internal::ToBase36(route.choices) + "." + internal::ToBase36(route.check);
}

// The route that `token` tells; nothing if it is no token.
inline std::optional<Route> RouteOf(const std::string& token) {
  using internal::ReadNumber;
  Route route;
  const std::size_t first = token.find('-');
  const std::size_t last = token.rfind('-');
  const std::size_t point = token.find('.', last);
  if (first == last || point == std::string::npos) return std::nullopt;
  std::string_view kind(token.data(), first);
  const std::string_view middle(token.data() + first + 1, last - first - 1);
  const std::string_view choices(token.data() + last + 1, point - last - 1);
  route.search.executions = 1;
  const std::size_t bound = kind.find('.');
  if (bound != std::string_view::npos) {
    if (!ReadNumber(kind.substr(bound + 1), 10, route.search.bound)) return std::nullopt;
    kind = kind.substr(0, bound);
  }
  bool good = true;
  if (kind == "random") {
    route.search.kind = Search::Kind::kRandom;
    good = ReadNumber(middle, 10, route.search.seed);
  } else {
    route.search.kind = kind == "full" ? Search::Kind::kFull : Search::Kind::kBound;
    const bool has_bound = bound != std::string_view::npos;
    good = (kind == "full" ? !has_bound : kind == "bound" && has_bound) &&
           internal::ReadPath(middle, route.path);
  }
  good = good && ReadNumber(choices, 36, route.choices) &&
         ReadNumber(std::string_view(token).substr(point + 1), 36, route.check);
  return good ? std::optional<Route>(std::move(route)) : std::nullopt;
}

// Runs the one execution of `ops` that `route` tells, whether it fails or not. Nothing if its choices are
// not those that the route was noted for: then it is another model, or the source has changed.
inline std::optional<Failure> Replay(const internal::ModelOps& ops, const Route& route) {
  internal::RunningSearch running(ops, route.search);
  internal::SearchState& state = running.state;
  state.replay = &route;
  const FailureKind kind = internal::SimulateAny(state);
  if (!state.Fits()) return std::nullopt;
  Failure execution = internal::CaptureFailure(kind, state);
  execution.route = route;
  return execution;
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_REPLAY_H_
