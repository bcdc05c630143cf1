// A SHA-256 digest and its two spellings.
#ifndef SABRE_EXAMPLES_SABRE_HASH_DIGEST_H_
#define SABRE_EXAMPLES_SABRE_HASH_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sabre_hash {

using Digest = std::array<std::uint8_t, 32>;

inline constexpr std::size_t kHexLength = 2 * std::tuple_size_v<Digest>;

// Appends the 64 lower-case hexadecimal digits.
void AppendHex(const Digest& digest, std::string& out);

// Reads 64 hexadecimal digits of either case. Nullopt if `hex` is anything else.
std::optional<Digest> ParseHex(std::string_view hex);

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_DIGEST_H_
