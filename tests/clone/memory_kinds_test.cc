// tests/clone/memory_kinds_test.cc: resizable, growable and immutable buffers, and views that track them,
// through both ways in and out.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "doctest/doctest.h"
#include "sabre/clone/convert.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/structured_clone.h"
#include "sabre/memory/data_view.h"
#include "sabre/memory/typed_array.h"

namespace memory_kinds_test {

using namespace sabre;  // NOLINT: a test

struct Picture {
  ArrayBuffer pixels;
  Uint8Array all;
  Uint16Array part;
};
SABRE_DESCRIBE(Picture, pixels, all, part)

struct Shares {
  ArrayBuffer moved;
  ArrayBuffer frozen;
  Uint8Array view;
  ArrayBuffer again;
};
SABRE_DESCRIBE(Shares, moved, frozen, view, again)

namespace {

ArrayBuffer Bytes(std::initializer_list<int> bytes, BufferOptions options = {}) {
  ArrayBuffer buffer = *ArrayBuffer::Create(bytes.size(), options);
  std::size_t i = 0;
  for (const int b : bytes) buffer.Span()[i++] = static_cast<std::byte>(b);
  return buffer;
}

Picture Resizable() {
  const ArrayBuffer pixels = Bytes({1, 2, 3, 4}, {.max_byte_length = 10});
  return {pixels, *Uint8Array::Over(pixels, 1), *Uint16Array::Over(pixels, 2, 1)};
}

// What must hold of any clone of Resizable().
void CheckResizable(Picture& clone) {
  CHECK(clone.pixels.resizable());
  CHECK(clone.pixels.byte_length() == 4);
  CHECK(clone.pixels.max_byte_length() == 10);
  CHECK(clone.all.buffer() == BufferHandle(clone.pixels));
  CHECK(clone.part.buffer() == BufferHandle(clone.pixels));
  CHECK(clone.all.length_tracking());
  CHECK_FALSE(clone.part.length_tracking());
  CHECK(clone.all.size() == 3);
  CHECK(clone.all.Get(0) == 2);
  REQUIRE(clone.pixels.Resize(10).ok());
  CHECK(clone.all.size() == 9);
  CHECK(clone.part.size() == 1);
  REQUIRE(clone.pixels.Resize(3).ok());
  CHECK(clone.part.out_of_bounds());
}

TEST_CASE("A resizable buffer stays resizable, and its views track it or not") {
  Picture picture = Resizable();
  Picture copy = *StructuredClone<Picture>(picture);
  CheckResizable(copy);
  CHECK(picture.pixels.byte_length() == 4);
  Picture moved = *StructuredClone<Picture>(picture, {.transfer = {&picture.pixels}});
  CHECK(picture.pixels.detached());
  CHECK(picture.all.out_of_bounds());
  CheckResizable(moved);
}

TEST_CASE("The same by way of a Graph, and through bytes") {
  const Graph graph = *ToGraph(Resizable());
  const ArrayBufferView all = graph.root().Get("all").view();
  CHECK(all.length_tracking);
  CHECK(all.length == 3);
  CHECK(graph.root().Get("pixels").max_byte_length() == 10);
  CHECK(graph.root().Get("pixels").resizable());
  Picture back = *FromValue<Picture>(graph.root());
  CheckResizable(back);

  const absl::StatusOr<ByteBuffer> bytes = Encode(Resizable());
  REQUIRE(bytes.ok());
  Picture decoded = *Decode<Picture>(*bytes);
  CheckResizable(decoded);
}

TEST_CASE("A growable block is shared, and a view that tracks it goes on doing so") {
  SharedArrayBuffer buffer = *SharedArrayBuffer::Create(4, {.max_byte_length = 4096 * 3});
  const Int32Array view = *Int32Array::Over(buffer);
  const Int32Array clone = *StructuredClone<Int32Array>(view);
  CHECK(clone.buffer() == view.buffer());
  CHECK(clone.length_tracking());
  REQUIRE(buffer.Grow(4096 * 3).ok());
  CHECK(clone.size() == 1024 * 3);
  const Int32Array fixed = *StructuredClone<Int32Array>(*Int32Array::Over(buffer, 0, 2));
  CHECK(fixed.size() == 2);
  CHECK_FALSE(fixed.length_tracking());
}

TEST_CASE("An immutable buffer is shared by all receivers, without a copy") {
  const ArrayBuffer frozen = *Bytes({5, 6, 7}).TransferToImmutable();
  ArrayBuffer moved = Bytes({1});
  const std::byte* const place = moved.Span().data();
  const Shares shares{moved, frozen, *Uint8Array::Over(frozen, 1), frozen};
  const Shares clone = *StructuredClone<Shares>(shares, {.transfer = {&moved}});
  CHECK(clone.moved.Span().data() == place);
  CHECK(clone.frozen.immutable());
  CHECK(clone.frozen.ConstSpan().data() == frozen.ConstSpan().data());
  CHECK_FALSE(clone.frozen == frozen);
  CHECK(clone.again == clone.frozen);
  CHECK(clone.view.Get(0) == 6);
  CHECK(clone.view.buffer() == BufferHandle(clone.frozen));
  CHECK_FALSE(frozen.detached());

  Graph source;
  const Graph graph = *StructuredClone(source.Buffer(frozen));
  CHECK(graph.root().array_buffer().ConstSpan().data() == frozen.ConstSpan().data());
  CHECK(graph.root().array_buffer().immutable());
}

TEST_CASE("In bytes alone an immutable buffer is a copy") {
  const ArrayBuffer frozen = *Bytes({5, 6, 7}).TransferToImmutable();
  const ArrayBuffer decoded = *Decode<ArrayBuffer>(*Encode(frozen));
  CHECK_FALSE(decoded.immutable());
  CHECK(decoded.ConstSpan().data() != frozen.ConstSpan().data());
  CHECK(decoded.Span()[2] == std::byte{7});
}

TEST_CASE("An immutable buffer in a transfer list is refused") {
  ArrayBuffer good = Bytes({1});
  ArrayBuffer frozen = *Bytes({5}).TransferToImmutable();
  const absl::Status status = StructuredClone(1, {.transfer = {&good, &frozen}}).status();
  CHECK(IsDataCloneError(status));
  CHECK(absl::StrContains(status.message(),
                          "transfer[1]: an immutable ArrayBuffer is not transferable"));
  CHECK_FALSE(good.detached());
}

TEST_CASE("A view that is out of bounds cannot be cloned; back in bounds it can") {
  ArrayBuffer buffer = Bytes({1, 2, 3, 4}, {.max_byte_length = 8});
  const Uint8Array fixed = *Uint8Array::Over(buffer, 1, 3);
  const Uint8Array tracking = *Uint8Array::Over(buffer, 2);
  REQUIRE(buffer.Resize(1).ok());
  for (const Uint8Array& view : {fixed, tracking}) {
    CHECK(IsDataCloneError(StructuredClone<Uint8Array>(view).status()));
    Graph graph;
    CHECK(IsDataCloneError(StructuredClone(graph.View(view.AsView())).status()));
  }
  REQUIRE(buffer.Resize(4).ok());
  CHECK(StructuredClone<Uint8Array>(fixed)->size() == 3);
  CHECK(StructuredClone<Uint8Array>(tracking)->size() == 2);
}

TEST_CASE("Float16Array keeps its bits") {
  const Float16Array source = *Float16Array::Create(3);
  source.Set(0, 1.5);
  source.Set(1, -65504.0);
  source.Set(2, Float16::FromBits(0x7e01));
  const Float16Array clone = *StructuredClone<Float16Array>(source);
  for (std::size_t i = 0; i < 3; ++i) CHECK(clone.Get(i).bits() == source.Get(i).bits());
  const Graph graph = *ToGraph(source);
  CHECK(graph.root().view().kind == ViewKind::kFloat16);
  for (const Dialect dialect : {Dialect::kV8, Dialect::kNodeSerialize, Dialect::kNodeIpc}) {
    const ByteBuffer bytes = *Encode(source, {.dialect = dialect});
    CHECK(Decode<Float16Array>(bytes, {.dialect = dialect})->Get(0) == 1.5);
  }
}

TEST_CASE("DataView, fixed and tracking") {
  const ArrayBuffer buffer = Bytes({1, 2, 3, 4}, {.max_byte_length = 8});
  const DataView clone = *StructuredClone<DataView>(*DataView::Over(buffer, 1));
  CHECK(clone.length_tracking());
  CHECK(clone.byte_length() == 3);
  CHECK(clone.Get<std::uint16_t>(0) == 0x0203);
  const DataView fixed = *StructuredClone<DataView>(*DataView::Over(buffer, 1, 2));
  CHECK_FALSE(fixed.length_tracking());
  CHECK(fixed.byte_length() == 2);
  CHECK(absl::IsDataLoss(
      Decode<DataView>(*Encode(fixed.buffer().array_buffer()->Slice().value())).status()));
}

TEST_CASE("A view made by hand is checked before it is written") {
  const ArrayBuffer fixed = Bytes({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  const ArrayBufferView kBad[] = {
      {ViewKind::kFloat64, fixed, 0, SIZE_MAX / 8 + 2},  // times 8 is 8
      {ViewKind::kFloat64, fixed, 4, 1},                 // misaligned
      {ViewKind::kUint8, fixed, 17, 0},                  // past the end
      {ViewKind::kUint8, fixed, 0, 16, /*length_tracking=*/true},
  };
  for (const ArrayBufferView& view : kBad) {
    CHECK(IsDataCloneError(Encode(view).status()));
    CHECK(IsDataCloneError(StructuredClone<ArrayBufferView>(view).status()));
  }
}

TEST_CASE("One's own messages may reserve what they like") {
  std::vector<ArrayBuffer> many;
  for (int i = 0; i < 20; ++i) many.push_back(Bytes({i}, {.max_byte_length = 0xffffffff}));
  const absl::StatusOr<std::vector<ArrayBuffer>> clone =
      StructuredClone<std::vector<ArrayBuffer>>(many);
  // Sanitizers leave less room than it takes.
  if (!clone.ok()) {
    CHECK(absl::StrContains(clone.status().message(), "max_byte_length 4294967295"));
    return;
  }
  CHECK((*clone)[19].max_byte_length() == 0xffffffff);
  const ArrayBuffer longer = *ArrayBuffer::Create(1, {.max_byte_length = 0x100000000});
  const absl::Status refused = Encode(longer).status();
  CHECK(absl::StrContains(refused.message(), "max_byte_length 4294967296 exceeds 4294967295"));
}

TEST_CASE("A tracking and a fixed view are not equal") {
  const ArrayBuffer buffer = Bytes({1, 2}, {.max_byte_length = 8});
  Graph graph;
  const Value tracking = graph.View(Uint8Array::Over(buffer)->AsView());
  const Value fixed = graph.View(Uint8Array::Over(buffer, 0, 2)->AsView());
  CHECK_FALSE(DeepEquals(tracking, fixed));
  CHECK(DeepEquals(fixed, graph.View(Uint8Array::Over(buffer, 0, 2)->AsView())));
}

}  // namespace
}  // namespace memory_kinds_test
