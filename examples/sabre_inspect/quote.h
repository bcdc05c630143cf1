// Text of a message, for people.
#ifndef SABRE_EXAMPLES_SABRE_INSPECT_QUOTE_H_
#define SABRE_EXAMPLES_SABRE_INSPECT_QUOTE_H_

#include <cstdint>
#include <span>
#include <string>

namespace sabre_inspect {

// The text in quotes, as UTF-8. Control characters, quotes, backslashes and what is not Unicode are
// escaped as in JSON, and long text is cut and says how long it is.
std::string QuoteLatin1(std::span<const std::uint8_t> bytes);
std::string QuoteUtf16(std::span<const std::uint8_t> bytes);  // little-endian units
std::string QuoteUtf8(std::span<const std::uint8_t> bytes);

}  // namespace sabre_inspect

#endif  // SABRE_EXAMPLES_SABRE_INSPECT_QUOTE_H_
