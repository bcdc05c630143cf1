// sabre/memory/typed_array_search.h: the members of TypedArray that look at elements.
#ifndef SABRE_MEMORY_TYPED_ARRAY_SEARCH_H_
#define SABRE_MEMORY_TYPED_ARRAY_SEARCH_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/memory/element.h"
#include "sabre/memory/relative_range.h"
#include "sabre/memory/sought_element.h"

namespace sabre {

template <Element T>
class TypedArray;

namespace internal {

// Calls f(value, index), or f(value) if it takes no index.
template <class F, class T, class... Before>
decltype(auto) CallWithElement(F& f, T value, std::size_t index, Before&&... before) {
  if constexpr (std::invocable<F&, Before..., T, std::size_t>) {
    return std::invoke(f, std::forward<Before>(before)..., value, index);
  } else {
    return std::invoke(f, std::forward<Before>(before)..., value);
  }
}

// TypedArraySearch
//
// A base of TypedArray<T>. Indices count elements. Elements are read as Get does, one after the
// other, unordered; those that other threads add meanwhile by growing the buffer are not looked at.
//
// Functions of the caller get f(value, index) or f(value). They may do what they like to the array
// and its buffer; what is no longer there when its turn comes is skipped.
// Errors of all members: kFailedPrecondition (TypeError) if the view is out of bounds, in
//   particular if its buffer is detached.
template <class T>
class TypedArraySearch {
 public:
  // The element at `index`, from the end if that is negative; none if there is no such element.
  // Spec: %TypedArray%.prototype.at.
  absl::StatusOr<std::optional<T>> At(std::int64_t index) const {
    const absl::StatusOr<std::optional<std::size_t>> position = PositionOf(index);
    if (!position.ok()) return position.status();
    return position->has_value() ? std::optional(self().UnsafeGet(**position)) : std::nullopt;
  }
  // Its index from the beginning.
  absl::StatusOr<std::optional<std::size_t>> PositionOf(std::int64_t index) const {
    if (absl::Status s = self().CheckInBounds(); !s.ok()) return s;
    const std::size_t count = self().size();
    const auto position = static_cast<std::uint64_t>(index) + (index < 0 ? count : 0);
    // A negative one that is too far from the end has wrapped around.
    return position < count ? std::optional(static_cast<std::size_t>(position)) : std::nullopt;
  }

  // The first index, from `from_index` on, whose element equals `sought`; none if there is none.
  // NaN equals nothing, the zeroes are equal. Negative positions count from the end.
  // Spec: %TypedArray%.prototype.indexOf.
  absl::StatusOr<std::optional<std::size_t>> IndexOf(SoughtElement<T> sought,
                                                     std::int64_t from_index = 0) const {
    return IndexIn(First(from_index, [&](T element) { return sought.Equals(element); }));
  }
  // The last such index, from `from_index` backwards. Spec: %TypedArray%.prototype.lastIndexOf.
  absl::StatusOr<std::optional<std::size_t>> LastIndexOf(SoughtElement<T> sought,
                                                         std::int64_t from_index = -1) const {
    return IndexIn(Last(from_index, [&](T element) { return sought.Equals(element); }));
  }

  // Whether an element from `from_index` on is `sought`. NaN is found, the zeroes are the same.
  // Spec: %TypedArray%.prototype.includes.
  absl::StatusOr<bool> Includes(SoughtElement<T> sought, std::int64_t from_index = 0) const {
    return IsIn(First(from_index, [&](T element) { return sought.SameValueZero(element); }));
  }

  // The first or the last element for which `predicate` is true, or its index; none if there is
  // none.
  // Spec: %TypedArray%.prototype.find, findIndex, findLast, findLastIndex.
  template <class F>
  absl::StatusOr<std::optional<T>> Find(F predicate) const {
    return ElementIn(First(0, predicate));
  }
  template <class F>
  absl::StatusOr<std::optional<std::size_t>> FindIndex(F predicate) const {
    return IndexIn(First(0, predicate));
  }
  template <class F>
  absl::StatusOr<std::optional<T>> FindLast(F predicate) const {
    return ElementIn(Last(-1, predicate));
  }
  template <class F>
  absl::StatusOr<std::optional<std::size_t>> FindLastIndex(F predicate) const {
    return IndexIn(Last(-1, predicate));
  }

