#include "examples/sabre_inspect/quote.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "lib/clone/text.h"

namespace sabre_inspect {
namespace {

constexpr std::size_t kShownCharacters = 100;

// Collects characters between quotes.
class Quoted {
 public:
  bool full() const { return count_ == kShownCharacters; }

  void Add(char32_t c) {
    ++count_;
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += static_cast<char>(c);
    } else if (c == '\n') {
      out_ += "\\n";
    } else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) || c == 0xfeff ||
               c == 0x2028 || c == 0x2029) {
      out_ += absl::StrFormat("\\u%04x", static_cast<unsigned>(c));
    } else {
      sabre::internal::AppendUtf8(out_, c);
    }
  }

  // `size` and `unit` are said if not all was shown.
  std::string End(std::size_t size, const char* unit) const {
    return absl::StrCat(out_, "\"", full() ? absl::StrCat("… (", size, " ", unit, ")") : "");
  }

 private:
  std::string out_ = "\"";
  std::size_t count_ = 0;
};

}  // namespace

std::string QuoteLatin1(std::span<const std::uint8_t> bytes) {
  Quoted text;
  for (std::size_t i = 0; i < bytes.size() && !text.full(); ++i) text.Add(bytes[i]);
  return text.End(bytes.size(), "characters");
}

std::string QuoteUtf16(std::span<const std::uint8_t> bytes) {
  Quoted text;
  const auto unit = [&](std::size_t i) {
    return i + 1 < bytes.size() ? char32_t{bytes[i]} | char32_t{bytes[i + 1]} << 8 : char32_t{0};
  };
  for (std::size_t i = 0; i + 1 < bytes.size() && !text.full(); i += 2) {
    const char32_t high = unit(i), low = unit(i + 2);
    if (high >= 0xd800 && high < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      text.Add(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
      i += 2;
    } else {
      text.Add(high);
    }
  }
  return text.End(bytes.size() / 2, "units");
}

std::string QuoteUtf8(std::span<const std::uint8_t> bytes) {
  Quoted text;
  const std::uint8_t* at = bytes.data();
  const std::uint8_t* const end = at + bytes.size();
  while (at != end && !text.full()) {
    char32_t character;
    text.Add(sabre::internal::DecodeUtf8(at, end, character)
                 ? character
                 : sabre::internal::kReplacementCharacter);
  }
  return text.End(bytes.size(), "bytes");
}

}  // namespace sabre_inspect
