// lib/clone/deserializer_memory.cc: buffers, views and transferred objects.
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/clone/deserializer_tables.h"
#include "lib/clone/view_tag.h"
#include "sabre/clone/deserializer.h"

namespace sabre {
namespace {

// What a buffer costs besides its bytes: its state, its handle, its entry in the table, which while it
// grows takes the room of more than three.
constexpr std::size_t kBufferOverhead = 256;

absl::StatusOr<ArrayBuffer> CopyToBuffer(const std::uint8_t* bytes, std::size_t size,
                                         std::optional<std::size_t> max = std::nullopt,
                                         bool immutable = false) {
  absl::StatusOr<internal::BackingStore> store =
      max.has_value() ? internal::BackingStore::Allocate(size, max)
                      : internal::BackingStore::AllocateUninitialized(size);
  if (!store.ok()) return std::move(store).status();
  if (size > 0) std::memcpy(store->data(), bytes, size);
  if (immutable) store = (*std::move(store)).MadeImmutable(size);
  if (!store.ok()) return std::move(store).status();
  return ArrayBuffer::FromBackingStore(*std::move(store));
}

// Bytes as Serializer::WriteBytes writes them need no buffer in between. Moves `cursor` behind them, or
// returns false if they stand there in another form, or wrong.
bool ReadPlainBytes(internal::WireCursor& cursor, Dialect dialect, bool view_flags,
                    std::span<const std::byte>& bytes) {
  internal::WireCursor ahead = cursor;
  std::uint32_t length, number, viewed, flags = 0;
  std::uint8_t kind_tag;
  ViewKind kind;
  const std::uint8_t tag = ahead.ReadValueTag();
  if (tag == wire::kHostObject && dialect != Dialect::kV8) {
    if (dialect == Dialect::kNodeIpc && (!ahead.ReadVarint(number) || number != 0)) return false;
    if (!ahead.ReadVarint(number) || !internal::ViewKindOfHostIndex(number, kind)) return false;
    if (ElementSize(kind) != 1) return false;
  } else if (tag != wire::kArrayBuffer) {
    return false;
  }
  if (!ahead.ReadLength(length)) return false;
  bytes = {reinterpret_cast<const std::byte*>(ahead.at()), length};
  ahead.Skip(length);
  if (tag == wire::kArrayBuffer && ahead.LookAhead() == wire::kArrayBufferView) {
    ahead.ReadTag();
    if (!ahead.ReadVarint8(kind_tag) || !internal::ViewKindOfTag(kind_tag, kind) ||
        ElementSize(kind) != 1 || !ahead.ReadVarint(number) || number != 0 ||
        !ahead.ReadVarint(viewed) || viewed != length ||
        (view_flags && (!ahead.ReadVarint(flags) || flags != 0))) {
      return false;
    }
  }
  cursor = ahead;
  return true;
}

// Whether a buffer, or a back reference, and then the fields of a view stand at `at`.
bool ViewFollows(internal::WireCursor at) {
  std::uint32_t length, max;
  const std::uint8_t tag = at.ReadValueTag();
  switch (tag) {
    case wire::kArrayBuffer:
    case wire::kImmutableArrayBuffer:
    case wire::kResizableArrayBuffer:
      if (!at.ReadVarint(length) || (tag == wire::kResizableArrayBuffer && !at.ReadVarint(max)) ||
          length > at.left()) {
        return false;
      }
      at.Skip(length);
      break;
    case wire::kArrayBufferTransfer:
    case wire::kSharedArrayBuffer:
    case wire::kReference:
      if (!at.ReadVarint(length)) return false;
      break;
    default:
      return false;
  }
  return at.LookAhead() == wire::kArrayBufferView;
}

}  // namespace

// Reads a buffer from its own tag on. The same place gives the same buffer each time.
bool Deserializer::ReadBufferItself(BufferHandle& buffer) {
  const std::uint8_t tag = cursor_.PeekValueTag();
  const std::size_t start = cursor_.offset();
  std::uint32_t number, max = 0;
  cursor_.ReadTag();
  if (tag != wire::kArrayBuffer && tag != wire::kResizableArrayBuffer &&
      tag != wire::kImmutableArrayBuffer && tag != wire::kArrayBufferTransfer &&
      tag != wire::kSharedArrayBuffer) {
    return FailExpected("a buffer");
  }
  const bool resizable = tag == wire::kResizableArrayBuffer;
  const bool immutable = tag == wire::kImmutableArrayBuffer;
  if (!cursor_.ReadVarint(number) || (resizable && !cursor_.ReadVarint(max))) {
    return FailExpected("the length or index of a buffer");
  }
  const bool bytes_follow = tag == wire::kArrayBuffer || resizable || immutable;
  if ((bytes_follow && number > cursor_.left()) || (resizable && number > max)) {
    return FailExpected("the bytes of a buffer");
  }
  const std::uint8_t* const bytes = cursor_.at();
  if (bytes_follow) cursor_.Skip(number);

  auto& buffers = Tables().buffers;
  if (const auto known = buffers.find(start); known != buffers.end()) {
    buffer = known->second;
  } else if (bytes_follow) {
    using internal::ReservationBudget;
    const std::size_t memory = resizable ? ReservationBudget::MemoryOf(number, max) : number;
    const std::size_t overhead = kBufferOverhead * (immutable ? 2 : 1);
    if (!Charge(memory + overhead)) return false;
    if (resizable) {
      std::optional<ReservationBudget>& budget = Tables().reservations;
      if (!budget.has_value()) budget.emplace(options_);
      if (!budget->Take(max)) return Fail(absl::ResourceExhaustedError(budget->kExceeded));
    }
    absl::StatusOr<ArrayBuffer> copy = CopyToBuffer(
        bytes, number, resizable ? std::optional<std::size_t>(max) : std::nullopt, immutable);
    if (!copy.ok()) return Fail(std::move(copy).status());
    buffer = *std::move(copy);
    buffers.emplace(start, buffer);
  } else if (tag == wire::kArrayBufferTransfer) {
    if (attachments_ == nullptr || number >= attachments_->transferred_buffers.size() ||
        attachments_->transferred_buffers[number].identity() == nullptr) {
      return FailExpected("the index of a transferred buffer");
    }
    buffer = attachments_->transferred_buffers[number];
  } else {
    if (attachments_ == nullptr || number >= attachments_->shared_buffers.size() ||
        attachments_->shared_buffers[number].data_block() == nullptr) {
      return FailExpected("the index of a SharedArrayBuffer");
    }
    buffer = attachments_->shared_buffers[number];
  }
  return true;
}

bool Deserializer::ReadBuffer(BufferHandle& buffer) {
  if (cursor_.PeekValueTag() != wire::kReference) return ReadBufferItself(buffer);
  std::size_t return_to;
  if (!FollowReference(return_to)) return false;
  if (tables_->followed != internal::WireScanner::IdKind::kBuffer) {
    return FailExpected("a reference to a buffer");
  }
  if (!ReadBufferItself(buffer)) return false;
  cursor_.Seek(return_to);
  return true;
}

bool Deserializer::ReadArrayBuffer(ArrayBuffer& buffer) {
  BufferHandle handle;
  if (!ReadBuffer(handle)) return false;
  if (handle.array_buffer() == nullptr || cursor_.LookAhead() == wire::kArrayBufferView) {
    return FailExpected("an ArrayBuffer");
  }
  buffer = *handle.array_buffer();
  return true;
}

bool Deserializer::ReadSharedArrayBuffer(SharedArrayBuffer& buffer) {
  BufferHandle handle;
  if (!ReadBuffer(handle)) return false;
  if (handle.shared_array_buffer() == nullptr || cursor_.LookAhead() == wire::kArrayBufferView) {
    return FailExpected("a SharedArrayBuffer");
  }
  buffer = *handle.shared_array_buffer();
  return true;
}

// A view in the form of Node's dialects, from tag `\` on: bytes of its own.
bool Deserializer::ReadHostView(ArrayBufferView& view) {
  const std::size_t start = cursor_.offset();
  std::uint32_t index, length;
  cursor_.ReadTag();
  if (options_.dialect == Dialect::kV8) return FailExpected("a view, not another object");
  if (options_.dialect == Dialect::kNodeIpc && (!cursor_.ReadVarint(index) || index != 0)) {
    return FailExpected("a view, not another native object");
  }
  if (!cursor_.ReadVarint(index) || !internal::ViewKindOfHostIndex(index, view.kind) ||
      !cursor_.ReadLength(length)) {
    return FailExpected("a view of a known type and its bytes");
  }
  auto& buffers = Tables().buffers;
  if (const auto known = buffers.find(start); known != buffers.end()) {
    view.buffer = known->second;
  } else {
    const std::size_t used = length - length % ElementSize(view.kind);
    if (!Charge(used + kBufferOverhead)) return false;
    absl::StatusOr<ArrayBuffer> copy = CopyToBuffer(cursor_.at(), used);
    if (!copy.ok()) return Fail(std::move(copy).status());
    view.buffer = *copy;
    buffers.emplace(start, *std::move(copy));
  }
  cursor_.Skip(length);
  view.byte_offset = 0;
  view.length_tracking = false;
  view.length = length / ElementSize(view.kind);  // Node ignores a rest, too
  return true;
}

bool Deserializer::ReadView(ArrayBufferView& view) {
  using IdKind = internal::WireScanner::IdKind;
  const std::uint8_t tag = cursor_.PeekValueTag();
  if (tag == wire::kHostObject) return ReadHostView(view);
  if (tag != wire::kReference) {
    if (!ReadBufferItself(view.buffer)) return false;
    return ReadViewFields(view);
  }
  std::size_t return_to;
  if (!FollowReference(return_to)) return false;
  if (tables_->followed == IdKind::kBuffer) {
    if (!ReadBufferItself(view.buffer)) return false;
    cursor_.Seek(return_to);
    return ReadViewFields(view);
  }
  // A view seen before: read it again where it stands.
  if (tables_->followed == IdKind::kView) {
    if (!ReadBuffer(view.buffer) || !ReadViewFields(view)) return false;
  } else if (cursor_.PeekTag() != wire::kHostObject || !ReadHostView(view)) {
    return FailExpected("a reference to a view");
  }
  cursor_.Seek(return_to);
  return true;
}

bool Deserializer::ReadViewFields(ArrayBufferView& view) {
  std::uint8_t kind_tag;
  std::uint32_t offset, length, flags = 0;
  if (cursor_.ReadTag() != wire::kArrayBufferView) return FailExpected("a view");
  if (!cursor_.ReadVarint8(kind_tag) || !internal::ViewKindOfTag(kind_tag, view.kind) ||
      !cursor_.ReadVarint(offset) || !cursor_.ReadVarint(length) ||
      (view_flags_ && !cursor_.ReadVarint(flags))) {
    return FailExpected("the fields of a view");
  }
  const bool tracking = (flags & wire::kViewLengthTracking) != 0;
  const std::size_t byte_length = view.buffer.byte_length();
  const std::size_t element = ElementSize(view.kind);
  const bool marked = (flags & wire::kViewResizable) != 0;
  const bool resizable = view.buffer.resizable();
  if (((tracking || marked) && !resizable) || (resizable && !view.buffer.shared() && !marked)) {
    return FailExpected("view flags that fit the buffer");
  }
  if (offset > byte_length || length > byte_length - offset || offset % element != 0 ||
      length % element != 0) {
    return FailExpected("a view inside its buffer, aligned to its elements");
  }
  view.byte_offset = offset;
  view.length = (tracking ? byte_length - offset : length) / element;
  view.length_tracking = tracking;
  return true;
}

bool Deserializer::ReadBytes(std::span<const std::byte>& bytes) {
  if (ReadPlainBytes(cursor_, options_.dialect, view_flags_, bytes)) return true;
  ArrayBufferView view;
  const std::uint8_t tag = cursor_.PeekValueTag();
  bool is_view = tag == wire::kHostObject;
  if (tag == wire::kReference) {
    // To a view, or to a buffer, which another view may follow.
    const std::size_t here = cursor_.offset();
    std::size_t return_to;
    if (!FollowReference(return_to)) return false;
    // The id of a view with a buffer of its own stands where the buffer does.
    is_view = tables_->followed == internal::WireScanner::IdKind::kView ||
              cursor_.PeekTag() == wire::kHostObject;
    cursor_.Seek(here);
  }
  if (is_view) {
    if (!ReadView(view)) return false;
  } else {
    if (!ReadBuffer(view.buffer)) return false;
    view.length = view.buffer.byte_length();
    if (cursor_.LookAhead() == wire::kArrayBufferView && !ReadViewFields(view)) return false;
  }
  if (view.buffer.shared() || ElementSize(view.kind) != 1) {
    return FailExpected("bytes: an ArrayBuffer or a view with elements of one byte");
  }
  // The tables or the attachments hold the buffer.
  bytes = view.buffer.array_buffer()->ConstSpan().subspan(view.byte_offset, view.length);
  return true;
}

std::uint8_t Deserializer::PeekReferredTag() {
  const std::uint8_t tag = cursor_.PeekValueTag();
  const std::size_t here = cursor_.offset();
  std::size_t return_to;
  if (tag != wire::kReference || !FollowReference(return_to)) return tag;
  PassNative();
  const std::uint8_t referred = cursor_.PeekTag();
  cursor_.Seek(here);
  return referred;
}

// What tells the value here from all others: where it begins, and whether it is a view, which may begin
// where its buffer does. `after` is behind a back reference to it, or 0.
bool Deserializer::FindPlace(std::size_t& place, std::size_t& after) {
  const bool reference = cursor_.PeekValueTag() == wire::kReference;
  const std::size_t here = cursor_.offset();
  bool view = ViewFollows(cursor_);
  after = 0;
  if (reference) {
    if (!FollowReference(after)) return false;
    const bool to_buffer = tables_->followed == internal::WireScanner::IdKind::kBuffer;
    if (to_buffer && view) {  // a new view of that buffer
      cursor_.Seek(here);
      after = 0;
    } else {
      view = tables_->followed == internal::WireScanner::IdKind::kView;
    }
  }
  PassNative();
  place = cursor_.offset() * 2 + (view ? 1 : 0);
  cursor_.Seek(here);
  return true;
}

bool Deserializer::ReadTransferred(const TransferType& type,
                                   std::unique_ptr<TransferredObject>& object) {
  std::uint32_t index;
  std::size_t return_to = 0;
  const bool reference = cursor_.PeekValueTag() == wire::kReference;
  if (reference && !FollowReference(return_to)) return false;
  if (options_.dialect != Dialect::kV8 || cursor_.ReadTag() != wire::kHostObject ||
      !cursor_.ReadVarint(index) || attachments_ == nullptr ||
      index >= attachments_->objects.size()) {
    return FailExpected(absl::StrCat("a transferred ", type.name));
  }
  std::unique_ptr<TransferredObject>& attached = attachments_->objects[index];
  if (attached == nullptr) {
    return FailValue(absl::StrCat("the transferred ", type.name, " was received already"));
  }
  if (&attached->type() != &type) {
    return FailExpected(
        absl::StrCat("a transferred ", type.name, ", not a ", attached->type().name));
  }
  object = std::move(attached);
  if (reference) cursor_.Seek(return_to);
  return true;
}

}  // namespace sabre
