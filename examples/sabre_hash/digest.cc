#include "examples/sabre_hash/digest.h"

namespace sabre_hash {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

int ValueOf(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void AppendHex(const Digest& digest, std::string& out) {
  char hex[kHexLength];
  char* next = hex;
  for (const std::uint8_t byte : digest) {
    *next++ = kDigits[byte >> 4];
    *next++ = kDigits[byte & 15];
  }
  out.append(hex, kHexLength);
}

std::optional<Digest> ParseHex(std::string_view hex) {
  if (hex.size() != kHexLength) return std::nullopt;
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = ValueOf(hex[2 * i]);
    const int low = ValueOf(hex[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

}  // namespace sabre_hash
