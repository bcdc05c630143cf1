#include "sabre/lockfree/seq_lock.h"

#include <doctest/doctest.h>

#include <array>
#include <cstring>

namespace sabre {
namespace {

// Bytes that differ, of any length: the last word is used in part, or whole.
template <std::size_t kBytes>
struct Bytes {
  std::array<unsigned char, kBytes> bytes{};
  static Bytes From(unsigned char first) {
    Bytes result;
    for (unsigned char& byte : result.bytes) byte = first++;
    return result;
  }
  bool operator==(const Bytes&) const = default;
};

TEST_CASE_TEMPLATE("a SeqLock gives back every byte of the last value stored", T, Bytes<1>,
                   Bytes<7>, Bytes<8>, Bytes<9>, Bytes<24>, Bytes<63>) {
  SeqLock<T> lock(T::From(3));
  CHECK(lock.Load() == T::From(3));
  for (unsigned char i = 10; i < 20; ++i) {
    lock.Store(T::From(i));
    CHECK(lock.Load() == T::From(i));
    CHECK(lock.TryStore(T::From(static_cast<unsigned char>(i + 100))));
    CHECK(lock.TryLoad() == T::From(static_cast<unsigned char>(i + 100)));
  }
}

TEST_CASE("a SeqLock holds T() at first, and is its words and one more") {
  CHECK(SeqLock<int>().Load() == 0);
  CHECK(sizeof(SeqLock<int>) == 16);
  CHECK(sizeof(SeqLock<Bytes<17>>) == 32);
}

}  // namespace
}  // namespace sabre
