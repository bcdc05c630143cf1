// tests/support/heap_meter.cc: the sanitizers tell of each allocation; without one, this program's
// malloc stands before glibc's.
#include "tests/support/heap_meter.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SABRE_HAS_HOOKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SABRE_HAS_HOOKS
#endif
#endif

namespace sabre::testing {
namespace {

thread_local bool counting = false;
thread_local std::ptrdiff_t held = 0;
thread_local std::ptrdiff_t most = 0;

void Took(std::size_t bytes) {
  if (!counting) return;
  held += static_cast<std::ptrdiff_t>(bytes);
  most = std::max(most, held);
}
void Freed(std::size_t bytes) {
  if (counting) held -= static_cast<std::ptrdiff_t>(bytes);
}

}  // namespace

HeapMeter::~HeapMeter() { counting = false; }
std::size_t HeapMeter::peak() const noexcept { return static_cast<std::size_t>(most); }

}  // namespace sabre::testing

#ifdef SABRE_HAS_HOOKS

extern "C" {
int __sanitizer_install_malloc_and_free_hooks(void (*took)(const volatile void*, std::size_t),
                                              void (*freed)(const volatile void*));
std::size_t __sanitizer_get_allocated_size(const volatile void* block);
}

namespace sabre::testing {

HeapMeter::HeapMeter() {
  static const int installed = __sanitizer_install_malloc_and_free_hooks(
      [](const volatile void*, std::size_t bytes) { Took(bytes); },
      [](const volatile void* block) {
        if (block != nullptr && counting) Freed(__sanitizer_get_allocated_size(block));
      });
  if (installed == 0) std::abort();
  held = most = 0;
  counting = true;
}

}  // namespace sabre::testing

#else

// What operator new and the C library's own calls come to, too.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void __libc_free(void* block);

void* malloc(std::size_t size) {
  void* const block = __libc_malloc(size);
  if (block != nullptr) sabre::testing::Took(malloc_usable_size(block));
  return block;
}
void* calloc(std::size_t count, std::size_t size) {
  void* const block = __libc_calloc(count, size);
  if (block != nullptr) sabre::testing::Took(malloc_usable_size(block));
  return block;
}
void* realloc(void* block, std::size_t size) {
  const std::size_t before = block != nullptr ? malloc_usable_size(block) : 0;
  void* const moved = __libc_realloc(block, size);
  if (moved == nullptr && size != 0) return nullptr;
  // The old block may be held beside the new one while its bytes are copied.
  sabre::testing::Took(moved != nullptr ? malloc_usable_size(moved) : 0);
  sabre::testing::Freed(before);
  return moved;
}
void free(void* block) {
  if (block != nullptr) sabre::testing::Freed(malloc_usable_size(block));
  __libc_free(block);
}
}

namespace sabre::testing {

HeapMeter::HeapMeter() {
  held = most = 0;
  counting = true;
}

}  // namespace sabre::testing

#endif
