// sabre/worker/stuck_worker.h: workers that do not stop although they were asked to.
#ifndef SABRE_WORKER_STUCK_WORKER_H_
#define SABRE_WORKER_STUCK_WORKER_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace sabre {

// StuckWorker
struct StuckWorker {
  std::string name;
  std::uint64_t thread_id = 0;
  // Since it was asked to stop.
  absl::Duration elapsed;
};

using StuckWorkerHandler = void (*)(const StuckWorker& worker);

// Who is told, for the whole process, that a thread which waits for a worker's end (in the destructor of
// its Worker, or at the end of its parent) has waited for longer than WorkerOptions::stuck_after, and goes
// on waiting. Called once a worker and wait, in the thread that waits. Null, as it is at first: a line on
// stderr. Returns the handler before.
// Thread-safety: thread-safe.
StuckWorkerHandler SetStuckWorkerHandler(StuckWorkerHandler handler) noexcept;

}  // namespace sabre

#endif  // SABRE_WORKER_STUCK_WORKER_H_
