// lib/platform/fork.h: hearing of a fork.
#ifndef SABRE_LIB_PLATFORM_FORK_H_
#define SABRE_LIB_PLATFORM_FORK_H_

namespace sabre::platform {

// From now on `handler` is called in every forked child, before fork returns there, in its only thread.
// 0, or the errno of the failure. Where the system has no fork: 0, and nothing is called.
int AtForkInChild(void (*handler)()) noexcept;

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_FORK_H_
