// sabre/clone/transferable.h: objects that move from one thread to another in a message.
#ifndef SABRE_CLONE_TRANSFERABLE_H_
#define SABRE_CLONE_TRANSFERABLE_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sabre {

class ArrayBuffer;
class SharedArrayBuffer;

// TransferType
//
// Names a class of transferable objects. One constant for each class; compared by address.
struct TransferType {
  const char* name;  // for messages: "MessagePort"
};

// TransferredObject
//
// What a transferred object is while it is in a message: its state, bound to no thread.
//
// Thread-safety: thread-compatible. Made in the sender's thread, destroyed in whichever thread
//   drops or receives the message.
class TransferredObject {
 public:
  virtual ~TransferredObject() = default;

  // Tells a receiver (which has no RTTI) what to make of it.
  virtual const TransferType& type() const noexcept = 0;
};

// TransferMarks
//
// What an object was marked as (marks.h). They move with it, and a copy has none.
class TransferMarks {
 public:
  TransferMarks() = default;
  TransferMarks(const TransferMarks&) noexcept {}
  TransferMarks(TransferMarks&& other) noexcept { *this = std::move(other); }
  TransferMarks& operator=(const TransferMarks&) noexcept { return *this; }
  TransferMarks& operator=(TransferMarks&& other) noexcept {
    untransferable = std::exchange(other.untransferable, false);
    uncloneable = std::exchange(other.uncloneable, false);
    return *this;
  }

  bool untransferable = false;
  bool uncloneable = false;
};

// Transferable
//
// An object that a transfer list may name. After a transfer the object is an empty shell, and the
// receiver makes a new one from the TransferredObject.
//
// Thread-safety: thread-compatible.
// Spec: HTML, transferable objects
//   (https://html.spec.whatwg.org/multipage/structured-data.html#transferable-objects).
class Transferable {
 public:
  Transferable() = default;
  Transferable(const Transferable&) = default;
  // Takes the marks along: a move of your own must move this too.
  Transferable(Transferable&&) = default;
  Transferable& operator=(const Transferable&) = default;
  Transferable& operator=(Transferable&&) = default;
  virtual ~Transferable() = default;

  // Whether TransferOut may be called now.
  // Errors: a DataCloneError if the object is detached or closed.
  virtual absl::Status CanTransfer() const = 0;

  // The state of a copy, for an object that a message names but its transfer list does not. A type
  // that can be cloned overrides this; it must not change the object.
  // Errors: a DataCloneError, unless it is overridden: such an object must be in the list.
  virtual absl::StatusOr<std::unique_ptr<TransferredObject>> CloneOut() const;

  // Detaches the object and returns its state. Called once, after CanTransfer said yes, in the same
  // thread. Cannot fail.
  virtual std::unique_ptr<TransferredObject> TransferOut() = 0;

  // The same for all handles of one object, different for different objects; null if the handle
  // names none.
  virtual const void* identity() const noexcept = 0;

  virtual const TransferType& type() const noexcept = 0;

  TransferMarks& marks() noexcept { return marks_; }
  const TransferMarks& marks() const noexcept { return marks_; }

 private:
  TransferMarks marks_;
};

// TransferItem
//
// One entry of a transfer list: a pointer to what the call will detach. Converts from the pointers,
// so that a list reads `{.transfer = {&frame.pixels, &port}}`.
class TransferItem {
 public:
  TransferItem(ArrayBuffer* buffer) noexcept : buffer_(buffer) {}
  TransferItem(Transferable* object) noexcept : object_(object) {}
  // Shared memory is sent by putting it into the value. In a transfer list it is refused with a
  // DataCloneError, as HTML says.
  TransferItem(SharedArrayBuffer* shared) noexcept : shared_(shared) {}

  // Exactly one is not null, unless the item was made from a null pointer (which is refused).
  ArrayBuffer* buffer() const noexcept { return buffer_; }
  Transferable* object() const noexcept { return object_; }
  SharedArrayBuffer* shared() const noexcept { return shared_; }

 private:
  ArrayBuffer* buffer_ = nullptr;
  Transferable* object_ = nullptr;
  SharedArrayBuffer* shared_ = nullptr;
};

// StructuredSerializeOptions
//
// Options of everything that clones or posts a value.
// Spec: HTML, dictionary StructuredSerializeOptions.
struct StructuredSerializeOptions {
  // What the call detaches and the receiver gets. If the call fails, nothing is detached.
  std::vector<TransferItem> transfer = {};
};

}  // namespace sabre

#endif  // SABRE_CLONE_TRANSFERABLE_H_
