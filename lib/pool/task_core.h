// lib/pool/task_core.h: the inside of a TaskBase.
#ifndef SABRE_LIB_POOL_TASK_CORE_H_
#define SABRE_LIB_POOL_TASK_CORE_H_

#include <optional>
#include <stop_token>

#include "lib/kernel/ref_count.h"
#include "lib/kernel/task_state.h"
#include "sabre/pool/task_base.h"
#include "sabre/sync/std_sync.h"

namespace sabre::internal {

// TaskCore
//
// Thread-safety: as the members say.
class TaskCore {
 public:
  struct CancelTask {
    TaskBase* task;
    void operator()() const noexcept { task->Cancel(); }
  };

  explicit TaskCore(bool stoppable)
      : stop_source(stoppable ? std::stop_source() : std::stop_source(std::nostopstate)) {}

  kernel::RefCount<StdSync> references;
  kernel::TaskState<StdSync> state;
  std::stop_source stop_source;
  // Last, so that it ends first: its end waits for a Cancel that is running, and that uses the rest.
  std::optional<std::stop_callback<CancelTask>> cancel_with;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_POOL_TASK_CORE_H_
