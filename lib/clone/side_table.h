// lib/clone/side_table.h: something about each node of a graph, beside the graph.
#ifndef SABRE_LIB_CLONE_SIDE_TABLE_H_
#define SABRE_LIB_CLONE_SIDE_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sabre::internal {

// SideTable
//
// An array by the dense index of nodes that covers only the indices in use: a small part of a large
// graph takes little memory wherever in the graph it lies. T() means "nothing".
//
// Thread-safety: thread-compatible.
template <class T>
class SideTable {
 public:
  // Indices near `first` are expected.
  explicit SideTable(std::uint32_t first) noexcept : low_(first) {}
  SideTable(const SideTable&) = delete;
  SideTable& operator=(const SideTable&) = delete;

  T Get(std::uint32_t index) const noexcept {
    const std::uint32_t at = index - low_;  // wraps around if it is below
    return at < size_ ? items_[at] : T();
  }
  void Set(std::uint32_t index, T item) {
    if (index - low_ >= size_) [[unlikely]]
      Cover(index);
    items_[index - low_] = item;
  }

 private:
  static constexpr std::uint32_t kFirst = 16;  // need no allocation

  // Doubles the window, downwards or upwards, until `index` is in it.
  void Cover(std::uint32_t index) {
    const std::uint32_t below = low_ > index ? std::max(low_ - index, std::min(size_, low_)) : 0;
    const std::uint32_t above = index >= low_ ? std::max(index - low_ + 1, size_ * 2) : size_;
    std::vector<T> larger(std::size_t{below} + above);
    std::copy_n(items_, size_, larger.begin() + below);
    heap_ = std::move(larger);
    items_ = heap_.data();
    size_ = static_cast<std::uint32_t>(heap_.size());
    low_ -= below;
  }

  T first_[kFirst] = {};
  T* items_ = first_;
  std::uint32_t low_;
  std::uint32_t size_ = kFirst;
  std::vector<T> heap_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_SIDE_TABLE_H_
