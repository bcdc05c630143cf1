// sabre/memory/typed_array_change.h: the members of TypedArray that write many elements.
#ifndef SABRE_MEMORY_TYPED_ARRAY_CHANGE_H_
#define SABRE_MEMORY_TYPED_ARRAY_CHANGE_H_

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/memory/array_buffer_view.h"
#include "sabre/memory/bulk_access.h"
#include "sabre/memory/cell_access.h"
#include "sabre/memory/conversions.h"
#include "sabre/memory/element.h"
#include "sabre/memory/element_order.h"
#include "sabre/memory/relative_range.h"
#include "sabre/memory/scratch.h"

namespace sabre {

template <Element T>
class TypedArray;

namespace internal {

template <class R>
inline constexpr bool kIsTypedArray = false;
template <class T>
inline constexpr bool kIsTypedArray<TypedArray<T>> = true;

// Ranges of numbers whose count is known and that can become elements of type T.
template <class R, class T>
concept NumbersFor = std::ranges::input_range<R> && std::ranges::sized_range<R> &&
                     !kIsTypedArray<std::remove_cvref_t<R>> &&
                     std::constructible_from<ElementArgument<T>, std::ranges::range_value_t<R>>;

// TypedArrayChange
//
// A base of TypedArray<T>. Indices and lengths count elements. Over a SharedArrayBuffer every
// element is written whole, unordered; what other threads write meanwhile is kept or overwritten,
// element for element.
// Errors of all members, in this order: kFailedPrecondition (TypeError) if the buffer is immutable;
//   kFailedPrecondition if the view is out of bounds, in particular if its buffer is detached.
//   Nothing has been written then.
template <class T>
class TypedArrayChange {
 public:
  // Copies all elements of `source` to `target_offset` and after it, converted as if each were
  // stored. The two may overlap: the elements are those from before the call. BigInt and Number
  // arrays do not mix: that does not compile. Elements of the same type keep their bits.
  // Errors: kFailedPrecondition if `source` is out of bounds; kOutOfRange (RangeError) if they do
  //   not fit; kResourceExhausted if a private copy is needed (of elements of another type of the
  //   same buffer) and there is no memory.
  // Spec: %TypedArray%.prototype.set, SetTypedArrayFromTypedArray.
  template <SameContentAs<T> U>
  absl::Status Set(const TypedArray<U>& source, std::size_t target_offset = 0) const {
    if (absl::Status s = self().CheckChangeable(); !s.ok()) return s;
    if (absl::Status s = source.CheckInBounds(); !s.ok()) return s;
    const std::size_t count = source.size();
    if (absl::Status s = CheckFits(count, target_offset); !s.ok()) return s;
    if (count == 0) return absl::OkStatus();
    std::byte* const from = source.UnsafeAddress(0);
    if constexpr (std::same_as<T, U>) {
      MoveBytes(self().UnsafeAddress(target_offset), from, count * sizeof(T));
    } else if (source.buffer().block() != self().buffer().block()) {
      for (std::size_t i = 0; i < count; ++i) Put(target_offset + i, source.UnsafeGet(i));
    } else {
      absl::StatusOr<std::unique_ptr<U[]>> copy = NewScratch<U>(count);
      if (!copy.ok()) return std::move(copy).status();
      MoveBytes(reinterpret_cast<std::byte*>(copy->get()), from, count * sizeof(U));
      for (std::size_t i = 0; i < count; ++i) Put(target_offset + i, (*copy)[i]);
    }
    return absl::OkStatus();
  }

  // Copies a range of numbers: a span, a vector, a sized view. It is no part of this buffer.
  // Errors: kOutOfRange (RangeError) if they do not fit.
  // Spec: %TypedArray%.prototype.set, SetTypedArrayFromArrayLike.
  template <NumbersFor<T> R>
  absl::Status Set(R&& numbers, std::size_t target_offset = 0) const {
    if (absl::Status s = self().CheckChangeable(); !s.ok()) return s;
    const auto count = static_cast<std::size_t>(std::ranges::size(numbers));
    if (absl::Status s = CheckFits(count, target_offset); !s.ok()) return s;
    std::size_t i = target_offset;
    for (auto&& number : numbers) {
      // By way of its own type: it may be the reference of a std::vector<bool>.
      const ElementArgument<T> element(static_cast<std::ranges::range_value_t<R>>(number));
      // What computes the numbers may have shrunk the buffer.
      if (i < self().size()) self().UnsafeSet(i, element);
      ++i;
    }
    return absl::OkStatus();
  }

