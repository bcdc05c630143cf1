// Buffers on a system that refuses address space, memory, or a block of the heap.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "doctest/doctest.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "tests/faults/faults.h"

namespace sabre {
namespace {

using test::Call;
using test::Holdings;
using test::Refusal;

constexpr std::size_t kMiB = std::size_t{1} << 20;

bool Contains(const absl::Status& status, const std::string& text) {
  return std::string(status.message()).find(text) != std::string::npos;
}

// Fills with what is easily told from zeroes.
void Fill(std::span<std::byte> bytes) { std::ranges::fill(bytes, std::byte{0xA5}); }
bool Filled(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0xA5}; });
}
bool Zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

TEST_CASE("A buffer that cannot be made is an error that names what there is too little of") {
  const SharedArrayBuffer shared = *SharedArrayBuffer::Create(10'000);
  const ArrayBuffer buffer = *ArrayBuffer::Create(10'000);
  const BufferOptions to_1_mib{.max_byte_length = kMiB};
  const struct {
    std::string what;
    Call call;
    std::function<absl::Status()> run;
    const char* message;
  } rows[] = {
      {"shared: address space", Call::kReserve,
       [] { return SharedArrayBuffer::Create(12'345).status(); }, "byte_length 12345"},
      {"shared: memory", Call::kCommit, [] { return SharedArrayBuffer::Create(12'345).status(); },
       "byte_length 12345"},
      {"shared: the block", Call::kNothrowNew,
       [] { return SharedArrayBuffer::Create(12'345).status(); }, "byte_length 12345"},
      {"growable: address space", Call::kReserve,
       [&] { return SharedArrayBuffer::Create(5'000, to_1_mib).status(); },
       "max_byte_length 1048576"},
      {"growable: memory", Call::kCommit,
       [&] { return SharedArrayBuffer::Create(5'000, to_1_mib).status(); }, "byte_length 5000"},
      {"growable: the block", Call::kNothrowNew,
       [&] { return SharedArrayBuffer::Create(5'000, to_1_mib).status(); }, "byte_length 5000"},
      {"shared slice: address space", Call::kReserve,
       [&] { return shared.Slice(1, 9'001).status(); }, "byte_length 9000"},
      {"shared slice: memory", Call::kCommit, [&] { return shared.Slice(1, 9'001).status(); },
       "byte_length 9000"},
      {"fixed: memory", Call::kCalloc, [] { return ArrayBuffer::Create(12'345).status(); },
       "byte_length 12345"},
      {"resizable: address space", Call::kReserve,
       [&] { return ArrayBuffer::Create(5'000, to_1_mib).status(); }, "max_byte_length 1048576"},
      {"resizable: memory", Call::kCommit,
       [&] { return ArrayBuffer::Create(5'000, to_1_mib).status(); }, "byte_length 5000"},
      {"slice: memory", Call::kMalloc, [&] { return buffer.Slice(1, 9'001).status(); },
       "byte_length 9000"},
      {"immutable slice: memory", Call::kMalloc,
       [&] { return buffer.SliceToImmutable(1, 9'001).status(); }, "byte_length 9000"},
      {"immutable slice: the owner", Call::kNothrowNew,
       [&] { return buffer.SliceToImmutable(1, 9'001).status(); }, "byte_length 9000"},
      {"typed array: memory", Call::kCalloc, [] { return Int32Array::Create(1'000).status(); },
       "byte_length 4000"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const Holdings before = Holdings::Now();
    absl::Status status;
    {
      const Refusal refusal(row.call, ENOMEM);
      status = row.run();
      CHECK(refusal.refused() == 1);  // no second try, no other way
    }
    CHECK(absl::IsResourceExhausted(status));
    CAPTURE(std::string(status.message()));
    CHECK(Contains(status, row.message));
    CHECK(Holdings::Now() == before);
    // Nothing else was wrong, and it was not the first call of many that leaks.
    CHECK(row.run().ok());
    CHECK(Holdings::Now() == before);
  }
}

TEST_CASE("A refused Grow leaves the block as it was") {
  SharedArrayBuffer buffer = *SharedArrayBuffer::Create(100, {.max_byte_length = kMiB});
  const Uint8Array tracking = *Uint8Array::Over(buffer);
  Fill(buffer.ExclusiveSpan());
  const Holdings before = Holdings::Now();
  {
    const Refusal refusal(Call::kCommit, ENOMEM);
    for (const std::size_t length : {std::size_t{10'000}, kMiB}) {
      const absl::Status status = buffer.Grow(length);
      CHECK(absl::IsResourceExhausted(status));
      CHECK(Contains(status, absl::StrCat("byte_length ", length)));
      CHECK(buffer.byte_length() == 100);
      CHECK(tracking.size() == 100);
      CHECK(Filled(buffer.ExclusiveSpan()));
    }
    CHECK(refusal.refused() == 2);
    // What is left of the page is there already.
    CHECK(buffer.Grow(200).ok());
    CHECK(refusal.refused() == 2);
  }
  CHECK(buffer.Grow(10'000).ok());
  CHECK(tracking.size() == 10'000);
  CHECK(Filled(buffer.ExclusiveSpan().first(100)));
  CHECK(Zero(buffer.ExclusiveSpan().subspan(100)));
  CHECK(Holdings::Now() == before);
}

TEST_CASE("A refused Resize leaves the buffer as it was") {
  ArrayBuffer buffer = *ArrayBuffer::Create(100, {.max_byte_length = kMiB});
  const Uint8Array tracking = *Uint8Array::Over(buffer);
  Fill(buffer.Span());
  {
    const Refusal refusal(Call::kCommit, ENOMEM);
    const absl::Status status = buffer.Resize(10'000);
    CHECK(absl::IsResourceExhausted(status));
    CHECK(Contains(status, "byte_length 10000"));
    CHECK(buffer.byte_length() == 100);
    CHECK(tracking.size() == 100);
    CHECK(Filled(buffer.Span()));
    CHECK(buffer.Resize(50).ok());
    CHECK(refusal.refused() == 1);
  }
  CHECK(buffer.Resize(10'000).ok());
  CHECK(tracking.size() == 10'000);
  CHECK(Filled(buffer.Span().first(50)));
  CHECK(Zero(buffer.Span().subspan(50)));
}

TEST_CASE(
    "A shorter buffer is zero where it grows again, even if the system does not take the pages "
    "back") {
  const Holdings before = Holdings::Now();
  // The second time because the pages are locked: there is no way but to write zeroes.
  for (const int locked : {0, 1}) {
    ArrayBuffer buffer = *ArrayBuffer::Create(50'000, {.max_byte_length = kMiB});
    Fill(buffer.Span());
    const Refusal refusal(Call::kDecommit, ENOMEM);
    const Refusal advice(Call::kAdvise, EINVAL, 0, locked);
    CHECK(buffer.Resize(10'000).ok());
    CHECK(refusal.refused() == 1);
    CHECK(advice.refused() == locked);
    CHECK(buffer.byte_length() == 10'000);
    CHECK(buffer.Resize(60'000).ok());
    CHECK(Filled(buffer.Span().first(10'000)));
    CHECK(Zero(buffer.Span().subspan(10'000)));
  }
  CHECK(Holdings::Now() == before);
}

TEST_CASE("A refused transfer detaches nothing") {
  const BufferOptions fixed;
  const BufferOptions to_1_mib{.max_byte_length = kMiB};
  const struct {
    std::string what;
    BufferOptions options;
    Call call;
    std::function<absl::Status(ArrayBuffer&)> run;
  } rows[] = {
      {"fixed, longer", fixed, Call::kRealloc,
       [](ArrayBuffer& b) { return b.Transfer(10'000).status(); }},
      {"fixed, shorter", fixed, Call::kRealloc,
       [](ArrayBuffer& b) { return b.Transfer(10).status(); }},
      {"resizable, longer", to_1_mib, Call::kCommit,
       [](ArrayBuffer& b) { return b.Transfer(10'000).status(); }},
      {"to a fixed one, longer", to_1_mib, Call::kCommit,
       [](ArrayBuffer& b) { return b.TransferToFixedLength(10'000).status(); }},
      {"to a fixed one, beyond the maximum", to_1_mib, Call::kCalloc,
       [](ArrayBuffer& b) { return b.TransferToFixedLength(2 * kMiB).status(); }},
      {"to an immutable one", fixed, Call::kNothrowNew,
       [](ArrayBuffer& b) { return b.TransferToImmutable().status(); }},
      {"to an immutable one, longer", fixed, Call::kRealloc,
       [](ArrayBuffer& b) { return b.TransferToImmutable(10'000).status(); }},
      {"resizable to an immutable one, longer", to_1_mib, Call::kCommit,
       [](ArrayBuffer& b) { return b.TransferToImmutable(10'000).status(); }},
  };
  for (const auto& row : rows) {
    CAPTURE(row.what);
    const Holdings before = Holdings::Now();
    {
      ArrayBuffer buffer = *ArrayBuffer::Create(100, row.options);
      const Uint8Array view = *Uint8Array::Over(buffer);
      Fill(buffer.Span());
      {
        const Refusal refusal(row.call, ENOMEM);
        CHECK(absl::IsResourceExhausted(row.run(buffer)));
        CHECK(refusal.refused() == 1);
      }
      CHECK_FALSE(buffer.detached());
      CHECK(buffer.byte_length() == 100);
      CHECK(buffer.resizable() == row.options.max_byte_length.has_value());
      CHECK(view.size() == 100);
      CHECK(Filled(buffer.Span()));
      CHECK(row.run(buffer).ok());
      CHECK(buffer.detached());
    }
    CHECK(Holdings::Now() == before);
  }
}

TEST_CASE("Bytes whose adoption is refused stay with their owner, and can be adopted later") {
  alignas(8) std::byte bytes[64] = {};
  Fill(bytes);
  int deleted = 0;
  const auto adopt = [&] {
    return SharedArrayBuffer::Adopt(bytes, 32, sizeof bytes,
                                    [&](std::byte*, std::size_t) { ++deleted; });
  };
  {
    const Refusal refusal(Call::kNothrowNew, ENOMEM);
    CHECK(absl::IsResourceExhausted(adopt().status()));
    CHECK(refusal.refused() == 1);
  }
  CHECK(deleted == 0);
  CHECK(Filled(bytes));
  CHECK(adopt().ok());  // and ended at once
  CHECK(deleted == 1);
}

TEST_CASE("A method that finds no room for a copy has written nothing") {
  for (const bool shared : {false, true}) {
    const BufferHandle buffer = shared ? BufferHandle(*SharedArrayBuffer::Create(64))
                                       : BufferHandle(*ArrayBuffer::Create(64));
    const Uint8Array bytes = *Uint8Array::Over(buffer);
    const Int16Array words = *Int16Array::Over(buffer, 2, 20);
    for (std::size_t i = 0; i < 64; ++i) bytes.Set(i, 64 - i);
    std::vector<std::function<absl::Status()>> rows = {
        [&] { return bytes.Set(words); },  // of another type, over the same bytes
        [&] { return words.Sort([](auto a, auto b) { return a < b; }); },
        [&] { return words.Filter([](auto) { return true; }).status(); },
    };
    if (shared) rows.push_back([&] { return words.Sort(); });  // else in place
    for (const std::function<absl::Status()>& row : rows) {
      {
        const Refusal refusal(Call::kNothrowNew, ENOMEM);
        CHECK(absl::IsResourceExhausted(row()));
        CHECK(refusal.refused() == 1);
      }
      for (std::size_t i = 0; i < 64; ++i) CHECK(bytes.Get(i) == 64 - i);
    }
    for (const std::function<absl::Status()>& row : rows) CHECK(row().ok());
  }
}

}  // namespace
}  // namespace sabre
