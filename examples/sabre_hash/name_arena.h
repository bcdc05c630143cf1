// Names at addresses that stay.
#ifndef SABRE_EXAMPLES_SABRE_HASH_NAME_ARENA_H_
#define SABRE_EXAMPLES_SABRE_HASH_NAME_ARENA_H_

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace sabre_hash {

// NameArena
//
// Keeps copies of names, each followed by a NUL, until its end. It grows by chunks and never moves a
// name: a string that doubles would copy all names at once, and block the event loop meanwhile.
//
// Thread-safety: thread-compatible.
class NameArena {
 public:
  // Copies `name`, with `suffix` behind it.
  std::string_view Add(std::string_view name, std::string_view suffix = {}) {
    const std::size_t length = name.size() + suffix.size();
    char* const place = Allocate(length + 1);
    if (!name.empty()) std::memcpy(place, name.data(), name.size());
    if (!suffix.empty()) std::memcpy(place + name.size(), suffix.data(), suffix.size());
    place[length] = '\0';
    return {place, length};
  }

 private:
  static constexpr std::size_t kChunk = std::size_t{64} * 1024;

  char* Allocate(std::size_t size) {
    if (size > left_) {
      left_ = size > kChunk ? size : kChunk;
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
      next_ = chunks_.back().get();
    }
    char* const place = next_;
    next_ += size;
    left_ -= size;
    return place;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_NAME_ARENA_H_
