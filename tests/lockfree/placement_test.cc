#include "sabre/lockfree/placement.h"

#include <doctest/doctest.h>

#include <cstring>
#include <span>
#include <vector>

#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/lockfree/mpsc_queue.h"
#include "sabre/lockfree/seq_lock.h"
#include "sabre/lockfree/spsc_ring.h"
#include "sabre/lockfree/treiber_stack.h"
#include "sabre/memory/shared_array_buffer.h"

namespace sabre {
namespace {

// Some bytes of a shared buffer, which begin at a multiple of kCacheLine.
struct Area {
  explicit Area(std::size_t size) : buffer(*SharedArrayBuffer::Create(size)) {}
  std::span<std::byte> bytes() const { return buffer.ExclusiveSpan(); }
  template <class U>
  void Put(std::size_t offset, U value) const {
    std::memcpy(bytes().data() + offset, &value, sizeof value);
  }
  template <class U>
  U Get(std::size_t offset) const {
    U value;
    std::memcpy(&value, bytes().data() + offset, sizeof value);
    return value;
  }
  SharedArrayBuffer buffer;
};

using Element = std::uint32_t;

TEST_CASE_TEMPLATE("two handles to one placed container hold the same values", C, SpscRing<Element>,
                   MpmcRing<Element>, TreiberStack<Element>) {
  for (const std::size_t capacity : {2u, 8u, 64u}) {
    CAPTURE(capacity);
    const Area area(C::BytesFor(capacity));
    auto here = C::Create(area.bytes(), capacity);
    auto there = C::Attach(area.bytes());
    REQUIRE(here);
    REQUIRE(there);
    CHECK(there->capacity() == capacity);
    for (int lap = 0; lap < 3; ++lap) {
      Element sum = 0;
      for (std::size_t i = 0; i < capacity; ++i) {
        CHECK(here->TryPush(static_cast<Element>(i) + 1));
        sum += static_cast<Element>(i) + 1;
      }
      CHECK_FALSE(here->TryPush(0));
      for (std::size_t i = 0; i < capacity; ++i) sum -= there->TryPop().value_or(1000);
      CHECK(sum == 0);
      CHECK_FALSE(there->TryPop().has_value());
    }
  }
}

TEST_CASE_TEMPLATE("a placed container works at another address", C, SpscRing<Element>,
                   MpmcRing<Element>, TreiberStack<Element>) {
  const Area first(C::BytesFor(4));
  auto before = C::Create(first.bytes(), 4);
  for (Element i = 1; i <= 3; ++i) CHECK(before->TryPush(i));
  const Element took = *before->TryPop();

  const Area second(C::BytesFor(4));
  std::memcpy(second.bytes().data(), first.bytes().data(), first.bytes().size());
  auto after = C::Attach(second.bytes());
  REQUIRE(after);
  CHECK(took + *after->TryPop() + *after->TryPop() == 6);
  CHECK_FALSE(after->TryPop().has_value());
  for (Element i = 0; i < 4; ++i) CHECK(after->TryPush(i));
  CHECK_FALSE(after->TryPush(4));
}

TEST_CASE_TEMPLATE("an area that does not fit is refused, and so is a header that lies", C,
                   SpscRing<Element>, MpmcRing<Element>, TreiberStack<Element>) {
  constexpr std::size_t kCapacity = 8;
  const std::size_t size = C::BytesFor(kCapacity);
  const Area area(size + kCacheLine);
  const std::span<std::byte> bytes = area.bytes();
  const auto attach = [&](std::size_t from, std::size_t length) {
    return C::Attach(bytes.subspan(from, length)).error();
  };

  CHECK(C::Create(bytes.subspan(8), kCapacity).error() == PlaceError::kMisaligned);
  CHECK(C::Create(bytes.first(size - 1), kCapacity).error() == PlaceError::kTooSmall);
  CHECK(C::Create(bytes, std::size_t{1} << 40).error() == PlaceError::kTooSmall);
  CHECK(C::Create(bytes, SIZE_MAX).error() == PlaceError::kTooSmall);
  CHECK(C::Create({}, kCapacity).error() == PlaceError::kTooSmall);
  CHECK(attach(0, size) == PlaceError::kNotFormatted);

  REQUIRE(C::Create(bytes.first(size), kCapacity));
  CHECK(attach(0, size) == PlaceError::kNone);
  CHECK(attach(0, size + 1) == PlaceError::kNone);
  CHECK(attach(0, size - 1) == PlaceError::kTooSmall);
  CHECK(attach(0, 0) == PlaceError::kTooSmall);
  CHECK(attach(0, kCacheLine) == PlaceError::kTooSmall);
  CHECK(attach(8, size) == PlaceError::kMisaligned);
  CHECK(attach(kCacheLine, size) == PlaceError::kNotFormatted);
  CHECK(SeqLock<Element>::Attach(bytes).error() == PlaceError::kOtherContainer);

  struct {
    std::size_t offset;
    std::uint32_t value;
    PlaceError error;
  } const lies[] = {
      {0, 0, PlaceError::kOtherContainer},            // the kind and the version
      {0, 0x0002'0001, PlaceError::kOtherContainer},  // another version
      {4, 0x12345678, PlaceError::kNotFormatted},     // the magic number
      {8, 8, PlaceError::kOtherElement},
      {12, 8, PlaceError::kOtherElement},
      {16, 0, PlaceError::kBadCapacity},
      {16, 16, PlaceError::kTooSmall},
      {16, 0x4000'0000, PlaceError::kTooSmall},
  };
  for (const auto& lie : lies) {
    CAPTURE(lie.offset);
    CAPTURE(lie.value);
    const auto truth = area.Get<std::uint32_t>(lie.offset);
    area.Put(lie.offset, lie.value);
    CHECK(attach(0, size) == lie.error);
    area.Put(lie.offset, truth);
    CHECK(attach(0, size) == PlaceError::kNone);
  }
  for (const std::uint64_t capacity :
       {~std::uint64_t{0}, std::uint64_t{1} << 63, (std::uint64_t{1} << 60) + 8,
        ~std::uint64_t{0} / sizeof(Element) + 2}) {
    area.Put(16, capacity);
    CHECK(attach(0, size) != PlaceError::kNone);
  }
}

TEST_CASE_TEMPLATE("elements of another size or alignment are another container", C,
                   SpscRing<std::uint64_t>, SpscRing<std::array<std::uint16_t, 2>>) {
  const Area area(SpscRing<Element>::BytesFor(64));
  REQUIRE(SpscRing<Element>::Create(area.bytes(), 4));
  CHECK(C::Attach(area.bytes()).error() == PlaceError::kOtherElement);
}

TEST_CASE("rings of a capacity that is no power of two are refused") {
  const Area area(4096);
  for (const std::uint64_t capacity : {3u, 5u, 12u}) {
    REQUIRE(SpscRing<Element>::Create(area.bytes(), 16));
    area.Put(16, capacity);
    CHECK(SpscRing<Element>::Attach(area.bytes()).error() == PlaceError::kBadCapacity);
    REQUIRE(MpmcRing<Element>::Create(area.bytes(), 16));
    area.Put(16, capacity);
    CHECK(MpmcRing<Element>::Attach(area.bytes()).error() == PlaceError::kBadCapacity);
  }
  area.Put(16, std::uint64_t{1});
  CHECK(MpmcRing<Element>::Attach(area.bytes()).error() == PlaceError::kBadCapacity);
}

TEST_CASE("bytes may hold anything before they are formatted, another container too") {
  const Area area(4096);
  std::memset(area.bytes().data(), 0xa5, area.bytes().size());
  CHECK(SpscRing<Element>::Attach(area.bytes()).error() == PlaceError::kNotFormatted);
  auto ring = MpmcRing<Element>::Create(area.bytes(), 4);
  REQUIRE(ring);
  CHECK(ring->empty());
  for (Element i = 0; i < 4; ++i) CHECK(ring->TryPush(i));
  auto stack = TreiberStack<Element>::Create(area.bytes(), 8);
  REQUIRE(stack);
  CHECK(stack->empty());
  CHECK(MpmcRing<Element>::Attach(area.bytes()).error() == PlaceError::kOtherContainer);
  CHECK(TreiberStack<Element>::Attach(area.bytes())->capacity() == 8);
}

TEST_CASE("a placed TreiberStack does not follow an index that no node has") {
  const Area area(TreiberStack<Element>::BytesFor(4));
  auto stack = TreiberStack<Element>::Create(area.bytes(), 4);
  CHECK(stack->TryPush(1));
  for (const std::uint32_t index : {4u, 1000u, 0xffff'fffeu}) {
    CAPTURE(index);
    area.Put(kCacheLine, index);  // the lower half of the head
    CHECK_FALSE(stack->TryPop().has_value());
  }
}

TEST_CASE("a placed SeqLock is found again, with its value") {
  struct Pair {
    std::uint64_t a, b;
  };
  const Area area(SeqLock<Pair>::BytesFor());
  CHECK(SeqLock<Pair>::Create(area.bytes().first(8)).error() == PlaceError::kTooSmall);
  auto here = SeqLock<Pair>::Create(area.bytes(), {1, 2});
  auto there = SeqLock<Pair>::Attach(area.bytes());
  REQUIRE(here);
  REQUIRE(there);
  CHECK(there->Load().b == 2);
  here->Store({3, 4});
  CHECK(there->Load().a == 3);
  CHECK(SeqLock<std::uint64_t>::Attach(area.bytes()).error() == PlaceError::kOtherElement);
  CHECK(SeqLock<Pair>::Attach(area.bytes().first(64)).error() == PlaceError::kTooSmall);
  area.Put(16, std::uint64_t{2});
  CHECK(SeqLock<Pair>::Attach(area.bytes()).error() == PlaceError::kBadCapacity);
}

TEST_CASE("a placed MpscQueue and its elements move together") {
  struct Item : MpscNode<> {
    std::uint64_t value = 0;
  };
  const Area area(4096);
  auto queue = MpscQueue<Item>::Create(area.bytes());
  REQUIRE(queue);
  constexpr std::size_t kItemsAt = 1024;
  for (std::size_t i = 0; i < 3; ++i) {
    auto* const item = new (area.bytes().data() + kItemsAt + i * sizeof(Item)) Item;
    item->value = i;
    queue->Push(*item);
  }
  CHECK(queue->Pop()->value == 0);

  const Area other(4096);
  std::memcpy(other.bytes().data(), area.bytes().data(), 4096);
  auto there = MpscQueue<Item>::Attach(other.bytes());
  REQUIRE(there);
  for (std::uint64_t i = 1; i < 3; ++i) {
    Item* const item = there->Pop();
    REQUIRE(item != nullptr);
    CHECK(item->value == i);
    // It is the copy.
    CHECK(reinterpret_cast<std::byte*>(item) == other.bytes().data() + kItemsAt + i * sizeof(Item));
  }
  CHECK(there->Pop() == nullptr);
}

TEST_CASE("areas are as long as they say") {
  // header, state, slots
  CHECK(SpscRing<Element>::BytesFor(8) == 64 + 128 + 8 * 4);
  CHECK(MpmcRing<Element>::BytesFor(8) == 64 + 128 + 8 * 16);
  CHECK(TreiberStack<Element>::BytesFor(7) == 64 + 128 + 7 * 8);
  CHECK(SpscRing<Element>::BytesFor(5) == SpscRing<Element>::BytesFor(8));
  CHECK(MpmcRing<Element>::BytesFor(0) == MpmcRing<Element>::BytesFor(2));
  CHECK(SpscRing<std::uint64_t>::BytesFor(SIZE_MAX) == SIZE_MAX);
}

}  // namespace
}  // namespace sabre
