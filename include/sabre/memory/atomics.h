// sabre/memory/atomics.h: ordered access to the elements of typed arrays.
//
// Every operation is sequentially consistent and works on the eight integer element types, over
// shared and unshared buffers alike. Indices count elements. Each comes in three forms:
//
//   Add(cells, index, value)        checks the index and aborts if it is not below cells.size()
//   TryAdd(cells, index, value)     returns kOutOfRange (RangeError) instead
//   UnsafeAdd(cells, index, value)  does not check: one instruction
//
// Memory ordering (all operations): they take part in one total order with all others of this file in
//   all threads. If an operation reads what another wrote, everything before the other in its thread
//   happens before it.
// Blocking: none but Wait. Thread-safety: any thread, over a SharedArrayBuffer; the buffer's thread,
//   over an ArrayBuffer.
// Spec: ECMA-262 The Atomics Object (https://tc39.es/ecma262/#sec-atomics-object).
#ifndef SABRE_MEMORY_ATOMICS_H_
#define SABRE_MEMORY_ATOMICS_H_

#include <cstddef>
#include <type_traits>

#include "absl/status/statusor.h"
#include "sabre/memory/cell_access.h"
#include "sabre/memory/check.h"
#include "sabre/memory/element.h"
#include "sabre/memory/typed_array.h"
#include "sabre/memory/wait.h"  // Wait and Notify: the other half of this face

namespace sabre::atomics {

// Whether operations on elements of `size` bytes are done without a lock: here, whether it is 1, 2, 4
// or 8. Spec: Atomics.isLockFree.
constexpr bool IsLockFree(std::size_t size) noexcept {
  return size == 1 || size == 2 || size == 4 || size == 8;
}

// Reads an element. Spec: Atomics.load.
template <AtomicElement T>
T UnsafeLoad(const TypedArray<T>& cells, std::size_t index) noexcept {
  return internal::CellAccess<T>::Load(cells.UnsafeAddress(index));
}
template <AtomicElement T>
T Load(const TypedArray<T>& cells, std::size_t index) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeLoad(cells, index);
}
template <AtomicElement T>
absl::StatusOr<T> TryLoad(const TypedArray<T>& cells, std::size_t index) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeLoad(cells, index);
}

// Writes an element and returns `value`. Spec: Atomics.store.
template <AtomicElement T>
T UnsafeStore(const TypedArray<T>& cells, std::size_t index,
              std::type_identity_t<T> value) noexcept {
  internal::CellAccess<T>::Store(cells.UnsafeAddress(index), value);
  return value;
}
template <AtomicElement T>
T Store(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeStore(cells, index, value);
}
template <AtomicElement T>
absl::StatusOr<T> TryStore(const TypedArray<T>& cells, std::size_t index,
                           std::type_identity_t<T> value) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeStore(cells, index, value);
}

// Adds `value`, wrapping around. Returns the old value. Spec: Atomics.add.
template <AtomicElement T>
T UnsafeAdd(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  return internal::CellAccess<T>::Add(cells.UnsafeAddress(index), value);
}
template <AtomicElement T>
T Add(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeAdd(cells, index, value);
}
template <AtomicElement T>
absl::StatusOr<T> TryAdd(const TypedArray<T>& cells, std::size_t index,
                         std::type_identity_t<T> value) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeAdd(cells, index, value);
}

// Subtracts `value`, wrapping around. Returns the old value. Spec: Atomics.sub.
template <AtomicElement T>
T UnsafeSub(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  return internal::CellAccess<T>::Sub(cells.UnsafeAddress(index), value);
}
template <AtomicElement T>
T Sub(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeSub(cells, index, value);
}
template <AtomicElement T>
absl::StatusOr<T> TrySub(const TypedArray<T>& cells, std::size_t index,
                         std::type_identity_t<T> value) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeSub(cells, index, value);
}

// Keeps the bits that `value` has too. Returns the old value. Spec: Atomics.and.
template <AtomicElement T>
T UnsafeAnd(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  return internal::CellAccess<T>::And(cells.UnsafeAddress(index), value);
}
template <AtomicElement T>
T And(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeAnd(cells, index, value);
}
template <AtomicElement T>
absl::StatusOr<T> TryAnd(const TypedArray<T>& cells, std::size_t index,
                         std::type_identity_t<T> value) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeAnd(cells, index, value);
}

// Sets the bits of `value`. Returns the old value. Spec: Atomics.or.
template <AtomicElement T>
T UnsafeOr(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  return internal::CellAccess<T>::Or(cells.UnsafeAddress(index), value);
}
template <AtomicElement T>
T Or(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeOr(cells, index, value);
}
template <AtomicElement T>
absl::StatusOr<T> TryOr(const TypedArray<T>& cells, std::size_t index,
                        std::type_identity_t<T> value) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeOr(cells, index, value);
}

// Flips the bits of `value`. Returns the old value. Spec: Atomics.xor.
template <AtomicElement T>
T UnsafeXor(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  return internal::CellAccess<T>::Xor(cells.UnsafeAddress(index), value);
}
template <AtomicElement T>
T Xor(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeXor(cells, index, value);
}
template <AtomicElement T>
absl::StatusOr<T> TryXor(const TypedArray<T>& cells, std::size_t index,
                         std::type_identity_t<T> value) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeXor(cells, index, value);
}

// Replaces the element by `value`. Returns the old value. Spec: Atomics.exchange.
template <AtomicElement T>
T UnsafeExchange(const TypedArray<T>& cells, std::size_t index,
                 std::type_identity_t<T> value) noexcept {
  return internal::CellAccess<T>::Exchange(cells.UnsafeAddress(index), value);
}
template <AtomicElement T>
T Exchange(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> value) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeExchange(cells, index, value);
}
template <AtomicElement T>
absl::StatusOr<T> TryExchange(const TypedArray<T>& cells, std::size_t index,
                              std::type_identity_t<T> value) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeExchange(cells, index, value);
}

// Replaces the element by `replacement` if it is `expected`. Never fails without a reason. Returns the
// old value: the exchange took place if that equals `expected`. Spec: Atomics.compareExchange.
template <AtomicElement T>
T UnsafeCompareExchange(const TypedArray<T>& cells, std::size_t index,
                        std::type_identity_t<T> expected,
                        std::type_identity_t<T> replacement) noexcept {
  return internal::CellAccess<T>::CompareExchange(cells.UnsafeAddress(index), expected,
                                                  replacement);
}
template <AtomicElement T>
T CompareExchange(const TypedArray<T>& cells, std::size_t index, std::type_identity_t<T> expected,
                  std::type_identity_t<T> replacement) noexcept {
  internal::CheckIndex(index, cells.size());
  return UnsafeCompareExchange(cells, index, expected, replacement);
}
template <AtomicElement T>
absl::StatusOr<T> TryCompareExchange(const TypedArray<T>& cells, std::size_t index,
                                     std::type_identity_t<T> expected,
                                     std::type_identity_t<T> replacement) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeCompareExchange(cells, index, expected, replacement);
}

}  // namespace sabre::atomics

#endif  // SABRE_MEMORY_ATOMICS_H_