  // Whether `predicate` is true for all elements, for any. It is not asked again once that is
  // known.
  // Spec: %TypedArray%.prototype.every, some.
  template <class F>
  absl::StatusOr<bool> Every(F predicate) const {
    absl::StatusOr<bool> fails = IsIn(First(0, [&](T element, std::size_t index) {
      return !CallWithElement(predicate, element, index);
    }));
    if (fails.ok()) *fails = !*fails;
    return fails;
  }
  template <class F>
  absl::StatusOr<bool> Some(F predicate) const {
    return IsIn(First(0, predicate));
  }

  // Calls f for each element. Spec: %TypedArray%.prototype.forEach.
  template <class F>
  absl::Status ForEach(F f) const {
    return First(0,
                 [&](T element, std::size_t index) {
                   CallWithElement(f, element, index);
                   return false;
                 })
        .status();
  }

  // What becomes of `value` when it is replaced by f(value, element, index), or f(value, element),
  // for each element; from the end, for ReduceRight. Spec: %TypedArray%.prototype.reduce,
  // reduceRight.
  template <class V, class F>
  absl::StatusOr<V> Reduce(V value, F f) const {
    const absl::Status s = ForEach([&](T element, std::size_t index) {
      value = CallWithElement(f, element, index, std::move(value));
    });
    if (!s.ok()) return s;
    return value;
  }
  template <class V, class F>
  absl::StatusOr<V> ReduceRight(V value, F f) const {
    const absl::StatusOr<std::optional<Found>> none = Last(-1, [&](T element, std::size_t index) {
      value = CallWithElement(f, element, index, std::move(value));
      return false;
    });
    if (!none.ok()) return none.status();
    return value;
  }

 private:
  struct Found {
    std::size_t index;
    T element;
  };

  const TypedArray<T>& self() const noexcept { return static_cast<const TypedArray<T>&>(*this); }

  // The first element that matches, from `from_index` on.
  template <class F>
  absl::StatusOr<std::optional<Found>> First(std::int64_t from_index, F&& matches) const {
    if (absl::Status s = self().CheckInBounds(); !s.ok()) return s;
    const std::size_t count = self().size();
    // The length is asked for again: `matches` may have changed it.
    for (std::size_t i = ClampRelative(from_index, count); i < count && i < self().size(); ++i) {
      const T element = self().UnsafeGet(i);
      if (CallWithElement(matches, element, i)) return Found{i, element};
    }
    return std::nullopt;
  }

  // The same from there to the beginning.
  template <class F>
  absl::StatusOr<std::optional<Found>> Last(std::int64_t from_index, F&& matches) const {
    if (absl::Status s = self().CheckInBounds(); !s.ok()) return s;
    const std::size_t count = self().size();
    const bool all = from_index == -1 || from_index == INT64_MAX;
    for (std::size_t i = all ? count : ClampRelative(from_index + 1, count); i-- > 0;) {
      if (i >= self().size()) continue;
      const T element = self().UnsafeGet(i);
      if (CallWithElement(matches, element, i)) return Found{i, element};
    }
    return std::nullopt;
  }

  using Search = absl::StatusOr<std::optional<Found>>;
  static absl::StatusOr<std::optional<std::size_t>> IndexIn(const Search& search) {
    if (!search.ok()) return search.status();
    return search->has_value() ? std::optional((*search)->index) : std::nullopt;
  }
  static absl::StatusOr<std::optional<T>> ElementIn(const Search& search) {
    if (!search.ok()) return search.status();
    return search->has_value() ? std::optional((*search)->element) : std::nullopt;
  }
  static absl::StatusOr<bool> IsIn(const Search& search) {
    if (!search.ok()) return search.status();
    return search->has_value();
  }
};

}  // namespace internal
}  // namespace sabre

#endif  // SABRE_MEMORY_TYPED_ARRAY_SEARCH_H_
