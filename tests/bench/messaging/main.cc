// The part of `./dev bench messaging` that is C++: times what standard input names, a line each, and answers
// with a line: nanoseconds of one operation, their 99th percentile, CPU time of one operation, context
// switches of the round, and an amount (measures.h).
//
//   messaging_measures
//   messaging_measures transfer BYTES COUNT      for cachegrind
//   messaging_measures spans COUNT | none COUNT  for cachegrind
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "tests/bench/messaging/measures.h"

namespace sabre::bench {

void Give(const std::string& why) {
  std::fprintf(stderr, "messaging_measures: %s\n", why.c_str());
  std::exit(1);
}

namespace {

int Answer() {
  Measures measures;
  AddOneWay(measures);
  AddRoundTrips(measures);
  AddWorkers(measures);
  AddTrace(measures);
  for (std::string line; std::getline(std::cin, line);) {
    const auto found = measures.find(line);
    if (found == measures.end()) Give("no measure is called '" + line + "'");
    const Round round = found->second();
    Unpin();
    std::cout << round.nanos << ' ' << round.percentile << ' ' << round.cpu << ' ' << round.switches
              << ' ' << round.amount << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace sabre::bench

int main(int argc, char** argv) {
  using namespace sabre::bench;
  const std::string word = argc > 1 ? argv[1] : "";
  if (argc == 1) return Answer();
  if (word == "transfer" && argc == 4) {
    Transfer(std::strtoull(argv[2], nullptr, 10), std::atoi(argv[3]));
  } else if ((word == "spans" || word == "none") && argc == 3) {
    UntracedSpans(std::atoi(argv[2]), word == "spans");
  } else {
    Give("usage: messaging_measures [transfer BYTES COUNT | spans COUNT | none COUNT]");
  }
}
