// lib/worker/report_stuck_worker.h: tells the process of a worker that does not stop.
#ifndef SABRE_LIB_WORKER_REPORT_STUCK_WORKER_H_
#define SABRE_LIB_WORKER_REPORT_STUCK_WORKER_H_

#include "sabre/worker/stuck_worker.h"

namespace sabre::internal {

// Calls the handler that was set, or the default one.
void ReportStuckWorker(const StuckWorker& worker);

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_REPORT_STUCK_WORKER_H_
