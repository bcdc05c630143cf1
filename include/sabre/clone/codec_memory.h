// sabre/clone/codec_memory.h: codecs of Sabre's buffers and views.
#ifndef SABRE_CLONE_CODEC_MEMORY_H_
#define SABRE_CLONE_CODEC_MEMORY_H_

#include <cstddef>
#include <optional>
#include <utility>

#include "sabre/clone/codec.h"
#include "sabre/clone/has_buffers.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/array_buffer_view.h"
#include "sabre/memory/data_view.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"

namespace sabre {

// Copied, or moved if the transfer list names it. Handles of one buffer stay handles of one buffer.
template <>
struct Codec<ArrayBuffer> {
  static constexpr bool kThreadConfined = true;
  static bool Write(Serializer& out, const ArrayBuffer& buffer) {
    return out.WriteArrayBuffer(buffer);
  }
  static bool Read(Deserializer& in, ArrayBuffer& buffer) { return in.ReadArrayBuffer(buffer); }
};

// Shared: the receiver gets a handle of the same block.
template <>
struct Codec<SharedArrayBuffer> {
  static constexpr bool kThreadConfined = false;
  static bool Write(Serializer& out, const SharedArrayBuffer& buffer) {
    return out.WriteSharedArrayBuffer(buffer);
  }
  static bool Read(Deserializer& in, SharedArrayBuffer& buffer) {
    return in.ReadSharedArrayBuffer(buffer);
  }
};

// A view of any kind, with its whole buffer (in Node's dialects: with the bytes in view).
template <>
struct Codec<ArrayBufferView> {
  static constexpr bool kThreadConfined = true;
  static constexpr bool kTakesId = true;
  static constexpr bool kIdIsLast = true;
  static bool Write(Serializer& out, const ArrayBufferView& view) { return out.WriteView(view); }
  static bool Read(Deserializer& in, ArrayBufferView& view) { return in.ReadView(view); }
};

template <>
struct Codec<DataView> {
  static constexpr bool kThreadConfined = true;
  static constexpr bool kTakesId = true;
  static constexpr bool kIdIsLast = true;
  static bool Write(Serializer& out, const DataView& view) { return out.WriteView(view.AsView()); }
  static bool Read(Deserializer& in, DataView& view) {
    ArrayBufferView read;
    if (!in.ReadView(read)) return false;
    if (read.kind != ViewKind::kDataView) return in.FailExpected("DataView");
    absl::StatusOr<DataView> over = DataView::Over(
        std::move(read.buffer), read.byte_offset,
        read.length_tracking ? std::nullopt : std::optional<std::size_t>(read.length));
    if (!over.ok()) return in.Fail(std::move(over).status());
    view = *std::move(over);
    return true;
  }
};

template <class T>
struct Codec<TypedArray<T>> {
  // Over shared memory it is not, but the type does not tell.
  static constexpr bool kThreadConfined = true;
  static constexpr bool kTakesId = true;
  static constexpr bool kIdIsLast = true;
  static bool Write(Serializer& out, const TypedArray<T>& array) {
    return out.WriteView(array.AsView());
  }
  static bool Read(Deserializer& in, TypedArray<T>& array) {
    ArrayBufferView view;
    if (!in.ReadView(view)) return false;
    if (view.kind != TypedArray<T>::kKind) {
      return in.FailExpected(ViewName(TypedArray<T>::kKind));
    }
    absl::StatusOr<TypedArray<T>> over = TypedArray<T>::Over(
        std::move(view.buffer), view.byte_offset,
        view.length_tracking ? std::nullopt : std::optional<std::size_t>(view.length));
    if (!over.ok()) return in.Fail(std::move(over).status());
    array = *std::move(over);
    return true;
  }
};

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_MEMORY_H_
