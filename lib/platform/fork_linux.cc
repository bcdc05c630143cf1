#include "lib/platform/fork.h"

#include <pthread.h>

namespace sabre::platform {

int AtForkInChild(void (*handler)()) noexcept { return pthread_atfork(nullptr, nullptr, handler); }

}  // namespace sabre::platform
