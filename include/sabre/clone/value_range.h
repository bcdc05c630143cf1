// sabre/clone/value_range.h: the parts of a value, one after the other.
#ifndef SABRE_CLONE_VALUE_RANGE_H_
#define SABRE_CLONE_VALUE_RANGE_H_

#include <cstddef>
#include <iterator>

#include "sabre/clone/value.h"

namespace sabre {

struct Value::Entry {
  Value key;
  Value value;
};

// Iterates over entries(); invalidated by any change of the container.
class Value::EntryIterator {
 public:
  using value_type = Entry;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;

  EntryIterator() noexcept = default;
  Entry operator*() const noexcept { return container_.EntryAtPlace(place_); }
  EntryIterator& operator++() noexcept {
    place_ = container_.SkipHoles(place_ + 1);
    return *this;
  }
  EntryIterator operator++(int) noexcept {
    EntryIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const EntryIterator& a, const EntryIterator& b) noexcept {
    return a.place_ == b.place_;
  }

 private:
  friend class Value;
  friend class EntryRange;
  EntryIterator(Value container, std::size_t place) noexcept
      : container_(container), place_(place) {}
  Value container_;
  std::size_t place_ = 0;
};

class Value::EntryRange {
 public:
  EntryIterator begin() const noexcept { return {container_, container_.SkipHoles(0)}; }
  EntryIterator end() const noexcept { return {container_, container_.PlacesEnd()}; }

 private:
  friend class Value;
  explicit EntryRange(Value container) noexcept : container_(container) {}
  Value container_;
};

inline Value::EntryRange Value::entries() const noexcept { return EntryRange(*this); }

// Iterates over elements(); invalidated by any change of the container.
class Value::ElementIterator {
 public:
  using value_type = Value;
  using difference_type = std::ptrdiff_t;
  using iterator_category = std::input_iterator_tag;

  ElementIterator() noexcept = default;
  Value operator*() const noexcept {
    return container_.is_array() ? container_.At(index_) : container_.EntryAtPlace(index_).value;
  }
  ElementIterator& operator++() noexcept {
    ++index_;
    return *this;
  }
  ElementIterator operator++(int) noexcept {
    ElementIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const ElementIterator& a, const ElementIterator& b) noexcept {
    return a.index_ == b.index_;
  }

 private:
  friend class Value;
  friend class ElementRange;
  ElementIterator(Value container, std::size_t index) noexcept
      : container_(container), index_(index) {}
  Value container_;
  std::size_t index_ = 0;
};

class Value::ElementRange {
 public:
  ElementIterator begin() const noexcept { return {container_, 0}; }
  ElementIterator end() const noexcept {
    const bool has = container_.is_array() || container_.kind() == ValueKind::kSet;
    return {container_, has ? container_.size() : 0};
  }

 private:
  friend class Value;
  explicit ElementRange(Value container) noexcept : container_(container) {}
  Value container_;
};

inline Value::ElementRange Value::elements() const noexcept { return ElementRange(*this); }

}  // namespace sabre

#endif  // SABRE_CLONE_VALUE_RANGE_H_