  // Copies the elements from `start` to before `end` (without one: all that follow) to `target` and
  // after it, as far as there is room. The ranges may overlap. Negative positions count from the
  // end; all are clamped. Spec: %TypedArray%.prototype.copyWithin.
  absl::Status CopyWithin(std::int64_t target, std::int64_t start,
                          std::optional<std::int64_t> end = std::nullopt) const {
    if (absl::Status s = self().CheckChangeable(); !s.ok()) return s;
    const std::size_t size = self().size();
    const std::size_t to = ClampRelative(target, size);
    const Range from = ClampRelative(start, end, size);
    const std::size_t count = std::min(from.size(), size - to);
    if (count > 0) {
      MoveBytes(self().UnsafeAddress(to), self().UnsafeAddress(from.begin), count * sizeof(T));
    }
    return absl::OkStatus();
  }

  // Sets the elements from `start` to before `end` to `value`. Positions as in CopyWithin.
  // Spec: %TypedArray%.prototype.fill.
  absl::Status Fill(ElementArgument<T> value, std::int64_t start = 0,
                    std::optional<std::int64_t> end = std::nullopt) const {
    if (absl::Status s = self().CheckChangeable(); !s.ok()) return s;
    const Range range = ClampRelative(start, end, self().size());
    if (range.size() > 0) {
      FillCells(self().UnsafeAddress(range.begin), CellAccess<T>::ToBits(value.value()), sizeof(T),
                range.size());
    }
    return absl::OkStatus();
  }

  // Turns the order of the elements round. Spec: %TypedArray%.prototype.reverse.
  absl::Status Reverse() const {
    if (absl::Status s = self().CheckChangeable(); !s.ok()) return s;
    const std::size_t count = self().size();
    for (std::size_t i = 0; i < count / 2; ++i) {
      const T lower = self().UnsafeGet(i);
      Put(i, self().UnsafeGet(count - 1 - i));
      Put(count - 1 - i, lower);
    }
    return absl::OkStatus();
  }

  // Sorts the elements by value, -0 before +0, NaN last. Over a SharedArrayBuffer they are copied,
  // sorted, and written back. Errors: kResourceExhausted if there is no memory for the copy.
  // Spec: %TypedArray%.prototype.sort.
  absl::Status Sort() const {
    if (absl::Status s = self().CheckChangeable(); !s.ok()) return s;
    if (!self().shared()) {
      // Nobody else can see the bytes, so they need no copy.
      const auto elements = self().Span();
      std::sort(elements.begin(), elements.end(), &ElementLess<T>);
      return absl::OkStatus();
    }
    const std::size_t count = self().size();
    absl::StatusOr<std::unique_ptr<T[]>> copy = NewScratch<T>(count);
    if (!copy.ok()) return std::move(copy).status();
    ReadAll(copy->get(), count);
    std::sort(copy->get(), copy->get() + count, &ElementLess<T>);
    WriteBack(copy->get(), count);
    return absl::OkStatus();
  }

  // Sorts the elements by order(a, b): true if a comes first, as for std::sort; or a number that is
  // negative if a comes first and positive if b does, as in JavaScript. Stable. `order` may
  // contradict itself, and may do what it likes to the array and its buffer: what it did is
  // overwritten, as far as there is still room.
  // Errors: kResourceExhausted if there is no memory for two copies.
  // Spec: %TypedArray%.prototype.sort with a comparator.
  template <std::invocable<T, T> Order>
  absl::Status Sort(Order order) const {
    if (absl::Status s = self().CheckChangeable(); !s.ok()) return s;
    const std::size_t count = self().size();
    absl::StatusOr<std::unique_ptr<T[]>> copy = NewScratch<T>(count);
    if (!copy.ok()) return std::move(copy).status();
    absl::StatusOr<std::unique_ptr<T[]>> spare = NewScratch<T>(count);
    if (!spare.ok()) return std::move(spare).status();
    ReadAll(copy->get(), count);
    const T* const sorted = MergeSort(copy->get(), spare->get(), count, order);
    WriteBack(sorted, std::min(count, self().size()));
    return absl::OkStatus();
  }

 private:
  const TypedArray<T>& self() const noexcept { return static_cast<const TypedArray<T>&>(*this); }

  template <class U>
  void Put(std::size_t index, U element) const noexcept {
    CellAccess<T>::Set(self().UnsafeAddress(index), ConvertElement<T>(element));
  }

  absl::Status CheckFits(std::size_t count, std::size_t target_offset) const {
    const std::size_t size = self().size();
    if (target_offset <= size && count <= size - target_offset) return absl::OkStatus();
    return SourceTooLong(TypedArray<T>::kKind, count, target_offset, size);
  }

  void ReadAll(T* to, std::size_t count) const noexcept {
    if (count == 0) return;  // an empty view may have no address
    MoveBytes(reinterpret_cast<std::byte*>(to), self().UnsafeAddress(0), count * sizeof(T));
  }
  void WriteBack(const T* from, std::size_t count) const noexcept {
    if (count == 0) return;
    MoveBytes(self().UnsafeAddress(0), reinterpret_cast<const std::byte*>(from), count * sizeof(T));
  }
};

}  // namespace internal
}  // namespace sabre

#endif  // SABRE_MEMORY_TYPED_ARRAY_CHANGE_H_
