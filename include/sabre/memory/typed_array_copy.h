// sabre/memory/typed_array_copy.h: the members of TypedArray that make new arrays.
#ifndef SABRE_MEMORY_TYPED_ARRAY_COPY_H_
#define SABRE_MEMORY_TYPED_ARRAY_COPY_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <ranges>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/memory/array_buffer_view.h"
#include "sabre/memory/bulk_access.h"
#include "sabre/memory/conversions.h"
#include "sabre/memory/element.h"
#include "sabre/memory/relative_range.h"
#include "sabre/memory/scratch.h"
#include "sabre/memory/typed_array_change.h"
#include "sabre/memory/typed_array_search.h"

namespace sabre::internal {

// TypedArrayCopy
//
// A base of TypedArray<T>. Indices count elements, negative ones from the end. Elements are read as
// Get does, unordered. New arrays are over new ArrayBuffers of their own, also if this one is
// shared.
// Errors of all members that are not static: kFailedPrecondition (TypeError) if the view is out of
//   bounds, in particular if its buffer is detached. Of all that make new buffers:
//   kResourceExhausted if there is no memory for it.
template <class T>
class TypedArrayCopy {
 public:
  // A new array of `length` zeroes. Errors: as ArrayBuffer::Create.
  static absl::StatusOr<TypedArray<T>> Create(std::size_t length) {
    if (absl::Status s = CheckNewLength(TypedArray<T>::kKind, length); !s.ok()) return s;
    absl::StatusOr<ArrayBuffer> buffer = ArrayBuffer::Create(length * sizeof(T));
    if (!buffer.ok()) return std::move(buffer).status();
    return TypedArray<T>::Over(*std::move(buffer), 0, length);
  }

  // A new array of these numbers, converted as if each were stored.
  // Spec: %TypedArray%.from, %TypedArray%.of.
  template <NumbersFor<T> R>
  static absl::StatusOr<TypedArray<T>> From(R&& numbers) {
    absl::StatusOr<TypedArray<T>> copy =
        TypedArray<T>::Create(static_cast<std::size_t>(std::ranges::size(numbers)));
    if (!copy.ok()) return copy;
    if (absl::Status s = copy->Set(std::forward<R>(numbers)); !s.ok()) return s;
    return copy;
  }
  static absl::StatusOr<TypedArray<T>> From(std::initializer_list<ElementArgument<T>> numbers) {
    absl::StatusOr<TypedArray<T>> copy = TypedArray<T>::Create(numbers.size());
    if (!copy.ok()) return copy;
    std::size_t index = 0;
    for (const ElementArgument<T>& number : numbers) copy->UnsafeSet(index++, number);
    return copy;
  }
  // A new array of the elements of another. BigInt and Number arrays do not mix: that does not
  // compile.
  // Errors: kFailedPrecondition if `source` is out of bounds.
  // Spec: InitializeTypedArrayFromTypedArray.
  template <SameContentAs<T> U>
  static absl::StatusOr<TypedArray<T>> From(const TypedArray<U>& source) {
    if (absl::Status s = source.CheckInBounds(); !s.ok()) return s;
    absl::StatusOr<TypedArray<T>> copy = TypedArray<T>::Create(source.size());
    if (!copy.ok()) return copy;
    if (absl::Status s = copy->Set(source); !s.ok()) return s;
    return copy;
  }

  // A new array of the elements from `start` to before `end` (without one: all that follow); both
  // are clamped. Spec: %TypedArray%.prototype.slice.
  absl::StatusOr<TypedArray<T>> Slice(std::int64_t start = 0,
                                      std::optional<std::int64_t> end = std::nullopt) const {
    if (absl::Status s = self().CheckInBounds(); !s.ok()) return s;
    const Range range = ClampRelative(start, end, self().size());
    absl::StatusOr<TypedArray<T>> copy = TypedArray<T>::Create(range.size());
    if (copy.ok() && range.size() > 0) {
      MoveBytes(copy->UnsafeAddress(0), self().UnsafeAddress(range.begin),
                range.size() * sizeof(T));
    }
    return copy;
  }

