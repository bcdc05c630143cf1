// lib/pool/ring_task_source.h: the pool's queue: one ring, one signal.
#ifndef SABRE_LIB_POOL_RING_TASK_SOURCE_H_
#define SABRE_LIB_POOL_RING_TASK_SOURCE_H_

#include <cstddef>
#include <optional>

#include "lib/kernel/admission.h"
#include "lib/kernel/work_signal.h"
#include "lib/pool/task_source.h"
#include "sabre/lockfree/mpmc_ring.h"

namespace sabre::internal {

// RingTaskSource
//
// Strict FIFO. The admission bounds it exactly, whatever the capacity of the ring, and closes it; the
// signal wakes one searching worker at a time.
class RingTaskSource final : public TaskSource {
 public:
  explicit RingTaskSource(std::size_t limit) : limit_(limit), ring_(limit) {}
  ~RingTaskSource() override {
    while (TaskBase* task = TryNext()) task->DropReference();
  }

  Result Push(TaskBase& task) override {
    switch (admission_.TryEnter(limit_)) {
      case kernel::Admission<StdSync>::Result::kFull:
        return Result::kFull;
      case kernel::Admission<StdSync>::Result::kClosed:
        return Result::kClosed;
      case kernel::Admission<StdSync>::Result::kEntered:
        break;
    }
    // There is room, but a worker that has taken an older task may not have given its slot back yet.
    while (!ring_.TryPush(&task)) StdSync::ThreadYield();
    signal_.NotifyOne();
    return Result::kQueued;
  }

  TaskBase* TryNext() override {
    std::optional<TaskBase*> task = ring_.TryPop();
    if (!task.has_value()) return nullptr;
    // The last one out wakes those who wait for the end.
    if (admission_.Leave()) signal_.NotifyAll();
    return *task;
  }

  TaskBase* Next() override {
    for (;;) {
      if (TaskBase* task = TryNext()) return task;
      const auto key = signal_.PrepareWait();
      TaskBase* task = TryNext();
      if (task != nullptr || admission_.drained()) {
        signal_.CancelWait();
      } else {
        signal_.CommitWait(key);
        task = TryNext();
      }
      if (task != nullptr) {
        // One at a time searches; this one has found and passes the search on.
        if (!ring_.empty()) signal_.NotifyOne();
        return task;
      }
      if (admission_.drained()) return nullptr;
    }
  }

  void Close() override {
    admission_.Close();
    signal_.NotifyAll();
  }

  std::size_t size() const override { return static_cast<std::size_t>(admission_.inside()); }

 private:
  const std::size_t limit_;
  kernel::Admission<StdSync> admission_;
  MpmcRing<TaskBase*, StdSync> ring_;
  kernel::WorkSignal<StdSync> signal_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_POOL_RING_TASK_SOURCE_H_
