// tests/fuzz/checks.h: what must hold for any bytes. The fuzzers search for bytes that break it; unit tests try
// mutations of the corpus and the inputs that once did.
#ifndef SABRE_TESTS_FUZZ_CHECKS_H_
#define SABRE_TESTS_FUZZ_CHECKS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sabre/clone/options.h"

namespace sabre::fuzz {

// An input is a byte that chooses the options and a message.
//
//   bits 0 and 1   the dialect: kV8, kNodeSerialize, kNodeIpc
//   bit 2          bytes after the value are refused
//   bit 3          text that is not Unicode is replaced
//   bits 4 and 5   the oldest version: 13, 0, 9, 15
//   bit 6          at most 20 levels and 100 objects
//   bit 7          at most 20,000 bytes of memory
struct Input {
  explicit Input(std::span<const std::uint8_t> input);
  DeserializeOptions options;
  std::span<const std::uint8_t> bytes;
};

// The most that reading the message may hold of the heap at a time.
std::size_t MemoryLimit(const Input& input);

// Each gives the reason if the input breaks its rule, else nothing.
using Check = std::string(std::span<const std::uint8_t> input);

// A Graph is read or refused; either takes no more memory than it may.
Check CheckDeserialize;
// What is read can be written, in all dialects, in version 15 and 13, and cloned; what that gives is equal to it.
Check CheckRewrite;
// The same for a C++ type that has fields of all kinds, with the limit of memory.
Check CheckCodec;

}  // namespace sabre::fuzz

#endif  // SABRE_TESTS_FUZZ_CHECKS_H_
