// How late a thread wakes up that only sleeps.
#ifndef SABRE_EXAMPLES_SABRE_HASH_CONTROL_THREAD_H_
#define SABRE_EXAMPLES_SABRE_HASH_CONTROL_THREAD_H_

#include <atomic>
#include <chrono>
#include <thread>

namespace sabre_hash {

// ControlThread
//
// Sleeps for a millisecond over and over and notes by how much it overslept. An event loop that was
// blocked for less than this thread was late lost that time to the machine, not to its own work.
// (A plain thread, on purpose: it is the measure, not the measured.)
//
// Thread-safety: one owner.
class ControlThread {
 public:
  ControlThread() : thread_([this](const std::stop_token& stop) { Run(stop); }) {}

  // The worst delay so far.
  std::chrono::nanoseconds worst() const { return std::chrono::nanoseconds(worst_.load()); }

 private:
  void Run(const std::stop_token& stop) {
    constexpr auto kNap = std::chrono::milliseconds(1);
    while (!stop.stop_requested()) {
      const auto began = std::chrono::steady_clock::now();
      std::this_thread::sleep_for(kNap);
      const std::chrono::nanoseconds late = std::chrono::steady_clock::now() - began - kNap;
      if (late.count() > worst_.load()) worst_.store(late.count());
    }
  }

  std::atomic<std::chrono::nanoseconds::rep> worst_ = 0;
  std::jthread thread_;  // last: it uses what is above
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_CONTROL_THREAD_H_
