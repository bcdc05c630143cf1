// The std library has no descriptors: a loop here can be polled, not waited on from outside.
#include "lib/platform/wake_fd.h"

namespace sabre::platform {

WakeFd::~WakeFd() = default;
bool WakeFd::Supported() noexcept { return false; }
int WakeFd::Open() noexcept { return -1; }
void WakeFd::Ring() noexcept {}
void WakeFd::SetTimer(TimePoint) noexcept {}
void WakeFd::Clear() noexcept {}

}  // namespace sabre::platform
