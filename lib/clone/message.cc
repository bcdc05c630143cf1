// lib/clone/message.cc
#include "sabre/clone/message.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/clone/structured_clone.h"
#include "sabre/memory/check.h"

namespace sabre {

absl::StatusOr<std::unique_ptr<TransferredObject>> Transferable::CloneOut() const {
  return DataCloneError(
      absl::StrCat("a ", type().name, " in the value must be in the transfer list too"));
}

Attachments::Attachments(Message& message)
    : shared_buffers(std::move(message.shared_buffers)), objects(std::move(message.objects)) {
  transferred_buffers.reserve(message.transferred_buffers.size());
  for (internal::BackingStore& store : message.transferred_buffers) {
    transferred_buffers.push_back(ArrayBuffer::FromBackingStore(std::move(store)));
  }
  message.transferred_buffers.clear();
}

namespace internal {

void GiveBack(std::span<const TransferItem> transfer, Attachments& attachments) {
  std::size_t next = 0;
  for (const TransferItem& item : transfer) {
    if (item.buffer() == nullptr) continue;
    absl::StatusOr<BackingStore> store = attachments.transferred_buffers[next++].Detach();
    if (store.ok()) item.buffer()->Reattach(*std::move(store));
  }
}

}  // namespace internal

std::size_t PreparedMessage::transferred_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const TransferItem& item : transfer_) {
    if (item.buffer() != nullptr) bytes += item.buffer()->byte_length();
  }
  return bytes;
}

Message PreparedMessage::Commit() && {
  std::vector<internal::BackingStore> immutable = std::move(message_.transferred_buffers);
  message_.transferred_buffers.clear();
  std::vector<std::unique_ptr<TransferredObject>> clones = std::move(message_.objects);
  message_.objects.clear();
  // What can lack memory here comes before the first is detached.
  if (!transfer_.empty()) {
    message_.transferred_buffers.reserve(transfer_.size() + immutable.size());
    message_.objects.reserve(transfer_.size() + clones.size());
  }
  for (const TransferItem& item : transfer_) {
    if (item.buffer() != nullptr) {
      absl::StatusOr<internal::BackingStore> store = item.buffer()->Detach();
      // Prepare has checked it; only a caller that detaches between the phases gets here.
      if (!store.ok()) internal::CallerBug("PreparedMessage: a buffer was detached before Commit");
      message_.transferred_buffers.push_back(*std::move(store));
    } else {
      message_.objects.push_back(item.object()->TransferOut());
    }
  }
  for (internal::BackingStore& store : immutable) {
    message_.transferred_buffers.push_back(std::move(store));
  }
  for (std::unique_ptr<TransferredObject>& clone : clones) {
    message_.objects.push_back(std::move(clone));
  }
  return std::move(message_);
}

}  // namespace sabre
