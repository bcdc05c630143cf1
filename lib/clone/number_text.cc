// lib/clone/number_text.cc
#include "lib/clone/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace sabre::internal {

std::string NumberToString(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  if (number == 0) return "0";
  std::string out;
  if (number < 0) {
    out = "-";
    number = -number;
  }
  // to_chars gives the shortest digits as "d.ddde+xx"; only the layout is JavaScript's own.
  char buffer[40];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const std::size_t e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  int exponent = 0;
  const std::size_t first = e + 1 + (text[e + 1] == '+' ? 1 : 0);
  std::from_chars(text.data() + first, text.data() + text.size(), exponent);
  const int n = exponent + 1;  // digits before the point
  const int k = static_cast<int>(digits.size());
  if (k <= n && n <= 21) {
    out += digits;
    out.append(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out += digits.substr(0, static_cast<std::size_t>(n));
    out += '.';
    out += digits.substr(static_cast<std::size_t>(n));
  } else if (-6 < n && n <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-n), '0');
    out += digits;
  } else {
    out += digits[0];
    if (k > 1) {
      out += '.';
      out += digits.substr(1);
    }
    out += n > 0 ? "e+" : "e-";
    out += std::to_string(n > 0 ? n - 1 : 1 - n);
  }
  return out;
}

bool IsArrayIndex(std::string_view key) {
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1)) return false;
  std::uint64_t number = 0;
  for (const char c : key) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number < 0xffffffff;
}

}  // namespace sabre::internal
