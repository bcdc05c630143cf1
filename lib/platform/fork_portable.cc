// The std library has no fork.
#include "lib/platform/fork.h"

namespace sabre::platform {

int AtForkInChild(void (*)()) noexcept { return 0; }

}  // namespace sabre::platform
