// sabre/memory/atomics.h: ordered access to the elements of typed arrays.
//
// The operations work on the eight integer element types, over shared and unshared buffers alike; any
// other element type does not compile. Indices count elements. Each comes in three forms:
//
//   Add(cells, index, value)        checks the index and aborts if it is not below cells.size()
//   TryAdd(cells, index, value)     returns a status instead
//   UnsafeAdd(cells, index, value)  does not check: one instruction
//
// Values are converted to the element type as ToElement does: modulo its size.
//
// Errors: kFailedPrecondition (TypeError) for a view that is out of bounds or, of the operations that
//   write, over an immutable buffer; kOutOfRange (RangeError) for an index that is not below cells.size().
// Memory ordering: without an order, the operations are sequentially consistent: they take part in one
//   total order with all others of this file in all threads, and if one reads what another wrote,
//   everything before the other in its thread happens before it. Beyond the web, by explicit name,
//   Add<kRelaxed>(…) and the like have the weaker orders of C++'s std::memory_order.
// Blocking: none but Wait. Thread-safety: any thread, over a SharedArrayBuffer; the buffer's thread,
//   over an ArrayBuffer.
// Spec: ECMA-262 The Atomics Object (https://tc39.es/ecma262/#sec-atomics-object).
#ifndef SABRE_MEMORY_ATOMICS_H_
#define SABRE_MEMORY_ATOMICS_H_

#include <concepts>
#include <cstddef>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/memory/cell_access.h"
#include "sabre/memory/conversions.h"
#include "sabre/memory/element.h"
#include "sabre/memory/memory_order.h"
#include "sabre/memory/typed_array.h"
#include "sabre/memory/wait.h"  // Wait and Notify: the other half of this face
#include "sabre/sync/cpu.h"

