// lib/worker/registered_workers.h: what RegisterWorker was given.
#ifndef SABRE_LIB_WORKER_REGISTERED_WORKERS_H_
#define SABRE_LIB_WORKER_REGISTERED_WORKERS_H_

#include <memory>
#include <string_view>

#include "sabre/worker/register_worker.h"

namespace sabre::internal {

// Null if there is none.
std::shared_ptr<const RegisteredWorker> FindRegisteredWorker(std::string_view name);

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_REGISTERED_WORKERS_H_
