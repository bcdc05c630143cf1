#include "sabre/worker/stuck_worker.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "lib/worker/report_stuck_worker.h"
#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

// Relaxed at both ends: a pointer to code, which nothing travels with.
StdSync::Atomic<StuckWorkerHandler> stuck_worker_handler{nullptr};

void PrintStuckWorker(const StuckWorker& worker) {
  const std::string line = absl::StrCat(
      "sabre: worker '", worker.name, "' (", worker.thread_id, ") was asked to stop ",
      absl::FormatDuration(worker.elapsed), " ago and has not exited; waiting for it\n");
  std::fputs(line.c_str(), stderr);
}

}  // namespace

StuckWorkerHandler SetStuckWorkerHandler(StuckWorkerHandler handler) noexcept {
  return stuck_worker_handler.exchange(handler, StdSync::kRelaxed);
}

namespace internal {

void ReportStuckWorker(const StuckWorker& worker) {
  const StuckWorkerHandler handler = stuck_worker_handler.load(StdSync::kRelaxed);
  handler != nullptr ? handler(worker) : PrintStuckWorker(worker);
}

}  // namespace internal
}  // namespace sabre
