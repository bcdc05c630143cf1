// tests/support/specifications.h: what queues, stacks and locks do when one thread at a time uses them. The
// specifications for linearizability.h.
#ifndef SABRE_TESTS_SUPPORT_SPECIFICATIONS_H_
#define SABRE_TESTS_SUPPORT_SPECIFICATIONS_H_

#include <cstddef>
#include <string>

#include "tests/support/linearizability.h"

namespace sabre::test {

enum ContainerCall { kPush, kPop, kClose };

// What a container promises about a call that finds it full or empty: it was, or calls of these kinds (bits)
// were under way at that moment and made it look so. A push that has claimed its place and not yet filled it
// hides those behind it from a pop, and a pop in its middle hides free places from a push.
struct Excuses {
  unsigned full = 0;
  unsigned empty = 0;
};
inline constexpr Excuses kExact{};
inline constexpr Excuses kOppositeUnderWay{1u << kPop, 1u << kPush};

// A queue or a stack that may be closed: pushes are refused then, and pops find what is left. A push that was
// under way at the close may still bring its value, but not once a pop has said that none will come.
enum class ContainerOrder { kFirstInFirstOut, kLastInFirstOut };
enum ContainerResult { kClosed = -2, kNothing = -1, kFull = 0, kPushed = 1 };

template <ContainerOrder kOrder, std::size_t kCapacity, Excuses kExcuses>
struct ContainerSpec {
  SpecState start;

  static bool Step(SpecState& state, const Operation& operation, unsigned overlapped) {
    constexpr int kDrainedMark = -4;  // at the end
    constexpr int kClosedMark = -3;   // at the end
    const bool closed = !state.empty() && state.back() <= kClosedMark;
    const std::size_t size = state.size() - (closed ? 1 : 0);
    const int result = operation.result;
    switch (operation.kind) {
      case kClose:
        if (!closed) state.push_back(kClosedMark);
        return true;
      case kPush:
        if (result == kClosed) return closed;
        if (result == kFull) return size == kCapacity || (overlapped & kExcuses.full) != 0;
        if (size == kCapacity) return false;
        if (closed && (state.back() == kDrainedMark || (overlapped >> kClose & 1) == 0))
          return false;
        state.insert(state.end() - (closed ? 1 : 0), operation.argument);
        return true;
      default:
        if (result == kClosed) {
          if (!closed || size != 0) return false;
          state.back() = kDrainedMark;
          return true;
        }
        if (result == kNothing) {
          return (size == 0 && !closed) || (overlapped & kExcuses.empty) != 0;
        }
        if (size == 0) return false;
        const std::size_t next = kOrder == ContainerOrder::kFirstInFirstOut ? 0 : size - 1;
        if (state[next] != result) return false;
        state.erase(state.begin() + static_cast<std::ptrdiff_t>(next));
        return true;
    }
  }
  static std::string Text(const Operation& operation) {
    if (operation.kind == kClose) return "close";
    const std::string name =
        operation.kind == kPush ? "push " + std::to_string(operation.argument) : "pop";
    switch (operation.result) {
      case kClosed:
        return name + ": closed";
      case kNothing:
        return name + ": empty";
      default:
        if (operation.kind == kPop) return name + ": " + std::to_string(operation.result);
        return name + (operation.result == kFull ? ": full" : ": done");
    }
  }
};

constexpr std::size_t kUnbounded = static_cast<std::size_t>(-1);
template <std::size_t kCapacity, Excuses kExcuses = kExact>
using QueueSpec = ContainerSpec<ContainerOrder::kFirstInFirstOut, kCapacity, kExcuses>;
template <std::size_t kCapacity, Excuses kExcuses = kExact>
using StackSpec = ContainerSpec<ContainerOrder::kLastInFirstOut, kCapacity, kExcuses>;

// A number of permits, `start`; one permit: a lock. A release that a thread may not do has the result 0.
enum PermitCall { kAcquirePermit, kTryAcquirePermit, kReleasePermit };

struct PermitSpec {
  SpecState start;

  static bool Step(SpecState& state, const Operation& operation, unsigned) {
    int& permits = state[0];
    if (operation.kind == kReleasePermit) {
      permits += 1;
      return operation.result == 1;
    }
    if (operation.result == 0) return operation.kind == kTryAcquirePermit && permits == 0;
    permits -= 1;
    return permits >= 0;
  }
  static std::string Text(const Operation& operation) {
    if (operation.kind == kReleasePermit) return "release";
    const std::string name = operation.kind == kAcquirePermit ? "acquire" : "try to acquire";
    return name + (operation.result == 0 ? ": no permit" : ": got a permit");
  }
};

}  // namespace sabre::test

#endif  // SABRE_TESTS_SUPPORT_SPECIFICATIONS_H_
