// tests/litmus/runner.h: runs a litmus test many times on real threads and counts what comes out.
//
// As in litmus7 (Alglave, Maranget and others, "Litmus: running tests against hardware", TACAS 2011): many instances
// a batch, each with cells of its own that are scattered anew for every batch; the threads walk through the
// instances side by side and begin each as closely together as the machine allows. What helps one test
// spoils another, so batches differ: see Plan.
#ifndef SABRE_TESTS_LITMUS_RUNNER_H_
#define SABRE_TESTS_LITMUS_RUNNER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>

#include "tests/litmus/litmus.h"

namespace sabre::litmus {

struct Counts {
  std::uint64_t instances = 0;
  std::uint64_t outcome = 0;  // of which came out as the test names it
  // By the values that came out: a hexadecimal digit for each register, in the order of the threads, and
  // one for each cell, the last in the lowest digit.
  std::map<std::uint64_t, std::uint64_t> states;
};

struct Limits {
  std::chrono::steady_clock::duration time;
  bool until_seen = false;  // the outcome, once: that is enough
};

// Runs `test`, all of its threads in the given variant. (kReordered: some of them, chosen anew for
// each batch.) Returns after `limits.time`, but not before each kind of batch has been run.
Counts Run(const Test& test, Variant variant, const Limits& limits, std::uint64_t seed);

// How many threads of this process can run at the same time.
std::size_t UsableCpus();

}  // namespace sabre::litmus

#endif  // SABRE_TESTS_LITMUS_RUNNER_H_
