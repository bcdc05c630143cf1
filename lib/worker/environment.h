// lib/worker/environment.h: the environment data of a thread, as workers inherit it.
#ifndef SABRE_LIB_WORKER_ENVIRONMENT_H_
#define SABRE_LIB_WORKER_ENVIRONMENT_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "sabre/clone/message.h"

namespace sabre::internal {

// Never changed once two threads may see it: who sets a value makes a new table of the same messages.
using EnvironmentData = std::map<std::string, std::shared_ptr<const Message>, std::less<>>;

// The calling thread's table; null: empty.
std::shared_ptr<const EnvironmentData>& OwnEnvironmentData();

}  // namespace sabre::internal

#endif  // SABRE_LIB_WORKER_ENVIRONMENT_H_
