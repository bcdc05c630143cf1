// tests/bench/messaging/measures.h: what the program `messaging_measures` times, each under a name.
#ifndef SABRE_TESTS_BENCH_MESSAGING_MEASURES_H_
#define SABRE_TESTS_BENCH_MESSAGING_MEASURES_H_

#include <sys/resource.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "tests/bench/pairs.h"

namespace sabre::bench {

// What one round of a measure says: of one operation, in nanoseconds.
struct Round {
  double nanos = 0;       // the mean
  double percentile = 0;  // what 99 of 100 do not exceed; 0: not asked
  double cpu = 0;         // burnt by the whole process, user and system
  double switches = 0;    // of context, in the whole round
  double amount = 0;      // bytes a message, or events an operation
};

using Measures = std::map<std::string, std::function<Round()>>;

void AddOneWay(Measures& measures);
void AddRoundTrips(Measures& measures);
void AddWorkers(Measures& measures);
void AddTrace(Measures& measures);

// For cachegrind: so many transfers of a buffer of so many bytes, there and back.
void Transfer(std::size_t bytes, int count);
// For cachegrind: so many spans of which nobody makes a trace; none at all if `with` is false.
void UntracedSpans(int count, bool with);

// What the messages carry.
struct Small {
  int id = 0;
  std::string name;
};
SABRE_DESCRIBE(Small, id, name)
inline const Small kSmall{7, "a small struct"};

// Prints why and ends the program: what cannot be measured needs no table.
[[noreturn]] void Give(const std::string& why);

// What the process has used since it was made.
class Usage {
 public:
  Usage() : before_(Now()) {}
  double cpu_nanos() const { return Cpu(Now()) - Cpu(before_); }
  double switches() const {
    const rusage now = Now();
    return static_cast<double>(now.ru_nvcsw - before_.ru_nvcsw + now.ru_nivcsw - before_.ru_nivcsw);
  }

 private:
  static rusage Now() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage;
  }
  static double Cpu(const rusage& usage) {
    const auto nanos = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_usec) * 1e3;
    };
    return nanos(usage.ru_utime) + nanos(usage.ru_stime);
  }
  const rusage before_;
};

// The calling thread may run anywhere again.
inline void Unpin() {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) CPU_SET(cpu, &all);
  sched_setaffinity(0, sizeof all, &all);
}

// The compiler must take it that the value is used.
template <class T>
void Keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

}  // namespace sabre::bench

#endif  // SABRE_TESTS_BENCH_MESSAGING_MEASURES_H_
