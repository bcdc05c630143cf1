// lib/clone/serializer_memory.cc: buffers, views, transferred objects, and the steps of a message.
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/clone/serializer_tables.h"
#include "lib/clone/view_tag.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/clone/serializer.h"
#include "sabre/memory/bulk_access.h"

namespace sabre {
namespace {

// Stand for "an ArrayBuffer, SharedArrayBuffer or Transferable" in the table of ids.
constexpr char kBufferType = 0;

}  // namespace

bool Serializer::WriteArrayBuffer(const ArrayBuffer& buffer) {
  const void* const identity = buffer.identity();
  if (WriteReferenceIfKnown(identity, &kBufferType)) return true;
  if (tables_ != nullptr) {
    const auto listed = tables_->transfer_index.find(identity);
    if (listed != tables_->transfer_index.end()) return WriteBufferIndex(buffer, listed->second);
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
  RegisterId(identity, &kBufferType, next_id_++);
  Counted(resizable ? wire::kResizableArrayBuffer : wire::kArrayBuffer,
          static_cast<std::uint32_t>(bytes.size()));
  if (resizable) WriteVarint(static_cast<std::uint32_t>(longest));
  WriteRaw(bytes.data(), bytes.size());
  return true;
}

bool Serializer::WriteBufferIndex(const ArrayBuffer& buffer, std::uint32_t index) {
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

bool Serializer::WriteTransferable(const void* identity, const TransferType& type) {
  if (identity == nullptr) return FailDataClone(absl::StrCat("a ", type.name, " is detached"));
  if (WriteReferenceIfKnown(identity, &kBufferType)) return true;
  if (!attachments_) {
    return FailDataClone(absl::StrCat(
        "a ", type.name, " cannot be written to bytes, only transferred in a message"));
  }
  const auto listed = Tables().transfer_index.find(identity);
  if (listed == tables_->transfer_index.end()) {
    return FailDataClone(
        absl::StrCat("a ", type.name, " in the value must be in the transfer list too"));
  }
  RegisterId(identity, &kBufferType, next_id_++);
  Counted(wire::kHostObject, listed->second);
  return true;
}

absl::Status Serializer::BeginMessage(std::span<const TransferItem> transfer) {
  attachments_ = true;
  if (transfer.empty()) return absl::OkStatus();
  internal::SerializerTables& tables = Tables();
  std::uint32_t buffers = 0, objects = 0;
  for (std::size_t i = 0; i < transfer.size(); ++i) {
    const TransferItem& item = transfer[i];
    if (item.shared() != nullptr) {
      return DataCloneError(absl::StrCat(
          "transfer[", i, "]: a SharedArrayBuffer is not transferable; put it into the value"));
    }
    if (item.buffer() == nullptr && item.object() == nullptr) {
      return DataCloneError(absl::StrCat("transfer[", i, "]: a null pointer"));
    }
    const bool is_buffer = item.buffer() != nullptr;
    if (is_buffer && item.buffer()->immutable()) {
      return DataCloneError(
          absl::StrCat("transfer[", i,
                       "]: an immutable ArrayBuffer is not transferable; put it into the value"));
    }
    const void* const identity = is_buffer ? item.buffer()->identity() : item.object()->identity();
    if (identity == nullptr) {
      return DataCloneError(absl::StrCat(
          "transfer[", i, "]: ", is_buffer ? "an ArrayBuffer" : item.object()->type().name,
          " is detached"));
    }
    if (!tables.transfer_index.try_emplace(identity, is_buffer ? buffers : objects).second) {
      return DataCloneError(absl::StrCat("transfer[", i, "]: listed twice"));
    }
    ++(is_buffer ? buffers : objects);
  }
  tables.transfer.assign(transfer.begin(), transfer.end());
  tables.transferred_buffers = buffers;
  return absl::OkStatus();
}

absl::StatusOr<PreparedMessage> Serializer::FinishMessage() {
  if (tables_ == nullptr) return PreparedMessage({.bytes = TakeBytes()}, {});
  if (absl::Status failure = status(); !failure.ok()) return failure;
  internal::SerializerTables& tables = *tables_;
  for (std::size_t i = 0; i < tables.transfer.size(); ++i) {
    const TransferItem& item = tables.transfer[i];
    if (item.buffer() != nullptr) {
      if (item.buffer()->detached()) {
        return DataCloneError(absl::StrCat("transfer[", i, "]: an ArrayBuffer is detached"));
      }
    } else if (absl::Status may = item.object()->CanTransfer(); !may.ok()) {
      return DataCloneError(absl::StrCat("transfer[", i, "]: ", may.message()));
    }
  }
  return PreparedMessage({.bytes = TakeBytes(),
                          .transferred_buffers = std::move(tables.immutable),
                          .shared_buffers = std::move(tables.shared)},
                         std::move(tables.transfer));
}

}  // namespace sabre
