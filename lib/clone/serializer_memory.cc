// lib/clone/serializer_memory.cc: buffers and views; other objects are in serializer_message.cc.
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/clone/serializer_tables.h"
#include "lib/clone/view_tag.h"
#include "sabre/clone/serializer.h"
#include "sabre/memory/bulk_access.h"

namespace sabre {
namespace {

// Stands for "an ArrayBuffer or SharedArrayBuffer" in the table of ids.
constexpr char kBufferType = 0;

}  // namespace

bool Serializer::WriteArrayBuffer(const ArrayBuffer& buffer) {
  const void* const identity = buffer.identity();
  if (WriteReferenceIfKnown(identity, &kBufferType)) return true;
  if (tables_ != nullptr) {
    const auto listed = tables_->transfer_index.find(identity);
    if (listed != tables_->transfer_index.end()) return WriteBufferIndex(buffer, listed->second);
  }
  if (tables_ != nullptr && tables_->converting) {
    tables_->converted_buffers.push_back(buffer);
    return WriteBufferIndex(buffer,
                            static_cast<std::uint32_t>(tables_->converted_buffers.size() - 1));
  }
  if (buffer.detached()) return FailDataClone("an ArrayBuffer is detached");
  if (attachments_ && buffer.immutable()) {
    // Nobody writes its bytes, so the receiver may have them without a copy. They stand behind the
    // transferred ones.
    internal::SerializerTables& tables = Tables();
    const std::size_t index = tables.transferred_buffers + tables.immutable.size();
    tables.immutable.push_back(buffer.ShareImmutable());
    return WriteBufferIndex(buffer, static_cast<std::uint32_t>(index));
  }
  const std::span<const std::byte> bytes = buffer.ConstSpan();
  const bool resizable = buffer.resizable() && options_.version >= 14;
  const std::size_t longest = resizable ? buffer.max_byte_length() : bytes.size();
  if (longest > 0xffffffff) {
    return FailDataClone(absl::StrCat("an ArrayBuffer of ",
                                      resizable ? "max_byte_length " : "byte_length ", longest,
                                      " exceeds 4294967295; transfer it instead"));
  }
  Tables().buffers.push_back(buffer);
  RegisterId(identity, &kBufferType, next_id_++);
  Counted(resizable ? wire::kResizableArrayBuffer : wire::kArrayBuffer,
          static_cast<std::uint32_t>(bytes.size()));
  if (resizable) WriteVarint(static_cast<std::uint32_t>(longest));
  WriteRaw(bytes.data(), bytes.size());
  return true;
}

bool Serializer::WriteBufferIndex(const ArrayBuffer& buffer, std::uint32_t index) {
  Tables().buffers.push_back(buffer);
  RegisterId(buffer.identity(), &kBufferType, next_id_++);
  Counted(wire::kArrayBufferTransfer, index);
  return true;
}

bool Serializer::WriteSharedArrayBuffer(const SharedArrayBuffer& buffer) {
  if (buffer.block() == nullptr) return FailDataClone("a SharedArrayBuffer names no block");
  if (WriteReferenceIfKnown(buffer.block(), &kBufferType)) return true;
  if (!attachments_) {
    return FailDataClone("a SharedArrayBuffer cannot be written to bytes, only sent in a message");
  }
  RegisterId(buffer.block(), &kBufferType, next_id_++);
  Counted(wire::kSharedArrayBuffer, static_cast<std::uint32_t>(tables_->shared.size()));
  tables_->shared.push_back(buffer);
  return true;
}

bool Serializer::WriteView(const ArrayBufferView& view) {
  const internal::BlockHeader* const block = view.buffer.block();
  const bool listed = tables_ != nullptr && !view.buffer.shared() &&
                      tables_->transfer_index.contains(view.buffer.array_buffer()->identity());
  if (block == nullptr || (view.buffer.detached() && !listed)) {
    return FailDataClone(absl::StrCat("the buffer of a ", ViewName(view.kind), " is detached"));
  }
  if (!internal::CheckViewBounds(view.kind, block->byte_length(), view.byte_offset, view.length)
           .ok()) {
    return FailDataClone(
        absl::StrCat("a ", ViewName(view.kind), " is out of the bounds of its buffer"));
  }
  if (view.length_tracking && !view.buffer.resizable()) {
    return FailDataClone(
        absl::StrCat("a ", ViewName(view.kind), " tracks the length of a buffer that is fixed"));
  }
  const std::size_t byte_length = view.length * ElementSize(view.kind);
  if (view.byte_offset > 0xffffffff || byte_length > 0xffffffff) {
    return FailDataClone(
        absl::StrCat("a ", ViewName(view.kind), " reaches beyond byte 4294967295"));
  }
  if (options_.dialect != Dialect::kV8) {
    std::byte* const data = block->data() + view.byte_offset;
    const std::uint32_t index = internal::HostIndexOfView(view.kind);
    if (!view.buffer.shared()) return WriteHostView(index, {data, byte_length});
    ++next_id_;
    WriteByte(wire::kHostObject);
    if (options_.dialect == Dialect::kNodeIpc) WriteByte(0);
    WriteVarint(index);
    WriteVarint(static_cast<std::uint32_t>(byte_length));
    // Other threads may write them meanwhile.
    internal::MoveBytes(reinterpret_cast<std::byte*>(out_.Extend(byte_length)), data, byte_length);
    return true;
  }
  if (view.buffer.shared() ? !WriteSharedArrayBuffer(*view.buffer.shared_array_buffer())
                           : !WriteArrayBuffer(*view.buffer.array_buffer())) {
    return false;
  }
  const bool marked = !view.buffer.shared() && view.buffer.resizable();
  WriteViewFields(
      view.kind, static_cast<std::uint32_t>(view.byte_offset),
      static_cast<std::uint32_t>(byte_length),
      (view.length_tracking ? wire::kViewLengthTracking : 0) | (marked ? wire::kViewResizable : 0));
  return true;
}

void Serializer::WriteViewFields(ViewKind kind, std::uint32_t byte_offset,
                                 std::uint32_t byte_length, std::uint32_t flags) {
  ++next_id_;
  WriteByte(wire::kArrayBufferView);
  WriteByte(internal::kViewTags[static_cast<std::size_t>(kind)]);
  WriteVarint(byte_offset);
  WriteVarint(byte_length);
  if (options_.version >= 14) WriteVarint(flags);
}

bool Serializer::WriteHostView(std::uint32_t index, std::span<const std::byte> bytes) {
  if (bytes.size() > 0xffffffff) {
    return FailDataClone(absl::StrCat("a view of ", bytes.size(), " bytes exceeds 4294967295"));
  }
  ++next_id_;
  WriteByte(wire::kHostObject);
  if (options_.dialect == Dialect::kNodeIpc) WriteByte(0);  // "a view", not another native object
  WriteVarint(index);
  WriteVarint(static_cast<std::uint32_t>(bytes.size()));
  WriteRaw(bytes.data(), bytes.size());
  return true;
}

bool Serializer::WriteBytes(std::span<const std::byte> bytes) {
  if (options_.dialect != Dialect::kV8) {
    return WriteHostView(static_cast<std::uint32_t>(ViewKind::kUint8), bytes);
  }
  if (bytes.size() > 0xffffffff) {
    return FailDataClone(absl::StrCat(bytes.size(), " bytes exceed 4294967295"));
  }
  const std::uint32_t length = static_cast<std::uint32_t>(bytes.size());
  ++next_id_;
  Counted(wire::kArrayBuffer, length);
  WriteRaw(bytes.data(), bytes.size());
  WriteViewFields(ViewKind::kUint8, 0, length, 0);
  return true;
}

}  // namespace sabre
