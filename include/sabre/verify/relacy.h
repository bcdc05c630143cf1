// sabre/verify/relacy.h: the Relacy Race Detector (D. Vyukov), without the macros of relacy.hpp.
//
// relacy.hpp defines new, delete, malloc, free, assert, errno and memory_order_* as macros, which breaks
// every header that comes after it. Its parts do not, except for `$`.
#ifndef SABRE_VERIFY_RELACY_H_
#define SABRE_VERIFY_RELACY_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

// Without it an illegal use of Relacy silently returns T().
#ifndef RL_DO_ASSERT
#define RL_DO_ASSERT 1
#endif

#include <relacy/base.hpp>
// The order matters: each of these leans on the ones before.
#include <relacy/atomic.hpp>
#include <relacy/atomic_fence.hpp>
#include <relacy/context.hpp>
#include <relacy/context_base_impl.hpp>
#include <relacy/stdlib/condition_variable.hpp>
#include <relacy/stdlib/event.hpp>
#include <relacy/stdlib/mutex.hpp>
#include <relacy/stdlib/semaphore.hpp>
#include <relacy/test_suite.hpp>
#include <relacy/var.hpp>
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdollar-in-identifier-extension"
#endif
#undef $
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

// Relacy replaces the plain operators new and delete, to find leaks and double frees, but not the sized,
// the aligned and the nothrow forms.
#if defined(__clang__)
#pragma clang diagnostic push
// Relacy's own replacements are inline too: every file that includes it agrees on them.
#pragma clang diagnostic ignored "-Winline-new-delete"
#endif
inline void operator delete(void* p, std::size_t) noexcept { ::operator delete(p); }
inline void operator delete[](void* p, std::size_t) noexcept { ::operator delete[](p); }

namespace sabre::verify::internal {

// The address that the plain form returned lies in the word before the aligned block.
inline void* AlignedNew(std::size_t size, std::size_t align) {
  char* const raw = static_cast<char*>(::operator new(size + align + sizeof(void*)));
  const auto first = reinterpret_cast<std::uintptr_t>(raw) + sizeof(void*);
  char* const block = raw + ((first + align - 1) / align * align - first) + sizeof(void*);
  reinterpret_cast<void**>(block)[-1] = raw;
  return block;
}
inline void AlignedDelete(void* p) noexcept {
  if (p != nullptr) ::operator delete(static_cast<void**>(p)[-1]);
}

}  // namespace sabre::verify::internal

inline void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return ::operator new(size);
}
inline void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return ::operator new[](size);
}
inline void* operator new(std::size_t size, std::align_val_t align) {
  return sabre::verify::internal::AlignedNew(size, static_cast<std::size_t>(align));
}
inline void* operator new[](std::size_t size, std::align_val_t align) {
  return sabre::verify::internal::AlignedNew(size, static_cast<std::size_t>(align));
}
inline void operator delete(void* p, std::align_val_t) noexcept {
  sabre::verify::internal::AlignedDelete(p);
}
inline void operator delete[](void* p, std::align_val_t) noexcept {
  sabre::verify::internal::AlignedDelete(p);
}
inline void operator delete(void* p, std::size_t, std::align_val_t) noexcept {
  sabre::verify::internal::AlignedDelete(p);
}
inline void operator delete[](void* p, std::size_t, std::align_val_t) noexcept {
  sabre::verify::internal::AlignedDelete(p);
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif  // SABRE_VERIFY_RELACY_H_
