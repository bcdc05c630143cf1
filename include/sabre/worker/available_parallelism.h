// sabre/worker/available_parallelism.h: how many workers can run at the same time.
#ifndef SABRE_WORKER_AVAILABLE_PARALLELISM_H_
#define SABRE_WORKER_AVAILABLE_PARALLELISM_H_

#include <cstddef>

namespace sabre {

// The number of threads of this process that the system will run at the same time, at least 1. On
// Linux the process's CPU affinity counts.
// Thread-safety: thread-safe. Spec: Node's os.availableParallelism.
std::size_t AvailableParallelism() noexcept;

}  // namespace sabre

#endif  // SABRE_WORKER_AVAILABLE_PARALLELISM_H_
