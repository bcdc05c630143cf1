#include "tests/fuzz/checks.h"

namespace sabre::fuzz {

Input::Input(std::span<const std::uint8_t> input) : bytes(input) {
  if (input.empty()) return;
  constexpr Dialect kDialects[] = {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc,
                                   Dialect::kV8};
  constexpr std::uint32_t kOldest[] = {13, 0, 9, 15};
  const unsigned choice = input[0];
  options.dialect = kDialects[choice & 3];
  options.refuse_trailing_bytes = (choice & 4) != 0;
  options.invalid_text = (choice & 8) != 0 ? InvalidText::kReplace : InvalidText::kRefuse;
  options.oldest_version = kOldest[(choice >> 4) & 3];
  if ((choice & 64) != 0) {
    options.max_depth = 20;
    options.max_nodes = 100;
  }
  if ((choice & 128) != 0) options.max_memory = 20'000;
  bytes = input.subspan(1);
}

std::size_t MemoryLimit(const Input& input) {
  // Beside the budget: the storage of a Graph, the reader, the reason of a failure.
  constexpr std::size_t kUnasked = 8 * 1024;
  return input.options.max_memory != 0 ? input.options.max_memory + kUnasked
                                       : input.bytes.size() * 32 + 64 * 1024;
}

}  // namespace sabre::fuzz
