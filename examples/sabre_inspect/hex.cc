#include "examples/sabre_inspect/hex.h"

#include <cstddef>

#include "absl/strings/ascii.h"

namespace sabre_inspect {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

}  // namespace

std::string ToHex(std::span<const std::uint8_t> bytes) {
  std::string hex;
  hex.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

std::optional<std::vector<std::uint8_t>> FromHex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  std::optional<std::size_t> high;
  for (const char c : text) {
    if (absl::ascii_isspace(static_cast<unsigned char>(c)) && !high.has_value()) continue;
    const std::size_t digit = kDigits.find(absl::ascii_tolower(static_cast<unsigned char>(c)));
    if (digit == std::string_view::npos) return std::nullopt;
    if (high.has_value()) {
      bytes.push_back(static_cast<std::uint8_t>(*high << 4 | digit));
      high.reset();
    } else {
      high = digit;
    }
  }
  if (high.has_value()) return std::nullopt;
  return bytes;
}

}  // namespace sabre_inspect
