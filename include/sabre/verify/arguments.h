// sabre/verify/arguments.h: what a verify program is asked to do.
#ifndef SABRE_VERIFY_ARGUMENTS_H_
#define SABRE_VERIFY_ARGUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "sabre/verify/model.h"
#include "sabre/verify/mutation.h"
#include "sabre/verify/replay.h"

namespace sabre::verify::internal {

struct Arguments {
  bool list = false;
  bool history = false;
  bool claims = true;
  bool audit = true;
  std::string model;
  std::optional<Search> search;
  std::optional<std::uint64_t> seed;
  std::optional<Mutation> weaken;
  std::optional<Route> replay;
  bool deep = std::getenv("SABRE_FULL") != nullptr;
  double seconds = 60;
  std::string json;
  std::string html;
};

// An empty `problem`: as it was asked for.
[[noreturn]] inline void Usage(const std::string& problem) {
  if (!problem.empty()) std::fprintf(stderr, "%s\n", problem.c_str());
  std::fprintf(problem.empty() ? stdout : stderr,
               "usage: [--list] [--model TEXT] [--search full|bound=N|random=N] [--seed N]\n"
               "       [--time SECONDS] [--deep] [--audit|--no-audit]\n"
               "       [--weaken FILE:LINE[:acquire|release|failure|fence]]\n"
               "       [--replay TOKEN] [--history] [--json FILE] [--html FILE]\n");
  std::exit(problem.empty() ? 0 : 2);
}

inline std::uint64_t ParseNumber(const std::string& text) {
  std::uint64_t number = 0;
  if (!ReadNumber(text, 10, number)) Usage("not a number: " + text);
  return number;
}

inline Search ParseSearch(const std::string& text) {
  if (text == "full") return Full();
  if (text.starts_with("bound=")) {
    const std::uint64_t bound = ParseNumber(text.substr(6));
    if (bound >= Search::kNoBound) Usage("so many preemptions are a full search: " + text);
    return Bound(static_cast<unsigned>(bound));
  }
  if (text.starts_with("random=")) {
    const std::uint64_t executions = ParseNumber(text.substr(7));
    if (executions == 0) Usage("a random search of no executions: " + text);
    return Random(executions);
  }
  Usage("unknown search: " + text);
}

inline Mutation ParseWeaken(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) Usage("--weaken needs FILE:LINE");
  const std::size_t second = text.find(':', colon + 1);
  Mutation mutation;
  mutation.file = text.substr(0, colon);
  mutation.line = static_cast<int>(ParseNumber(
      text.substr(colon + 1, second == std::string::npos ? second : second - colon - 1)));
  const std::string what = second == std::string::npos ? "" : text.substr(second + 1);
  if (what == "acquire")
    mutation.weakening = Weakening::kDropAcquire;
  else if (what == "release")
    mutation.weakening = Weakening::kDropRelease;
  else if (what == "failure")
    mutation.weakening = Weakening::kFailure;
  else if (what == "fence")
    mutation.weakening = Weakening::kDropFence;
  else if (!what.empty())
    Usage("unknown part of an order: " + what);
  mutation.text = text;
  return mutation;
}

inline Route ParseToken(const std::string& text) {
  std::optional<Route> route = RouteOf(text);
  if (!route) Usage("not a token of an execution: " + text);
  return *std::move(route);
}

inline Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto value = [&]() -> std::string {
      if (i + 1 == argc) Usage(std::string(flag) + " needs a value");
      return argv[++i];
    };
    if (flag == "--help" || flag == "-h")
      Usage("");
    else if (flag == "--list")
      arguments.list = true;
    else if (flag == "--history")
      arguments.history = true;
    else if (flag == "--audit")
      arguments.claims = false;
    else if (flag == "--no-audit")
      arguments.audit = false;
    else if (flag == "--model")
      arguments.model = value();
    else if (flag == "--search")
      arguments.search = ParseSearch(value());
    else if (flag == "--seed")
      arguments.seed = ParseNumber(value());
    else if (flag == "--time")
      arguments.seconds = static_cast<double>(ParseNumber(value()));
    else if (flag == "--weaken")
      arguments.weaken = ParseWeaken(value());
    else if (flag == "--replay")
      arguments.replay = ParseToken(value());
    else if (flag == "--deep")
      arguments.deep = true;
    else if (flag == "--json")
      arguments.json = value();
    else if (flag == "--html")
      arguments.html = value();
    else
      Usage("unknown argument: " + std::string(flag));
  }
  if (!arguments.claims && !arguments.audit) Usage("--audit and --no-audit leave nothing to do");
  if (arguments.replay && arguments.model.empty()) Usage("--replay needs --model NAME");
  if (arguments.replay && (arguments.search || arguments.seed || !arguments.claims))
    Usage("--replay runs one execution: no --search, --seed or --audit");
  return arguments;
}

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_ARGUMENTS_H_
