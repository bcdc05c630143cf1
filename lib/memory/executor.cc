#include "sabre/memory/executor.h"

#include "lib/memory/pending_wait.h"

namespace sabre {

Executor::Remote::Remote() : completions_(std::make_unique<internal::Completions>()) {}
Executor::Remote::~Remote() = default;

}  // namespace sabre
