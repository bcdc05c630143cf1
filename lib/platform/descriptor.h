// lib/platform/descriptor.h: what the system does with its descriptors.
#ifndef SABRE_LIB_PLATFORM_DESCRIPTOR_H_
#define SABRE_LIB_PLATFORM_DESCRIPTOR_H_

namespace sabre::platform {

// Whether this system has descriptors.
bool HasDescriptors() noexcept;

// Makes `copy` another name of the open file of `fd`, closed on exec. 0, or the errno of the failure.
int DuplicateDescriptor(int fd, int& copy) noexcept;

// `fd` is of no use afterwards, whatever the system says.
void CloseDescriptor(int fd) noexcept;

}  // namespace sabre::platform

#endif  // SABRE_LIB_PLATFORM_DESCRIPTOR_H_
