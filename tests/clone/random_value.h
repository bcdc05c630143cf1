// tests/clone/random_value.h: values of every kind, as a seed decides.
#ifndef SABRE_TESTS_CLONE_RANDOM_VALUE_H_
#define SABRE_TESTS_CLONE_RANDOM_VALUE_H_

#include <cstddef>
#include <cstdint>

#include "sabre/clone/graph.h"

namespace sabre::testing {

// What may occur beside what every reader of the format takes.
struct RandomValueOptions {
  // Objects, at most; most values have far fewer.
  std::size_t max_objects = 40;
  // ArrayBuffers and views of them, and what is newer than Node 16: resizable buffers with views
  // that track their length (Node 20), Float16Array (24), RegExps with flag `v` (20).
  bool buffers = true;
  bool resizable_buffers = false;
  bool float16 = false;
  bool regexp_sets = false;
  // SharedArrayBuffers: bytes do not carry them, messages do.
  bool shared_memory = false;
  // Errors, which Node 16 does not count when it reads, so that it mistakes later references; and
  // those whose cause leads back to them, which Node reads from 22 on.
  bool errors = true;
  bool error_cycles = false;
};

// A value with sharing, cycles, odd strings, keys and numbers, holes, long sparse arrays, Maps with
// objects as keys, several views of one buffer. The same seed and options give the same value.
Value RandomValue(Graph& graph, std::uint64_t seed, const RandomValueOptions& options = {});

}  // namespace sabre::testing

#endif  // SABRE_TESTS_CLONE_RANDOM_VALUE_H_
