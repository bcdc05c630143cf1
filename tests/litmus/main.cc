// Runs the litmus tests through the public face of the library, on real threads.
//
//   litmus [--seconds=N] [--seed=N] [--markdown=FILE] [TEST...]
//
// Fails if a forbidden outcome is seen. Then the negative control: the same with accesses that are wrong
// on purpose, in which each forbidden outcome must be seen. Ends with the line `N passed, N failed`.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/litmus/litmus.h"
#include "tests/litmus/runner.h"
#include "tests/support/stress.h"

namespace sabre::litmus {
namespace {

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitizer = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr bool kSanitizer = true;
#else
constexpr bool kSanitizer = false;
#endif
#else
constexpr bool kSanitizer = false;
#endif

using Time = std::chrono::steady_clock::duration;

struct Options {
  double seconds = test::Rounds(6);
  std::uint64_t seed = 1;
  std::string markdown;
  std::vector<std::string_view> tests;  // empty: all
};

struct Row {
  const Test* test;
  Counts counts;
  bool failed;
  const char* verdict;
};

const char* Describe(Verdict verdict, bool seen) {
  switch (verdict) {
    case Verdict::kAllowed:
      return seen ? "allowed, seen" : "allowed, not seen";
    case Verdict::kTooStrict:
      return seen ? "forbidden by RC11 alone, seen" : "forbidden by RC11 alone, not seen";
    case Verdict::kForbiddenByCpp:
      return seen ? "SEEN, which C++ forbids" : "forbidden by C++, not seen";
    case Verdict::kForbidden:
      return seen ? "SEEN, which is forbidden" : "forbidden, not seen";
  }
  return "";
}

// The values of a state, as in `r 0,10 c 11`: the registers by thread, the cells.
std::string StateText(const Test& test, std::uint64_t values) {
  std::size_t digits = test.cells;
  for (std::size_t t = 0; t < test.threads; ++t) digits += test.thread[t].registers;
  const auto next = [&] { return "0123456789abcdef"[values >> 4 * --digits & 15]; };
  std::string text;
  for (std::size_t t = 0; t < test.threads; ++t) {
    if (test.thread[t].registers > 0 && !text.empty()) text += ',';
    for (std::size_t r = 0; r < test.thread[t].registers; ++r) text += next();
  }
  text += text.empty() ? "" : "/";
  for (std::size_t c = 0; c < test.cells; ++c) text += next();
  return text;
}

void Print(const Row& row) {
  std::printf("%-12s %9llu  %9llu  %-34s", row.test->name.data(),
              static_cast<unsigned long long>(row.counts.instances),
              static_cast<unsigned long long>(row.counts.outcome), row.verdict);
  for (const auto& [values, count] : row.counts.states) {
    std::printf(" %s:%llu", StateText(*row.test, values).c_str(),
                static_cast<unsigned long long>(count));
  }
  std::printf("\n");
}

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string Markdown(const std::vector<Row>& rows) {
  std::ostringstream out;
  out << "| test | program | outcome | C++ | ES | instances | seen |\n"
         "| --- | --- | --- | --- | --- | --: | --: |\n";
  for (const Row& row : rows) {
    const std::string outcome = ReplaceAll(std::string(row.test->outcome), "/\\", "∧");
    out << "| " << row.test->name << " | `" << ReplaceAll(std::string(row.test->program), "||", "‖")
        << "` | `" << outcome.substr(1, outcome.size() - 2) << "` | " << row.test->cpp << " | "
        << row.test->ecmascript << " | " << row.counts.instances << " | " << row.counts.outcome
        << " |\n";
  }
  return out.str();
}

// The negative control. A runner that reports nothing proves something only if it would report what a
// broken library does. Accesses in the wrong order and torn updates need no weak machine, so each
// forbidden outcome can be had from one of them, on any.
bool IsNoticed(const Test& test, std::uint64_t seed) {
  constexpr int kAttempts = 100;
  std::uint64_t instances = 0;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    for (const Variant variant : {Variant::kReordered, Variant::kTornUpdates}) {
      const Limits limits{std::chrono::milliseconds(50), /*until_seen=*/true};
      const Counts counts = Run(test, variant, limits, seed + static_cast<std::uint64_t>(attempt));
      instances += counts.instances;
      if (counts.outcome == 0) continue;
      std::printf("%-12s %9llu  noticed: %s\n", test.name.data(),
                  static_cast<unsigned long long>(instances),
                  variant == Variant::kReordered ? "accesses in the wrong order" : "torn updates");
      return true;
    }
  }
  std::printf("%-12s %9llu  NOT NOTICED\n", test.name.data(),
              static_cast<unsigned long long>(instances));
  return false;
}

// Atomic stores done as plain ones: what a missing fence comes to. It shows where a processor has a store
// buffer, which every one with two CPUs or more has.
bool PlainStoresAreNoticed(const Test& test, std::uint64_t seed) {
  const Limits limits{std::chrono::seconds(10), /*until_seen=*/true};
  const Counts counts = Run(test, Variant::kPlainStores, limits, seed);
  std::printf("%-12s %9llu  %s: atomic stores as plain ones\n", test.name.data(),
              static_cast<unsigned long long>(counts.instances),
              counts.outcome > 0 ? "noticed" : "NOT NOTICED");
  return counts.outcome > 0;
}

bool Parse(int argc, char** argv, Options& options) {
  const auto value_of = [](std::string_view argument, std::string_view name, auto& value) {
    if (!argument.starts_with(name)) return false;
    argument.remove_prefix(name.size());
    const char* const end = argument.data() + argument.size();
    return std::from_chars(argument.data(), end, value).ptr == end;
  };
  for (const std::string_view argument : std::vector<std::string_view>(argv + 1, argv + argc)) {
    if (argument.starts_with("--markdown=")) {
      options.markdown = argument.substr(std::string_view("--markdown=").size());
    } else if (!argument.starts_with("--")) {
      options.tests.push_back(argument);
    } else if (!value_of(argument, "--seconds=", options.seconds) &&
               !value_of(argument, "--seed=", options.seed)) {
      return false;
    }
  }
  return true;
}

int Main(int argc, char** argv) {
  Options options;
  if (!Parse(argc, argv, options)) {
    std::fprintf(stderr, "usage: litmus [--seconds=N] [--seed=N] [--markdown=FILE] [TEST...]\n");
    return 2;
  }
  std::vector<const Test*> chosen;
  for (const Test& test : Tests()) {
    const auto& names = options.tests;
    if (names.empty() || std::find(names.begin(), names.end(), test.name) != names.end()) {
      chosen.push_back(&test);
    }
  }
  if (chosen.empty()) {
    std::fprintf(stderr, "litmus: no such test\n");
    return 2;
  }

  int passed = 0;
  int failed = 0;
  const auto count = [&](bool good) { ++(good ? passed : failed); };
  const auto each = std::chrono::duration_cast<Time>(
      std::chrono::duration<double>(options.seconds / static_cast<double>(chosen.size())));
  std::printf(
      "%zu CPUs. values: registers by thread/cells\n%-12s %9s  %9s  %-34s values:how often\n",
      UsableCpus(), "test", "instances", "outcome", "verdict");
  std::vector<Row> rows;
  for (const Test* const test : chosen) {
    Counts counts = Run(*test, Variant::kRight, {each}, options.seed);
    const bool seen = counts.outcome > 0;
    rows.push_back({test, std::move(counts), seen && MustNotBeSeen(test->verdict),
                    Describe(test->verdict, seen)});
    Print(rows.back());
    count(!rows.back().failed);
  }

  std::printf("\nNegative control: accesses that are wrong on purpose\n");
  for (const Test* const test : chosen) {
    if (MustNotBeSeen(test->verdict)) count(IsNoticed(*test, options.seed));
  }
  // A sanitizer's own work between two accesses empties the store buffer.
  if (UsableCpus() > 1 && !kSanitizer) {
    for (const Test* const test : chosen) {
      if (test->name == "SB_ssss" || test->name == "FUTEX_ss" || test->name == "R_s") {
        count(PlainStoresAreNoticed(*test, options.seed));
      }
    }
  } else {
    std::printf("skipped: atomic stores as plain ones (needs two CPUs, and no sanitizer)\n");
  }

  if (!options.markdown.empty()) std::ofstream(options.markdown) << Markdown(rows);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 ? 1 : 0;
}

}  // namespace
}  // namespace sabre::litmus

int main(int argc, char** argv) { return sabre::litmus::Main(argc, argv); }
