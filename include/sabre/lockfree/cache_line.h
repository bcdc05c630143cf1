// sabre/lockfree/cache_line.h: how far apart things must lie that different threads write.
#ifndef SABRE_LOCKFREE_CACHE_LINE_H_
#define SABRE_LOCKFREE_CACHE_LINE_H_

#include <cstddef>

namespace sabre {

// Bytes. Not std::hardware_destructive_interference_size: that changes with compiler flags, and
// with it the layout of public types.
inline constexpr std::size_t kCacheLine = 64;

}  // namespace sabre

#endif  // SABRE_LOCKFREE_CACHE_LINE_H_
