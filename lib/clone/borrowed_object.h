// lib/clone/borrowed_object.h: a transferable object that a conversion names without moving it.
#ifndef SABRE_LIB_CLONE_BORROWED_OBJECT_H_
#define SABRE_LIB_CLONE_BORROWED_OBJECT_H_

#include "sabre/clone/transferable.h"

namespace sabre::internal {

// BorrowedObject
//
// Stands among the attachments of a conversion for an object that a Graph refers to until it is sent.
//
// Thread-safety: thread-compatible.
class BorrowedObject final : public TransferredObject {
 public:
  static constexpr TransferType kType{"Transferable that was not sent"};

  explicit BorrowedObject(const Transferable& object) noexcept : object_(object) {}
  const TransferType& type() const noexcept override { return kType; }
  const Transferable& object() const noexcept { return object_; }

 private:
  const Transferable& object_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_BORROWED_OBJECT_H_
