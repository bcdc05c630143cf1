#include "sabre/worker/available_parallelism.h"

#include "lib/platform/thread.h"

namespace sabre {

std::size_t AvailableParallelism() noexcept { return platform::AvailableParallelism(); }

}  // namespace sabre
