// sabre/worker/worker_metrics.h: what a worker does with its time.
#ifndef SABRE_WORKER_WORKER_METRICS_H_
#define SABRE_WORKER_WORKER_METRICS_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace sabre {

// WorkerMetrics
//
// A moment's view; after the exit, the last one.
struct WorkerMetrics {
  // The processor's time that the worker's thread has used; zero where the platform does not tell.
  absl::Duration cpu_time;
  // The worker's event loop: its time in work, its time asleep, and active / (active + idle), 0 without a
  // loop. A loop that the worker has got elsewhere than from its WorkerScope is seen once the entry has returned.
  // Spec: Node's performance.eventLoopUtilization.
  absl::Duration loop_active;
  absl::Duration loop_idle;
  double loop_utilization = 0;
  // Of the port to the parent: what the worker has received and posted.
  std::uint64_t messages_in = 0;
  std::uint64_t messages_out = 0;
  // What waits for the worker, and what waits for its parent.
  std::size_t queued_in = 0;
  std::size_t queued_out = 0;
};

// WorkerTermination
//
// What became of the request to stop.
struct WorkerTermination {
  // Whether there was one: Worker::Terminate, the end of the handle or of the parent, WorkerScope::Exit.
  bool requested = false;
  bool exited = false;
  // Whether it took, or takes, longer than WorkerOptions::stuck_after.
  bool stuck = false;
  // From the request to the exit; until now, if it has not exited; zero without a request.
  absl::Duration elapsed;
};

}  // namespace sabre

#endif  // SABRE_WORKER_WORKER_METRICS_H_