namespace sabre::atomics {

// Whether operations on elements of `size` bytes are done without a lock: here, whether it is 1, 2, 4
// or 8. Spec: Atomics.isLockFree.
constexpr bool IsLockFree(std::size_t size) noexcept {
  return size == 1 || size == 2 || size == 4 || size == 8;
}

// Tells the processor that this is a loop that waits for another thread. Never a system call.
// Spec: Atomics.pause.
inline void Pause() noexcept { internal::CpuRelax(); }

// Reads an element. Spec: Atomics.load.
template <Order kOrder = kSeqCst, AtomicElement T>
T UnsafeLoad(const TypedArray<T>& cells, std::size_t index) noexcept {
  static_assert(IsLoadOrder(kOrder), "a load has no release half");
  return internal::CellAccess<T>::template Load<BuiltIn(kOrder)>(cells.UnsafeAddress(index));
}
template <Order kOrder = kSeqCst, AtomicElement T>
T Load(const TypedArray<T>& cells, std::size_t index) noexcept {
  cells.CheckIndex(index);
  return UnsafeLoad<kOrder>(cells, index);
}
template <Order kOrder = kSeqCst, AtomicElement T>
absl::StatusOr<T> TryLoad(const TypedArray<T>& cells, std::size_t index) {
  if (index >= cells.size()) return cells.IndexError(index);
  return UnsafeLoad<kOrder>(cells, index);
}

// Writes an element and returns the integer part of `value`, not what of it has landed:
// Store(uint8_cells, 0, 257.7) writes 1 and returns 257. Spec: Atomics.store.
template <Order kOrder = kSeqCst, AtomicElement T, StorableIn<T> N>
N UnsafeStore(const TypedArray<T>& cells, std::size_t index, N value) noexcept {
  static_assert(IsStoreOrder(kOrder), "a store has no acquire half");
  internal::CellAccess<T>::template Store<BuiltIn(kOrder)>(cells.UnsafeAddress(index),
                                                           ElementArgument<T>(value).value());
  if constexpr (std::integral<N>) {
    return value;
  } else {
    return static_cast<N>(ToIntegerOrInfinity(value));
  }
}
template <Order kOrder = kSeqCst, AtomicElement T, StorableIn<T> N>
N Store(const TypedArray<T>& cells, std::size_t index, N value) noexcept {
  cells.CheckWrite(index);
  return UnsafeStore<kOrder>(cells, index, value);
}
template <Order kOrder = kSeqCst, AtomicElement T, StorableIn<T> N>
absl::StatusOr<N> TryStore(const TypedArray<T>& cells, std::size_t index, N value) {
  if (absl::Status may = cells.TryCheckWrite(index); !may.ok()) return may;
  return UnsafeStore<kOrder>(cells, index, value);
}

// Adds `value`, wrapping around. Returns the old value. Spec: Atomics.add.
template <Order kOrder = kSeqCst, AtomicElement T>
T UnsafeAdd(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  return internal::CellAccess<T>::template Add<BuiltIn(kOrder)>(cells.UnsafeAddress(index),
                                                                value.value());
}
template <Order kOrder = kSeqCst, AtomicElement T>
T Add(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  cells.CheckWrite(index);
  return UnsafeAdd<kOrder>(cells, index, value);
}
template <Order kOrder = kSeqCst, AtomicElement T>
absl::StatusOr<T> TryAdd(const TypedArray<T>& cells, std::size_t index, Operand<T> value) {
  if (absl::Status may = cells.TryCheckWrite(index); !may.ok()) return may;
  return UnsafeAdd<kOrder>(cells, index, value);
}

// Subtracts `value`, wrapping around. Returns the old value. Spec: Atomics.sub.
template <Order kOrder = kSeqCst, AtomicElement T>
T UnsafeSub(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  return internal::CellAccess<T>::template Sub<BuiltIn(kOrder)>(cells.UnsafeAddress(index),
                                                                value.value());
}
template <Order kOrder = kSeqCst, AtomicElement T>
T Sub(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  cells.CheckWrite(index);
  return UnsafeSub<kOrder>(cells, index, value);
}
template <Order kOrder = kSeqCst, AtomicElement T>
absl::StatusOr<T> TrySub(const TypedArray<T>& cells, std::size_t index, Operand<T> value) {
  if (absl::Status may = cells.TryCheckWrite(index); !may.ok()) return may;
  return UnsafeSub<kOrder>(cells, index, value);
}

// Keeps the bits that `value` has too. Returns the old value. Spec: Atomics.and.
template <Order kOrder = kSeqCst, AtomicElement T>
T UnsafeAnd(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  return internal::CellAccess<T>::template And<BuiltIn(kOrder)>(cells.UnsafeAddress(index),
                                                                value.value());
}
template <Order kOrder = kSeqCst, AtomicElement T>
T And(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  cells.CheckWrite(index);
  return UnsafeAnd<kOrder>(cells, index, value);
}
template <Order kOrder = kSeqCst, AtomicElement T>
absl::StatusOr<T> TryAnd(const TypedArray<T>& cells, std::size_t index, Operand<T> value) {
  if (absl::Status may = cells.TryCheckWrite(index); !may.ok()) return may;
  return UnsafeAnd<kOrder>(cells, index, value);
}

// Sets the bits of `value`. Returns the old value. Spec: Atomics.or.
template <Order kOrder = kSeqCst, AtomicElement T>
T UnsafeOr(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  return internal::CellAccess<T>::template Or<BuiltIn(kOrder)>(cells.UnsafeAddress(index),
                                                               value.value());
}
template <Order kOrder = kSeqCst, AtomicElement T>
T Or(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  cells.CheckWrite(index);
  return UnsafeOr<kOrder>(cells, index, value);
}
template <Order kOrder = kSeqCst, AtomicElement T>
absl::StatusOr<T> TryOr(const TypedArray<T>& cells, std::size_t index, Operand<T> value) {
  if (absl::Status may = cells.TryCheckWrite(index); !may.ok()) return may;
  return UnsafeOr<kOrder>(cells, index, value);
}

// Flips the bits of `value`. Returns the old value. Spec: Atomics.xor.
template <Order kOrder = kSeqCst, AtomicElement T>
T UnsafeXor(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  return internal::CellAccess<T>::template Xor<BuiltIn(kOrder)>(cells.UnsafeAddress(index),
                                                                value.value());
}
template <Order kOrder = kSeqCst, AtomicElement T>
T Xor(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  cells.CheckWrite(index);
  return UnsafeXor<kOrder>(cells, index, value);
}
template <Order kOrder = kSeqCst, AtomicElement T>
absl::StatusOr<T> TryXor(const TypedArray<T>& cells, std::size_t index, Operand<T> value) {
  if (absl::Status may = cells.TryCheckWrite(index); !may.ok()) return may;
  return UnsafeXor<kOrder>(cells, index, value);
}

// Replaces the element by `value`. Returns the old value. Spec: Atomics.exchange.
template <Order kOrder = kSeqCst, AtomicElement T>
T UnsafeExchange(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  return internal::CellAccess<T>::template Exchange<BuiltIn(kOrder)>(cells.UnsafeAddress(index),
                                                                     value.value());
}
template <Order kOrder = kSeqCst, AtomicElement T>
T Exchange(const TypedArray<T>& cells, std::size_t index, Operand<T> value) noexcept {
  cells.CheckWrite(index);
  return UnsafeExchange<kOrder>(cells, index, value);
}
template <Order kOrder = kSeqCst, AtomicElement T>
absl::StatusOr<T> TryExchange(const TypedArray<T>& cells, std::size_t index, Operand<T> value) {
  if (absl::Status may = cells.TryCheckWrite(index); !may.ok()) return may;
  return UnsafeExchange<kOrder>(cells, index, value);
}

// Replaces the element by `replacement` if it is `expected`, which is converted first. Never fails
// without a reason. Returns the old value: the exchange took place if that equals `expected`. A failure
// is a load, of the order that is left without its release half. Spec: Atomics.compareExchange.
template <Order kOrder = kSeqCst, AtomicElement T>
T UnsafeCompareExchange(const TypedArray<T>& cells, std::size_t index, Operand<T> expected,
                        Operand<T> replacement) noexcept {
  return internal::CellAccess<T>::template CompareExchange<BuiltIn(kOrder)>(
      cells.UnsafeAddress(index), expected.value(), replacement.value());
}
template <Order kOrder = kSeqCst, AtomicElement T>
T CompareExchange(const TypedArray<T>& cells, std::size_t index, Operand<T> expected,
                  Operand<T> replacement) noexcept {
  cells.CheckWrite(index);
  return UnsafeCompareExchange<kOrder>(cells, index, expected, replacement);
}
template <Order kOrder = kSeqCst, AtomicElement T>
absl::StatusOr<T> TryCompareExchange(const TypedArray<T>& cells, std::size_t index,
                                     Operand<T> expected, Operand<T> replacement) {
  if (absl::Status may = cells.TryCheckWrite(index); !may.ok()) return may;
  return UnsafeCompareExchange<kOrder>(cells, index, expected, replacement);
}

}  // namespace sabre::atomics

#endif  // SABRE_MEMORY_ATOMICS_H_
