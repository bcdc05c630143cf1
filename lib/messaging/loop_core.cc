#include "lib/messaging/loop_core.h"

#include <mutex>
#include <utility>

#include "lib/platform/wake_fd.h"

namespace sabre::internal {
namespace {

class WorkItem final : public LoopItem {
 public:
  explicit WorkItem(Executor::Work work) : work_(std::move(work)) {}

  void Run() override {
    const std::unique_ptr<WorkItem> self(this);
    std::move(work_)();
  }
  void Drop() override { delete this; }

 private:
  Executor::Work work_;
};

}  // namespace

LoopItem* NewWorkItem(Executor::Work work) { return new WorkItem(std::move(work)); }

LoopCore::LoopCore() = default;
LoopCore::~LoopCore() = default;

// These keep the core alive: once the loop can see the work or the request, it may end.
bool LoopCore::Push(LoopItem& item) {
  const std::shared_ptr<LoopCore> keep = shared_from_this();
  queue_.Push(item);
  return Signal();
}

bool LoopCore::Post(Executor::Work work) { return Push(*NewWorkItem(std::move(work))); }

void LoopCore::Wake() {
  const std::shared_ptr<LoopCore> keep = shared_from_this();
  Signal();
}

void LoopCore::RequestStop() {
  const std::shared_ptr<LoopCore> keep = shared_from_this();
  // Relaxed: the signal after it is what orders.
  stop_requested_.store(true, StdSync::kRelaxed);
  Signal();
}

bool LoopCore::Signal() {
  switch (wakeup_.Signal()) {
    case kernel::LoopWakeup<StdSync>::Duty::kNone:
      return true;
    case kernel::LoopWakeup<StdSync>::Duty::kRing:
      if (platform::WakeFd* fd = wake_fd()) fd->Ring();
      bell_.Unpark();
      return true;
    case kernel::LoopWakeup<StdSync>::Duty::kClear:
      ClearQueue();
      return false;
  }
  StdSync::Unreachable("LoopWakeup::Duty");
}

void LoopCore::Close() {
  while (LoopItem* item = PopDeferred()) item->Drop();
  ClearQueue();
}

void LoopCore::ClearQueue() {
  // An item may hold the last reference to this object.
  const std::shared_ptr<LoopCore> keep = shared_from_this();
  for (;;) {
    LoopItem* item = nullptr;
    {
      // One at a time: the queue has one consumer. Whoever signals after Close comes here itself.
      std::lock_guard<StdSync::Mutex> lock(clearing_);
      wakeup_.Close();
      item = queue_.Pop();
    }
    if (item == nullptr) return;
    // Without the lock: its end may push again, a port's close for example.
    item->Drop();
  }
}

int LoopCore::OpenWakeFd() {
  auto fd = std::make_unique<platform::WakeFd>();
  if (const int error = fd->Open(); error != 0) return error;
  wake_fd_ = std::move(fd);
  // Release: pairs with the acquire in wake_fd.
  has_wake_fd_.store(true, StdSync::kRelease);
  return 0;
}

void LoopCore::ForgetWakeFd() {
  // Relaxed: there is one thread.
  has_wake_fd_.store(false, StdSync::kRelaxed);
  wake_fd_ = nullptr;
}

void LoopCore::ArmOrRing(platform::WakeFd& fd, bool more) { wakeup_.ArmOrRing(fd, more); }

}  // namespace sabre::internal
