// sabre/clone/big_int.h: integers of any size.
#ifndef SABRE_CLONE_BIG_INT_H_
#define SABRE_CLONE_BIG_INT_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sabre/clone/codec.h"

namespace sabre {

// BigInt
//
// A JavaScript BigInt: sign and magnitude, to be carried, compared and printed; not to compute
// with.
//
// Thread-safety: thread-compatible.
class BigInt {
 public:
  // Zero.
  BigInt() = default;
  // Magnitude in 64-bit limbs, least significant first. There is no negative zero.
  BigInt(bool negative, std::span<const std::uint64_t> limbs)
      : negative_(negative), limbs_(limbs.begin(), limbs.end()) {
    Trim();
  }
  static BigInt FromInt64(std::int64_t value) {
    const std::uint64_t bits = static_cast<std::uint64_t>(value);
    const std::uint64_t magnitude = value < 0 ? 0 - bits : bits;
    return BigInt(value < 0, {&magnitude, 1});
  }
  static BigInt FromUint64(std::uint64_t value) { return BigInt(false, {&value, 1}); }

  bool negative() const noexcept { return negative_; }
  std::span<const std::uint64_t> limbs() const noexcept { return limbs_; }

  // Decimal digits; takes time quadratic in their number.
  std::string ToString() const { return ToString(negative_, limbs_); }
  static std::string ToString(bool negative, std::span<const std::uint64_t> limbs);

  friend bool operator==(const BigInt&, const BigInt&) = default;

 private:
  friend struct Codec<BigInt>;
  void Trim() {
    while (!limbs_.empty() && limbs_.back() == 0) limbs_.pop_back();
    if (limbs_.empty()) negative_ = false;
  }

  bool negative_ = false;
  std::vector<std::uint64_t> limbs_;
};

template <>
struct Codec<BigInt> {
  static bool Write(Serializer& out, const BigInt& value) {
    return out.WriteBigInt(value.negative_, value.limbs_);
  }
  static bool Read(Deserializer& in, BigInt& value) {
    return in.ReadBigInt(value.negative_, value.limbs_);
  }
};

}  // namespace sabre

#endif  // SABRE_CLONE_BIG_INT_H_
