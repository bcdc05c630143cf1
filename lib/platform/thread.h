// lib/platform/thread.h: one thread.
#ifndef SABRE_LIB_PLATFORM_THREAD_H_
#define SABRE_LIB_PLATFORM_THREAD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sabre::platform {

// How many threads can run at the same time, by what the system allows this process; at least 1.
std::size_t AvailableParallelism() noexcept;

// How a thread is made. What is empty or 0 is the system's choice, or inherited.
struct ThreadWishes {
  // For debuggers and top, cut to what the system shows (15 bytes on Linux) at the end of a character.
  std::string name = {};
  std::size_t stack_size = 0;          // bytes
  std::vector<int> cpu_affinity = {};  // the CPUs that it may run on
  std::optional<int> nice = std::nullopt;
};

// What a wish may be. Where the platform grants none of a kind, the bounds are empty (least > most).
struct ThreadLimits {
  std::size_t least_stack_size;
  int cpus;  // they are numbered from 0
  int least_nice, most_nice;
};
ThreadLimits LimitsOfThreads() noexcept;

// Which wish was refused, and the errno; 0: none.
struct ThreadRefusal {
  enum class Wish : std::uint8_t { kThread, kCpuAffinity, kNice };
  int error = 0;
  Wish wish = Wish::kThread;
};

// The CPU clock of the calling thread. Where there is none, it shows 0.
int CurrentThreadClock() noexcept;
// Nanoseconds on such a clock. Its thread must be there.
std::int64_t ReadThreadClock(int clock) noexcept;

// Thread
//
// Thread-safety: thread-compatible.
class Thread {
 public:
  using Entry = void (*)(void* argument);

  Thread() noexcept;
  // Must not be joinable.
  ~Thread();

  // Runs `entry(argument)` in a new thread that is as `wishes` say. After a refusal there is no thread, and
  // the entry has not run. Blocking: until the thread has an affinity or a nice value that was wished.
  ThreadRefusal Start(Entry entry, void* argument, const ThreadWishes& wishes) noexcept;

  bool joinable() const noexcept { return state_ != nullptr; }
  // Waits for its end.
  void Join() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_THREAD_H_
