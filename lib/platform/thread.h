// lib/platform/thread.h: one thread.
#ifndef SABRE_LIB_PLATFORM_THREAD_H_
#define SABRE_LIB_PLATFORM_THREAD_H_

#include <cstddef>
#include <memory>
#include <string>

namespace sabre::platform {

// How many threads can run at the same time, by what the system allows this process; at least 1.
std::size_t AvailableParallelism() noexcept;

// Thread
//
// Thread-safety: thread-compatible.
class Thread {
 public:
  using Entry = void (*)(void* argument);

  Thread() noexcept;
  // Must not be joinable.
  ~Thread();

  // Runs `entry(argument)` in a new thread. `name` is for debuggers and top, cut to what the system
  // shows (15 bytes on Linux). `stack_size` in bytes; 0: the system's default.
  // Returns: 0, or the errno of the refusal; there is no thread then.
  int Start(Entry entry, void* argument, const std::string& name, std::size_t stack_size) noexcept;

  bool joinable() const noexcept { return state_ != nullptr; }
  // Waits for its end.
  void Join() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_THREAD_H_
