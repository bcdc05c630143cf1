// tests/memory/manual_executor.h: an executor that is no event loop, and that a test turns by hand.
#ifndef SABRE_TESTS_MEMORY_MANUAL_EXECUTOR_H_
#define SABRE_TESTS_MEMORY_MANUAL_EXECUTOR_H_

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "sabre/memory/agent.h"
#include "sabre/memory/executor.h"

namespace sabre::test {

// ManualExecutor
//
// The calling thread's executor as long as it exists. Its time is a number that only Advance moves.
class ManualExecutor final : public Executor {
 public:
  ManualExecutor() : before_(Agent::Current().executor()) { Agent::Current().set_executor(this); }
  ~ManualExecutor() override {
    Agent::Current().set_executor(before_);
    Close();
  }

  bool Post(Work work) override { return mailbox_->Post(std::move(work)); }
  std::shared_ptr<Remote> remote() override { return mailbox_; }
  TimerId PostAfter(absl::Duration delay, Work work) override {
    if (closed_) return 0;
    timers_.emplace(++last_timer_, std::pair(now_ + delay, std::move(work)));
    return last_timer_;
  }
  bool CancelTimer(TimerId timer) override { return !timers_.extract(timer).empty(); }
  void Ref() noexcept override { references_ += 1; }
  void Unref() noexcept override { references_ -= 1; }

  // Runs what is posted, and what that posts. Returns how many pieces.
  int Turn() {
    int ran = 0;
    while (mailbox_->RunOne()) ++ran;
    return ran;
  }
  // Runs the timers that are due after `time`.
  void Advance(absl::Duration time) {
    now_ += time;
    for (;;) {
      auto due = timers_.begin();
      while (due != timers_.end() && due->second.first > now_) ++due;
      if (due == timers_.end()) return;
      Work work = std::move(due->second.second);
      timers_.erase(due);
      std::move(work)();
    }
  }
  // Runs turns until `done()`.
  template <class Done>
  void TurnUntil(Done done) {
    while (!done()) {
      if (Turn() == 0) std::this_thread::yield();
    }
  }
  // What keeps it going, were it a loop.
  std::int64_t alive() const { return references_ + static_cast<std::int64_t>(timers_.size()); }

  // The end: what is queued is destroyed unrun.
  void Close() {
    closed_ = true;
    while (!timers_.empty()) timers_.extract(timers_.begin());
    mailbox_->Close();
  }

 private:
  class Mailbox final : public Remote {
   public:
    bool Post(Work work) override {
      std::lock_guard lock(mutex_);
      if (closed_) return false;
      queue_.push_back(std::move(work));
      return true;
    }
    bool RunOne() {
      Work work;
      {
        std::lock_guard lock(mutex_);
        if (queue_.empty()) return false;
        work = std::move(queue_.front());
        queue_.pop_front();
      }
      std::move(work)();
      return true;
    }
    void Close() {
      std::deque<Work> rest;
      std::lock_guard lock(mutex_);
      closed_ = true;
      rest.swap(queue_);
    }

   private:
    std::mutex mutex_;
    std::deque<Work> queue_;
    bool closed_ = false;
  };

  Executor* const before_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::map<TimerId, std::pair<absl::Duration, Work>> timers_;
  TimerId last_timer_ = 0;
  absl::Duration now_;
  std::int64_t references_ = 0;
  bool closed_ = false;
};

}  // namespace sabre::test

#endif  // SABRE_TESTS_MEMORY_MANUAL_EXECUTOR_H_
