// sabre/clone/marks.h: objects that must not leave, or must not be copied.
#ifndef SABRE_CLONE_MARKS_H_
#define SABRE_CLONE_MARKS_H_

#include "sabre/clone/transferable.h"
#include "sabre/memory/array_buffer.h"

namespace sabre {

// MarkAsUntransferable(), IsMarkedAsUntransferable()
//
// From now on a transfer list with the object is refused with a DataCloneError; nothing is detached then. For
// who gives others a look at what he goes on using: the buffer of a pool, say. The mark cannot be taken
// back. It belongs to the object: all handles of a buffer have it, and one that is moved takes it
// along; a clone has none. In the value a buffer is copied as before.
//
// Thread-safety: as the object.
// Spec: Node's worker_threads.markAsUntransferable and isMarkedAsUntransferable.
inline void MarkAsUntransferable(ArrayBuffer& buffer) noexcept { buffer.MarkAsUntransferable(); }
inline void MarkAsUntransferable(Transferable& object) noexcept {
  object.marks().untransferable = true;
}
inline bool IsMarkedAsUntransferable(const ArrayBuffer& buffer) noexcept {
  return buffer.marked_as_untransferable();
}
inline bool IsMarkedAsUntransferable(const Transferable& object) noexcept {
  return object.marks().untransferable;
}

// MarkAsUncloneable()
//
// From now on a value with the object is refused with a DataCloneError, unless the transfer list names it: it
// can move and not be copied. For types that have CloneOut, such as FileDescriptor. There is no such mark
// for buffers, as in Node.
//
// Thread-safety: as the object.
// Spec: Node's worker_threads.markAsUncloneable.
inline void MarkAsUncloneable(Transferable& object) noexcept { object.marks().uncloneable = true; }
inline bool IsMarkedAsUncloneable(const Transferable& object) noexcept {
  return object.marks().uncloneable;
}

}  // namespace sabre

#endif  // SABRE_CLONE_MARKS_H_
