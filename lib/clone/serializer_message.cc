// lib/clone/serializer_message.cc: transferable objects, and the steps of a message and of a conversion.
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/clone/borrowed_object.h"
#include "lib/clone/serializer_tables.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/clone/serializer.h"

namespace sabre {
namespace {

// Stands for "a Transferable" in the table of ids.
constexpr char kTransferableType = 0;

}  // namespace

bool Serializer::WriteTransferable(const Transferable& object) {
  const void* const identity = object.identity();
  if (identity == nullptr || !attachments_ || Tables().transfer_index.contains(identity)) {
    return WriteTransferable(identity, object.type());
  }
  if (WriteReferenceIfKnown(identity, &kTransferableType)) return true;
  if (tables_->converting) {
    tables_->converted_objects.push_back({&object, nullptr});
    RegisterId(identity, &kTransferableType, next_id_++);
    Counted(wire::kHostObject, static_cast<std::uint32_t>(tables_->converted_objects.size() - 1));
    return true;
  }
  if (object.marks().uncloneable) {
    return FailDataClone(absl::StrCat("a ", object.type().name, " is marked as uncloneable"));
  }
  absl::StatusOr<std::unique_ptr<TransferredObject>> clone = object.CloneOut();
  if (!clone.ok()) return Fail(std::move(clone).status());
  const std::size_t index = tables_->transferred_objects + tables_->clones.size();
  tables_->clones.push_back(*std::move(clone));
  RegisterId(identity, &kTransferableType, next_id_++);
  Counted(wire::kHostObject, static_cast<std::uint32_t>(index));
  return true;
}

bool Serializer::WriteTransferable(const void* identity, const TransferType& type) {
  if (identity == nullptr) return FailDataClone(absl::StrCat("a ", type.name, " is detached"));
  if (WriteReferenceIfKnown(identity, &kTransferableType)) return true;
  if (!attachments_) {
    return FailDataClone(absl::StrCat(
        "a ", type.name, " cannot be written to bytes, only transferred in a message"));
  }
  const auto listed = Tables().transfer_index.find(identity);
  if (listed == tables_->transfer_index.end()) {
    return FailDataClone(
        absl::StrCat("a ", type.name, " in the value must be in the transfer list too"));
  }
  RegisterId(identity, &kTransferableType, next_id_++);
  Counted(wire::kHostObject, listed->second);
  return true;
}

bool Serializer::WriteReceived(TransferredObject** object) {
  if (*object == nullptr)
    return FailDataClone("a transferred object was taken out of the Graph before");
  if (tables_ == nullptr || !tables_->converting) {
    return FailDataClone("a transferred object was not made usable by its receiver yet");
  }
  tables_->converted_objects.push_back({nullptr, object});
  Counted(wire::kHostObject, static_cast<std::uint32_t>(tables_->converted_objects.size() - 1));
  ++next_id_;
  return true;
}

void Serializer::BeginConversion() {
  attachments_ = true;
  Tables().converting = true;
}

void Serializer::FinishConversion(Attachments& attachments,
                                  std::vector<TransferredObject**>& received) {
  internal::SerializerTables& tables = *tables_;
  attachments.transferred_buffers = std::move(tables.converted_buffers);
  attachments.shared_buffers = std::move(tables.shared);
  for (const internal::SerializerTables::ConvertedObject& object : tables.converted_objects) {
    received.push_back(object.received);
    if (object.received != nullptr) {
      attachments.objects.emplace_back(*object.received);
    } else {
      attachments.objects.push_back(std::make_unique<internal::BorrowedObject>(*object.borrowed));
    }
  }
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
    if (is_buffer ? item.buffer()->marked_as_untransferable()
                  : item.object()->marks().untransferable) {
      return DataCloneError(absl::StrCat("transfer[", i, "]: ", is_buffer ? "an " : "a ",
                                         is_buffer ? "ArrayBuffer" : item.object()->type().name,
                                         " is marked as untransferable"));
    }
    const void* const identity = is_buffer ? item.buffer()->identity() : item.object()->identity();
    // One that names nothing any more is refused after the value was written, in FinishMessage.
    if (identity != nullptr &&
        !tables.transfer_index.try_emplace(identity, is_buffer ? buffers : objects).second) {
      return DataCloneError(absl::StrCat("transfer[", i, "]: listed twice"));
    }
    ++(is_buffer ? buffers : objects);
  }
  tables.transfer.assign(transfer.begin(), transfer.end());
  tables.transferred_buffers = buffers;
  tables.transferred_objects = objects;
  return absl::OkStatus();
}

absl::StatusOr<PreparedMessage> Serializer::FinishMessage() {
  out_.Trim();
  if (tables_ == nullptr) return PreparedMessage({.bytes = TakeBytes()}, {});
  if (absl::Status failure = status(); !failure.ok()) return failure;
  internal::SerializerTables& tables = *tables_;
  for (std::size_t i = 0; i < tables.transfer.size(); ++i) {
    const TransferItem& item = tables.transfer[i];
    if (item.buffer() != nullptr) {
      if (item.buffer()->detached()) {
        return DataCloneError(absl::StrCat("transfer[", i, "]: an ArrayBuffer is detached"));
      }
    } else if (item.object()->identity() == nullptr) {
      return DataCloneError(
          absl::StrCat("transfer[", i, "]: a ", item.object()->type().name, " is detached"));
    } else if (absl::Status may = item.object()->CanTransfer(); !may.ok()) {
      return DataCloneError(absl::StrCat("transfer[", i, "]: ", may.message()));
    }
  }
  return PreparedMessage({.bytes = TakeBytes(),
                          .transferred_buffers = std::move(tables.immutable),
                          .shared_buffers = std::move(tables.shared),
                          .objects = std::move(tables.clones)},
                         std::move(tables.transfer));
}

}  // namespace sabre
