// sabre/verify/livelock.h: the round in which an execution goes that never ends.
#ifndef SABRE_VERIFY_LIVELOCK_H_
#define SABRE_VERIFY_LIVELOCK_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "sabre/verify/trace.h"

namespace sabre::verify::internal {

// Of the threads' events: the first of a round, and how many a round has; length 0: none is found.
struct Round {
  std::size_t first = 0;
  std::size_t length = 0;
};

inline bool SameButWhen(const Event& a, const Event& b, bool with_values) {
  return a.op == b.op && a.thread == b.thread && a.object == b.object &&
         a.site.line == b.site.line && std::string_view(a.site.file) == b.site.file &&
         (!with_values || (a.before == b.before && a.after == b.after));
}

// The shortest round that the events from `from` on end with at least four of; rounds that differ in
// values (a counter that goes up) only if there is no other.
inline Round FindRound(const std::vector<Event>& events, std::size_t from) {
  constexpr std::size_t kMaxLength = 64;
  constexpr std::size_t kMinTimes = 4;
  const std::size_t count = events.size() - from;
  for (const bool with_values : {true, false}) {
    for (std::size_t length = 1; length <= kMaxLength && length * kMinTimes <= count; ++length) {
      std::size_t same = 0;  // how many events, from the end, are like the one a round before
      while (same + length < count &&
             SameButWhen(events[events.size() - 1 - same],
                         events[events.size() - 1 - same - length], with_values)) {
        same += 1;
      }
      if (same >= length * (kMinTimes - 1)) return {events.size() - same - length, length};
    }
  }
  return {};
}

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_LIVELOCK_H_
