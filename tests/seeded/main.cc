// The program `seeded`: runs scenarios under many seeds each, and ends at the first that is wrong.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include "tests/seeded/scenario.h"
#include "tests/seeded/scheduler.h"

namespace sabre::seeded {
namespace {

std::set<std::string> reached;

struct Arguments {
  std::string program;
  std::string scenario;  // empty: all that are right
  std::uint64_t first_seed = 1;
  std::uint64_t seeds = std::getenv("SABRE_FULL") != nullptr ? 10'000 : 200;
  bool trace = false;
  bool list = false;
};

[[noreturn]] void Usage() {
  std::fprintf(
      stderr,
      "usage: seeded [--scenario NAME] [--seeds N] [--seed FIRST] [--deep] [--trace] [--list]\n"
      "  --deep: 10,000 seeds, as with SABRE_FULL=1. --trace: prints every event.\n");
  std::exit(2);
}

Arguments Parse(int argc, char** argv) {
  Arguments arguments;
  arguments.program = argv[0];
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&] {
      if (++i == argc) Usage();
      return std::string(argv[i]);
    };
    const auto number = [&] {
      const std::string text = value();
      char* end = nullptr;
      const std::uint64_t result = std::strtoull(text.c_str(), &end, 10);
      if (text.empty() || *end != 0) Usage();
      return result;
    };
    if (name == "--scenario") {
      arguments.scenario = value();
    } else if (name == "--seeds") {
      arguments.seeds = number();
    } else if (name == "--seed") {
      arguments.first_seed = number();
    } else if (name == "--deep") {
      arguments.seeds = 10'000;
    } else if (name == "--trace") {
      arguments.trace = true;
    } else if (name == "--list") {
      arguments.list = true;
    } else {
      Usage();
    }
  }
  return arguments;
}

// False: an outcome was not reached.
bool RunScenario(const Scenario& scenario, const Arguments& arguments) {
  const std::string command = arguments.program + " --scenario " + scenario.name;
  // Enough for an outcome that one seed in ten reaches.
  const bool many = arguments.seeds >= 100;
  reached.clear();
  std::set<std::uint64_t> different;
  std::uint64_t events = 0;
  std::uint64_t fingerprint = 0;
  for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
    const std::uint64_t seed = arguments.first_seed + i;
    const Run run = RunSeed(scenario.body, seed, command, arguments.trace);
    different.insert(run.fingerprint);
    events += run.events;
    fingerprint = fingerprint * 31 + run.fingerprint;
    // A seed that did not repeat its run would be of no use to anybody.
    if (i < 5 && RunSeed(scenario.body, seed, command, false).fingerprint != run.fingerprint) {
      std::fprintf(stderr, "%s: two runs of seed %" PRIu64 " differ\n", scenario.name, seed);
      return false;
    }
  }
  std::printf("%-24s %6" PRIu64 " seeds, %6zu different runs, %5" PRIu64
              " events a run, fingerprint %016" PRIx64 "\n",
              scenario.name, arguments.seeds, different.size(),
              events / std::max<std::uint64_t>(arguments.seeds, 1), fingerprint);
  std::fflush(stdout);
  bool complete = true;
  for (const char* const outcome : scenario.outcomes) {
    if (!many || reached.count(outcome) != 0) continue;
    std::fprintf(stderr, "%s: no seed reached: %s\n", scenario.name, outcome);
    complete = false;
  }
  return complete;
}

}  // namespace

void Reached(const char* outcome) { reached.insert(outcome); }

static int RunProgram(int argc, char** argv) {
  const Arguments arguments = Parse(argc, argv);
  std::vector<Scenario> right;
  for (const auto* const some :
       {&AtomicsScenarios(), &MessagingScenarios(), &NamedScenarios(), &PoolScenarios(),
        &PortScenarios(), &ReceiveScenarios(), &WorkerScenarios()}) {
    right.insert(right.end(), some->begin(), some->end());
  }
  if (arguments.list) {
    for (const Scenario& one : right) std::printf("%-24s %s\n", one.name, one.claim);
    for (const Scenario& one : BrokenScenarios()) {
      std::printf("%-24s broken: %s\n", one.name, one.claim);
    }
    return 0;
  }
  bool passed = true;
  bool any = false;
  for (const auto* const some : {&std::as_const(right), &BrokenScenarios()}) {
    for (const Scenario& one : *some) {
      const bool chosen =
          arguments.scenario.empty() ? some == &right : arguments.scenario == one.name;
      if (!chosen) continue;
      any = true;
      passed = RunScenario(one, arguments) && passed;
    }
  }
  if (!any) Usage();
  return passed ? 0 : 1;
}

}  // namespace sabre::seeded

int main(int argc, char** argv) { return sabre::seeded::RunProgram(argc, argv); }
