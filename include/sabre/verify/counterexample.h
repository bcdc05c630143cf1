// sabre/verify/counterexample.h: the shortest failing execution, line by line.
#ifndef SABRE_VERIFY_COUNTEREXAMPLE_H_
#define SABRE_VERIFY_COUNTEREXAMPLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sabre/verify/check.h"
#include "sabre/verify/event_text.h"
#include "sabre/verify/source_text.h"

namespace sabre::verify {

// A failing execution and how it was looked for.
struct Counterexample {
  Failure failure;
  std::string claim;  // what is known about its length
};

// Shortest()
//
// Looks for the failing execution, of the kind of `found`, with the fewest steps: among all executions
// without a preemption, then with at most one, and so on, up to two more than the fewest at which it
// fails at all. `seconds` bounds the whole. If none is found (the failure may need more preemptions, or
// staler loads than these searches allow), the result is `found` itself. `claim` says what was searched.
inline Counterexample Shortest(const internal::ModelOps& ops, const Failure& found,
                               double seconds = 5) {
  constexpr unsigned kMaxBound = 4;
  constexpr std::uint64_t kMaxFailing = 20'000;
  Failure best;
  std::string claim;
  for (unsigned bound = 0, last = kMaxBound; bound <= last && seconds > 0; ++bound) {
    std::uint64_t failing = 0;
    const SearchResult result =
        RunSearch(ops, Bound(bound, 2'000'000), seconds, [&](const SearchResult&, Failure failure) {
          if (failure.kind != found.kind) return true;
          failing += 1;
          if (best.kind == FailureKind::kNone || failure.length < best.length)
            best = std::move(failure);
          return failing < kMaxFailing;
        });
    seconds -= result.seconds;
    if (best.kind == FailureKind::kNone) continue;
    const bool all = !result.cut && failing < kMaxFailing;
    if (!all && !claim.empty()) break;
    claim = std::string("the shortest of ") + (all ? "all " : "the first ") +
            std::to_string(result.executions) + " executions with at most " +
            std::to_string(bound) + (bound == 1 ? " preemption" : " preemptions") + "; " +
            std::to_string(failing) + (failing == 1 ? " of them fails" : " of them fail");
    if (!all) break;
    last = std::min(last, bound + 2);
  }
  if (best.kind == FailureKind::kNone) return {found, "the first one found, not the shortest"};
  return {std::move(best), std::move(claim)};
}

namespace internal {

inline std::string Place(Site site) {
  if (site.line == 0) return "";
  const std::string base = BaseName(site.file);
  // std::lock_guard and its kin call from their own header, which says nothing.
  if (base == "std_mutex.h" || base == "unique_lock.h") return "";
  return base + ":" + std::to_string(site.line);
}

// Columns on a terminal: bytes that do not continue a UTF-8 sequence.
inline std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}
inline std::string Pad(std::string text, std::size_t width) {
  const std::size_t now = Width(text);
  if (now < width) text.append(width - now, ' ');
  return text;
}

// Whether two accesses of one object must be ordered: of a Var unless both read, of an atomic if one is
// its construction or its end.
inline bool Conflict(Op a, Op b) {
  const auto changes_life = [](Op op) { return op == Op::kInit || op == Op::kEnd; };
  if (changes_life(a) || changes_life(b)) return true;
  return a >= Op::kRead && b >= Op::kRead && !(a == Op::kRead && b == Op::kRead);
}

// The earlier access of a data race whose later access is the last event: the newest conflicting one
// that does not happen before it. The number of events if there is none.
inline std::size_t OtherHalfOfRace(const Failure& failure) {
  const std::vector<Event>& events = failure.events;
  if (events.empty()) return 0;
  const Event& last = events.back();
  for (std::size_t i = events.size() - 1; i-- > 0;) {
    const Event& e = events[i];
    if (e.object != last.object || e.thread < 0 || e.thread == last.thread) continue;
    if (!Conflict(e.op, last.op)) continue;
    if (failure.known[static_cast<std::size_t>(e.thread)] < e.stamp) return i;
  }
  return events.size();
}

// Whether an event is worth a line: a sleep that ends is told by its end.
inline bool Shown(const Failure& failure, std::size_t index) {
  const std::vector<Event>& events = failure.events;
  const Event& e = events[index];
  if (e.thread < 0) return false;
  // The beginning and end of objects matter if they are what went wrong.
  if (e.op == Op::kInit || e.op == Op::kEnd) {
    if (failure.kind == FailureKind::kUseAfterFree)
      return e.op == Op::kEnd && e.object == events.back().object;
    return index + 1 == events.size() && failure.kind == FailureKind::kDataRace;
  }
  if (e.op != Op::kBlockedOnLock) return true;
  for (std::size_t i = index + 1; i < events.size(); ++i) {
    if (events[i].thread == e.thread) return false;
  }
  return true;
}

}  // namespace internal

