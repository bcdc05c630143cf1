// The std library has no descriptors.
#include "lib/platform/descriptor.h"

namespace sabre::platform {

bool HasDescriptors() noexcept { return false; }
int DuplicateDescriptor(int, int& copy) noexcept { return copy = -1; }
void CloseDescriptor(int) noexcept {}

}  // namespace sabre::platform
