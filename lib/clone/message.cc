// lib/clone/message.cc
#include "sabre/clone/message.h"

#include <utility>

#include "sabre/clone/prepared_message.h"
#include "sabre/memory/check.h"

namespace sabre {

Attachments::Attachments(Message& message)
    : shared_buffers(std::move(message.shared_buffers)), objects(std::move(message.objects)) {
  transferred_buffers.reserve(message.transferred_buffers.size());
  for (internal::BackingStore& store : message.transferred_buffers) {
    transferred_buffers.push_back(ArrayBuffer::FromBackingStore(std::move(store)));
  }
  message.transferred_buffers.clear();
}

Message PreparedMessage::Commit() && {
  std::vector<internal::BackingStore> immutable = std::move(message_.transferred_buffers);
  message_.transferred_buffers.clear();
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
  return std::move(message_);
}

}  // namespace sabre