// The report: what was violated, the steps, and for a race its two halves; lines of at most about 100
// columns.
inline std::string Describe(const Counterexample& example) {
  using internal::Pad;
  const Failure& failure = example.failure;
  const std::vector<Event>& events = failure.events;
  internal::EventPrinter printer(failure);
  std::string out;
  std::vector<std::size_t> steps(events.size(), 0);
  std::vector<std::string> texts(events.size());
  std::size_t step = 0;
  std::string body;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!internal::Shown(failure, i)) continue;
    texts[i] = printer.Text(i);
    steps[i] = ++step;
    const std::size_t indent = 4 * static_cast<std::size_t>(events[i].thread);
    std::string line = Pad("", 5 - std::min<std::size_t>(5, std::to_string(step).size())) +
                       std::to_string(step) + "  " + std::string(indent, ' ') + "T" +
                       std::to_string(events[i].thread) + "  " + texts[i];
    body += Pad(line, 76) + " " + internal::Place(events[i].site) + "\n";
  }
  std::string headline = Name(failure.kind);
  std::transform(headline.begin(), headline.end(), headline.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  out += headline;
  if (!failure.text.empty()) out += ": " + failure.text;
  // Of these only the last step is known, which is nobody's fault.
  const bool has_place = failure.kind != FailureKind::kDeadlock &&
                         failure.kind != FailureKind::kLeak &&
                         failure.kind != FailureKind::kLivelock && failure.site.line != 0;
  if (has_place) out += "  at " + internal::Place(failure.site);
  out += "\n" + std::to_string(step) + " steps, " + example.claim + "\n\n";
  out += " step  T0";
  for (int t = 1; t < failure.threads; ++t) out += "  T" + std::to_string(t);
  out += "\n" + body;

  const auto half = [&](std::size_t i) {
    if (texts[i].empty()) texts[i] = printer.Text(i);
    out += (steps[i] == 0 ? "  not shown" : "  step " + std::to_string(steps[i])) + ", T" +
           std::to_string(events[i].thread) + ": " + texts[i] + "   " +
           internal::Place(events[i].site) + "\n";
    const std::string line = internal::LineOf(events[i].site.file, events[i].site.line);
    if (!line.empty()) out += "      " + line + "\n";
  };
  if (failure.kind == FailureKind::kDataRace && !events.empty()) {
    const std::size_t other = internal::OtherHalfOfRace(failure);
    if (other < events.size()) {
      out += "\nThe race: nothing orders\n";
      half(other);
      out += "before\n";
      half(events.size() - 1);
    }
  } else if (failure.kind == FailureKind::kDeadlock) {
    out += "\nThe end:\n";
    for (int t = 0; t < failure.threads; ++t) {
      std::size_t last = events.size();
      for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].thread == t) last = i;
      }
      out += "  T" + std::to_string(t);
      const bool asleep =
          last < events.size() && (events[last].op == Op::kBlockedOnLock ||
                                   events[last].op == Op::kWait || events[last].op == Op::kPark);
      out += asleep ? " " + texts[last] + ", for ever" : " has finished";
      out += "\n";
    }
  } else if (has_place) {
    const std::string line = internal::LineOf(failure.site.file, failure.site.line);
    if (!line.empty()) out += "\n  " + line + "\n";
  }
  return out;
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_COUNTEREXAMPLE_H_
