// tests/bench/clone/documents.h: the values that are cloned.
#ifndef SABRE_TESTS_BENCH_CLONE_DOCUMENTS_H_
#define SABRE_TESTS_BENCH_CLONE_DOCUMENTS_H_

#include <cstddef>
#include <string>

#include "sabre/clone/graph.h"

namespace sabre::bench {

// Numbers of the arrays and entries of the Map, in peer.js the same.
inline constexpr int kDoubles = 200'000;
inline constexpr int kEntries = 50'000;
inline constexpr std::size_t kFloatBytes = std::size_t{8} << 20;

// The value of a JSON text.
Graph FromJson(const std::string& json);
// An array of kDoubles fractions.
Graph Doubles();
// A Map of kEntries strings to strings.
Graph StringMap();
// A Float64Array of kFloatBytes.
Graph Floats();
// An object {id, name}.
Graph Small();
// An array of records of about a hundred bytes on the wire each, no two alike.
Graph Records(std::size_t wire_bytes);
// Arrays within each other.
Graph Nested(std::size_t depth);

}  // namespace sabre::bench

#endif  // SABRE_TESTS_BENCH_CLONE_DOCUMENTS_H_
