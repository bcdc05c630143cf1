// lib/clone/big_int.cc
#include "sabre/clone/big_int.h"

#include <algorithm>

namespace sabre {

std::string BigInt::ToString(bool negative, std::span<const std::uint64_t> limbs) {
  constexpr std::uint64_t kBase = 10'000'000'000'000'000'000u;  // 10^19: the most that fits
  constexpr int kDigits = 19;
  std::vector<std::uint64_t> rest(limbs.begin(), limbs.end());
  std::string reversed;
  while (!rest.empty()) {
    std::uint64_t remainder = 0;
    for (std::size_t i = rest.size(); i-- > 0;) {
      __extension__ using Wide = unsigned __int128;
      const Wide value = (static_cast<Wide>(remainder) << 64) | rest[i];
      rest[i] = static_cast<std::uint64_t>(value / kBase);
      remainder = static_cast<std::uint64_t>(value % kBase);
    }
    while (!rest.empty() && rest.back() == 0) rest.pop_back();
    for (int i = 0; i < kDigits && (remainder != 0 || !rest.empty()); ++i) {
      reversed.push_back(static_cast<char>('0' + remainder % 10));
      remainder /= 10;
    }
  }
  if (reversed.empty()) return "0";
  if (negative) reversed.push_back('-');
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

}  // namespace sabre
