// Bytes as hexadecimal digits.
#ifndef SABRE_EXAMPLES_SABRE_INSPECT_HEX_H_
#define SABRE_EXAMPLES_SABRE_INSPECT_HEX_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sabre_inspect {

// Two lower-case digits a byte.
std::string ToHex(std::span<const std::uint8_t> bytes);

// The bytes that `text` names: pairs of digits of either case, with white space anywhere between the
// pairs. Nothing if it is anything else.
std::optional<std::vector<std::uint8_t>> FromHex(std::string_view text);

}  // namespace sabre_inspect

#endif  // SABRE_EXAMPLES_SABRE_INSPECT_HEX_H_
