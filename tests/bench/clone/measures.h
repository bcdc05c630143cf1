// tests/bench/clone/measures.h: what the program `clone_measures` times, each under a name.
#ifndef SABRE_TESTS_BENCH_CLONE_MEASURES_H_
#define SABRE_TESTS_BENCH_CLONE_MEASURES_H_

#include <chrono>
#include <functional>
#include <map>
#include <string>

namespace sabre::bench {

// One round of a measure: nanoseconds of one operation.
using Measures = std::map<std::string, std::function<double()>>;

// Sabre's, and those of boost.json, simdjson, rapidjson and memcpy. `json` is the text of the document; it
// lives as long as the program.
void AddSabre(Measures& measures, const std::string& json);
void AddPeers(Measures& measures, const std::string& json);

// Nanoseconds of one of `count` calls.
template <class F>
double Time(int count, F&& operation) {
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) operation();
  const auto took = std::chrono::steady_clock::now() - began;
  return std::chrono::duration<double, std::nano>(took).count() / count;
}

// The compiler must take it that the value is used.
template <class T>
void Keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

// Prints why and ends the program: what cannot be measured needs no table.
[[noreturn]] void Give(const std::string& why);

}  // namespace sabre::bench

#endif  // SABRE_TESTS_BENCH_CLONE_MEASURES_H_