  // A view of the same bytes, of the elements from `start` to before `end`; both are clamped.
  // Without an end: of all that follow; then the view of a length-tracking view is length-tracking
  // too.
  // Errors: not the above, but those of Over: a view that is out of bounds counts as empty, so only
  //   a detached buffer is an error for sure.
  // Spec: %TypedArray%.prototype.subarray.
  absl::StatusOr<TypedArray<T>> Subarray(std::int64_t start = 0,
                                         std::optional<std::int64_t> end = std::nullopt) const {
    const Range range = ClampRelative(start, end, self().size());
    const std::size_t byte_offset = self().initial_byte_offset() + range.begin * sizeof(T);
    if (self().length_tracking() && !end.has_value()) {
      return TypedArray<T>::Over(self().buffer(), byte_offset);
    }
    return TypedArray<T>::Over(self().buffer(), byte_offset, range.size());
  }

  // A new array in which element `index` is `value`.
  // Errors: kOutOfRange (RangeError) if there is no such element. Spec:
  //   %TypedArray%.prototype.with.
  absl::StatusOr<TypedArray<T>> With(std::int64_t index, ElementArgument<T> value) const {
    const absl::StatusOr<std::optional<std::size_t>> position = self().PositionOf(index);
    if (!position.ok()) return position.status();
    if (!position->has_value()) return NoSuchElement(TypedArray<T>::kKind, index, self().size());
    absl::StatusOr<TypedArray<T>> copy = Slice();
    if (copy.ok()) copy->UnsafeSet(**position, value);
    return copy;
  }

  // A new array of the same elements, sorted as Sort does, or in reverse order.
  // Spec: %TypedArray%.prototype.toSorted, toReversed.
  absl::StatusOr<TypedArray<T>> ToSorted() const {
    absl::StatusOr<TypedArray<T>> copy = Slice();
    if (!copy.ok()) return copy;
    if (absl::Status s = copy->Sort(); !s.ok()) return s;
    return copy;
  }
  template <std::invocable<T, T> Order>
  absl::StatusOr<TypedArray<T>> ToSorted(Order order) const {
    absl::StatusOr<TypedArray<T>> copy = Slice();
    if (!copy.ok()) return copy;
    if (absl::Status s = copy->Sort(std::move(order)); !s.ok()) return s;
    return copy;
  }
  absl::StatusOr<TypedArray<T>> ToReversed() const {
    absl::StatusOr<TypedArray<T>> copy = Slice();
    if (!copy.ok()) return copy;
    if (absl::Status s = copy->Reverse(); !s.ok()) return s;
    return copy;
  }

  // A new array, as long as this one, of what f(element, index), or f(element), makes of the
  // elements. Those that f has made disappear meanwhile are 0. Spec: %TypedArray%.prototype.map.
  template <class F>
  absl::StatusOr<TypedArray<T>> Map(F f) const {
    if (absl::Status s = self().CheckInBounds(); !s.ok()) return s;
    absl::StatusOr<TypedArray<T>> mapped = TypedArray<T>::Create(self().size());
    if (!mapped.ok()) return mapped;
    const absl::Status s = self().ForEach([&](T element, std::size_t index) {
      const ElementArgument<T> value(CallWithElement(f, element, index));
      mapped->UnsafeSet(index, value);
    });
    if (!s.ok()) return s;
    return mapped;
  }

  // A new array of the elements for which `predicate` is true. Spec: %TypedArray%.prototype.filter.
  template <class F>
  absl::StatusOr<TypedArray<T>> Filter(F predicate) const {
    if (absl::Status s = self().CheckInBounds(); !s.ok()) return s;
    absl::StatusOr<std::unique_ptr<T[]>> kept = NewScratch<T>(self().size());
    if (!kept.ok()) return std::move(kept).status();
    std::size_t count = 0;
    const absl::Status s = self().ForEach([&](T element, std::size_t index) {
      if (CallWithElement(predicate, element, index)) (*kept)[count++] = element;
    });
    if (!s.ok()) return s;
    return From(std::span<const T>(kept->get(), count));
  }

 private:
  const TypedArray<T>& self() const noexcept { return static_cast<const TypedArray<T>&>(*this); }
};

}  // namespace sabre::internal

#endif  // SABRE_MEMORY_TYPED_ARRAY_COPY_H_
