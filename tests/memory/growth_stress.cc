// Growing, adopting and sharing from many threads at once.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

TEST_CASE("Growers and readers of one block: lengths rise, new bytes are there and zero") {
  constexpr std::size_t kMax = 64 * 4096;
  for (int round = 0; round < test::Rounds(20); ++round) {
    SharedArrayBuffer buffer = *SharedArrayBuffer::Create(0, {.max_byte_length = kMax});
    const auto grow = [&](std::size_t step) {
      return [&buffer, step, own = buffer]() mutable {
        for (std::size_t length = step; length <= kMax; length += step) {
          const absl::Status grown = own.Grow(length);
          // Another was faster, or it is done.
          if (!grown.ok()) REQUIRE(absl::IsOutOfRange(grown));
          REQUIRE(own.byte_length() >= length);
        }
      };
    };
    const auto read = [own = buffer] {
      const Uint32Array view = *Uint32Array::Over(own);
      std::size_t before = 0;
      while (before < kMax / 4) {
        const std::size_t size = view.size();
        REQUIRE(size >= before);
        for (std::size_t i = before; i < size; i += 512) REQUIRE(view.Get(i) == 0);
        if (size > 0) REQUIRE(view.Get(size - 1) == 0);
        before = size;
      }
    };
    test::Together({grow(4096), grow(4096 * 3 / 2), read, read});
    CHECK(buffer.byte_length() >= kMax - 4096);
  }
}

TEST_CASE("One of those who adopt the same bytes gets them, and gives them back") {
  alignas(8) static std::byte bytes[256];
  StdSync::Atomic<int> owners{0};
  StdSync::Atomic<int> given_back{0};
  StdSync::Atomic<int> adopted{0};
  const auto adopt = [&] {
    for (int i = 0; i < test::Rounds(2000); ++i) {
      const auto give_back = [&](std::byte*, std::size_t) {
        given_back.fetch_add(1, StdSync::kSeqCst);
      };
      absl::StatusOr<SharedArrayBuffer> buffer =
          SharedArrayBuffer::Adopt(bytes + i % 4 * 8, 128, std::nullopt, give_back);
      if (!buffer.ok()) continue;
      CHECK(owners.fetch_add(1, StdSync::kSeqCst) == 0);
      adopted.fetch_add(1, StdSync::kSeqCst);
      Uint8Array::Over(*buffer)->Set(0, i);
      owners.fetch_sub(1, StdSync::kSeqCst);
    }
  };
  test::Together({adopt, adopt, adopt});
  CHECK(adopted.load(StdSync::kSeqCst) > 0);
  CHECK(adopted.load(StdSync::kSeqCst) == given_back.load(StdSync::kSeqCst));
}

TEST_CASE("Immutable bytes are read by many threads, and freed by the last") {
  for (int round = 0; round < test::Rounds(200); ++round) {
    ArrayBuffer source = *ArrayBuffer::Create(64);
    source.Span()[63] = std::byte{7};
    const ArrayBuffer frozen = *source.TransferToImmutable();
    std::vector<std::function<void()>> bodies;
    std::vector<internal::BackingStore> shares;
    for (int i = 0; i < 4; ++i) shares.push_back(frozen.ShareImmutable());
    for (internal::BackingStore& share : shares) {
      bodies.push_back([&share] {
        const ArrayBuffer mine = ArrayBuffer::FromBackingStore(std::move(share));
        CHECK(mine.ConstSpan()[63] == std::byte{7});
      });
    }
    test::Together(bodies);
  }
}

}  // namespace
}  // namespace sabre
