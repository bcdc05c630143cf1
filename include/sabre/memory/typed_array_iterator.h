// sabre/memory/typed_array_iterator.h: typed arrays as ranges.
#ifndef SABRE_MEMORY_TYPED_ARRAY_ITERATOR_H_
#define SABRE_MEMORY_TYPED_ARRAY_ITERATOR_H_

#include <compare>
#include <cstddef>
#include <iterator>
#include <type_traits>
#include <utility>

#include "sabre/memory/conversions.h"
#include "sabre/memory/element.h"

namespace sabre {

template <Element T>
class TypedArray;

// ElementReference
//
// What an iterator of a typed array gives: reads as Get does, writes as Set does. As with any
// reference, copying it names the same element, and assigning it assigns the element.
// Thread-safety: that of Get and Set.
template <Element T>
class ElementReference {
 public:
  ElementReference(const TypedArray<T>& array, std::size_t index) noexcept
      : array_(&array), index_(index) {}
  ElementReference(const ElementReference&) noexcept = default;

  operator T() const noexcept { return array_->Get(index_); }

  const ElementReference& operator=(ElementArgument<T> value) const noexcept {
    array_->Set(index_, value);
    return *this;
  }
  const ElementReference& operator=(const ElementReference& other) const noexcept {
    return *this = ElementArgument<T>(static_cast<T>(other));
  }
  ElementReference& operator=(const ElementReference& other) noexcept {
    std::as_const(*this) = other;
    return *this;
  }

  // Swaps the elements, in four steps that other threads may see.
  friend void swap(ElementReference a, ElementReference b) noexcept {
    const T old = a;
    a = b;
    b = ElementArgument<T>(old);
  }

  // Elements of arithmetic types are compared as C++ does, the others by what they mean.
  friend bool operator==(ElementReference a, T b) noexcept requires(!std::is_arithmetic_v<T>) {
    return static_cast<T>(a) == b;
  }
  friend bool operator==(ElementReference a, ElementReference b) noexcept
      requires(!std::is_arithmetic_v<T>) {
    return a == static_cast<T>(b);
  }
  friend auto operator<=>(ElementReference a, T b) noexcept requires(!std::is_arithmetic_v<T>) {
    return static_cast<double>(static_cast<T>(a)) <=> static_cast<double>(b);
  }
  friend auto operator<=>(ElementReference a, ElementReference b) noexcept
      requires(!std::is_arithmetic_v<T>) {
    return a <=> static_cast<T>(b);
  }

 private:
  const TypedArray<T>* array_;
  std::size_t index_;
};

// TypedArrayIterator
//
// A random-access iterator, for the standard algorithms and for ranges. It is good as long as the
// view that gave it, and never leaves the view: an access beyond its length is a caller's bug and
// aborts.
template <Element T>
class TypedArrayIterator {
 public:
  using iterator_concept = std::random_access_iterator_tag;
  // By the letter of C++17 an iterator with such a reference is an input iterator only. But all the
  // algorithms that ask for random access work with it, and only if they are told.
  using iterator_category = std::random_access_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = ElementReference<T>;

  TypedArrayIterator() noexcept = default;
  TypedArrayIterator(const TypedArray<T>& array, std::size_t index) noexcept
      : array_(&array), index_(index) {}

  reference operator*() const noexcept { return {*array_, index_}; }
  reference operator[](difference_type n) const noexcept { return *(*this + n); }

  TypedArrayIterator& operator++() noexcept { return *this += 1; }
  TypedArrayIterator& operator--() noexcept { return *this -= 1; }
  TypedArrayIterator operator++(int) noexcept { return std::exchange(*this, *this + 1); }
  TypedArrayIterator operator--(int) noexcept { return std::exchange(*this, *this - 1); }
  TypedArrayIterator& operator+=(difference_type n) noexcept {
    index_ += static_cast<std::size_t>(n);
    return *this;
  }
  TypedArrayIterator& operator-=(difference_type n) noexcept { return *this += -n; }

  friend TypedArrayIterator operator+(TypedArrayIterator i, difference_type n) noexcept {
    return i += n;
  }
  friend TypedArrayIterator operator+(difference_type n, TypedArrayIterator i) noexcept {
    return i += n;
  }
  friend TypedArrayIterator operator-(TypedArrayIterator i, difference_type n) noexcept {
    return i -= n;
  }
  friend difference_type operator-(TypedArrayIterator a, TypedArrayIterator b) noexcept {
    return static_cast<difference_type>(a.index_ - b.index_);
  }
  friend bool operator==(TypedArrayIterator a, TypedArrayIterator b) noexcept {
    return a.index_ == b.index_;
  }
  friend auto operator<=>(TypedArrayIterator a, TypedArrayIterator b) noexcept {
    return a.index_ <=> b.index_;
  }

  // What is moved is a value: a reference would change under the one who moves it.
  friend T iter_move(TypedArrayIterator i) noexcept { return *i; }
  friend void iter_swap(TypedArrayIterator a, TypedArrayIterator b) noexcept { swap(*a, *b); }

 private:
  const TypedArray<T>* array_ = nullptr;
  std::size_t index_ = 0;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_TYPED_ARRAY_ITERATOR_H_
