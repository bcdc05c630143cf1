// sabre/verify/trace.h: what happened in one execution, step by step.
#ifndef SABRE_VERIFY_TRACE_H_
#define SABRE_VERIFY_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

namespace sabre::verify {

// A place in the checked source. As a defaulted argument it names the caller. There is no column: one
// atomic operation a line.
struct Site {
  constexpr Site(const char* file_name = __builtin_FILE(), int line_number = __builtin_LINE())
      : file(file_name), line(line_number) {}
  const char* file;
  int line;
};

// The five orders. A type of its own, so that no std::memory_order slips through the seam.
enum class Order : std::uint8_t { kRelaxed, kAcquire, kRelease, kAcqRel, kSeqCst };

inline const char* Name(Order order) {
  static constexpr const char* kNames[] = {"relaxed", "acquire", "release", "acq_rel", "seq_cst"};
  return kNames[static_cast<int>(order)];
}

enum class Op : std::uint8_t {
  kInit,
  kLoad,
  kStore,
  kExchange,
  kFetchAdd,
  kFetchSub,
  kFetchAnd,
  kFetchOr,
  kFetchXor,
  kCas,
  kCasFailed,
  kUse,
  kUseAfterEnd,
  kFence,
  kYield,
  kRead,
  kWrite,
  kTake,
  kEnd,
  kLock,
  kTryLockFailed,
  kUnlock,
  kBlockedOnLock,
  kWait,
  kWoken,
  kWokenSpuriously,
  kTimedOut,
  kNotifyOne,
  kNotifyAll,
  kPark,
  kParkTook,
  kParkTimedOut,
  kUnpark,
};

// Whether an event is an operation of the program: not the life of an object, a hint to the scheduler, or a
// step within a longer wait.
constexpr bool IsOperation(Op op) {
  switch (op) {
    case Op::kInit:
    case Op::kUse:
    case Op::kUseAfterEnd:
    case Op::kYield:
    case Op::kEnd:
    case Op::kBlockedOnLock:
    case Op::kWoken:
    case Op::kWokenSpuriously:
    case Op::kTimedOut:
    case Op::kPark:
      return false;
    default:
      return true;
  }
}

// How to print a value.
enum class ValueKind : std::uint8_t { kNone, kUnsigned, kSigned, kBool, kPointer };

template <class T>
constexpr ValueKind KindOf() {
  if constexpr (std::is_same_v<T, bool>) {
    return ValueKind::kBool;
  } else if constexpr (std::is_pointer_v<T>) {
    return ValueKind::kPointer;
  } else if constexpr (std::is_enum_v<T>) {
    return KindOf<std::underlying_type_t<T>>();
  } else if constexpr (std::is_integral_v<T>) {
    return std::is_signed_v<T> ? ValueKind::kSigned : ValueKind::kUnsigned;
  } else {
    return ValueKind::kNone;
  }
}

template <class T>
std::uint64_t Bits(const T& value) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<std::uintptr_t>(value);
  } else if constexpr (KindOf<T>() != ValueKind::kNone) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
  } else {
    return 0;
  }
}

// The value whose Bits these are.
template <class T>
T FromBits(std::uint64_t bits) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<T>(static_cast<std::uintptr_t>(bits));
  } else {
    return static_cast<T>(bits);
  }
}

// No event.
inline constexpr std::uint32_t kNoEvent = ~std::uint32_t{0};

struct Event {
  Op op;
  Order order = Order::kRelaxed;
  Order asked = Order::kRelaxed;  // the order in the source; differs under a mutation
  ValueKind kind = ValueKind::kNone;
  std::int8_t thread = -1;   // -1: before and after the threads
  std::uint32_t object = 0;  // numbered in order of construction; 0: none
  // The event whose store was read: of a load, a read-modify-write, a failed compare-exchange. Of kLock
  // the event that released the mutex, of kParkTook the one that gave the token.
  std::uint32_t reads_from = kNoEvent;
  std::uint64_t before = 0;  // the value read, or replaced
  std::uint64_t after = 0;   // the value written
  std::uint64_t stamp = 0;   // the thread's own clock after this event
  Site site;
};

namespace internal {

inline constexpr int kMaxThreads = 8;

// The events of the execution that runs now. Memory comes from malloc: inside an execution, operator
// new is Relacy's and counts leaks.
class Trace {
 public:
  void Clear() {
    size_ = 0;
    objects_ = 0;
    thread_events_ = 0;
    for (std::size_t& count : operations_) count = 0;
    threads_running = false;
  }
  std::uint32_t NewObject() { return ++objects_; }

  // Returns the number of the event, from 0; kNoEvent if there is no room.
  std::uint32_t Add(const Event& event) {
    if (size_ == capacity_) {
      if (capacity_ >= kLimit) return kNoEvent;
      capacity_ = capacity_ == 0 ? 1024 : capacity_ * 2;
      events_ =
          static_cast<Event*>(std::realloc(static_cast<void*>(events_), capacity_ * sizeof(Event)));
      if (events_ == nullptr) std::abort();
    }
    events_[size_] = event;
    if (event.thread >= 0) {
      thread_events_ += 1;
      if (IsOperation(event.op)) operations_[event.thread] += 1;
    }
    return static_cast<std::uint32_t>(size_++);
  }

  const Event* begin() const { return events_; }
  const Event* end() const { return events_ + size_; }
  std::size_t size() const { return size_; }
  // How many events the threads caused: the length of the execution.
  std::size_t thread_events() const { return thread_events_; }

  // How many operations the busiest thread made.
  std::size_t most_operations() const {
    std::size_t most = 0;
    for (const std::size_t count : operations_) most = count > most ? count : most;
    return most;
  }

  bool threads_running = false;
  // After a data race, what its later thread knew of the others: entry i is the newest event of thread
  // i that happens before it.
  std::uint64_t known[kMaxThreads] = {};

 private:
  static constexpr std::size_t kLimit = std::size_t{1} << 16;
  Event* events_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t thread_events_ = 0;
  std::size_t operations_[kMaxThreads] = {};
  std::uint32_t objects_ = 0;
};

inline Trace& CurrentTrace() {
  static Trace trace;
  return trace;
}

}  // namespace internal
}  // namespace sabre::verify

#endif  // SABRE_VERIFY_TRACE_H_
