// Sleeping on an address with a mutex and a condition variable, for systems without a futex. A table of
// buckets, found by address; it outlives every word, so a wake after the end of its word is harmless.
#include "lib/platform/futex.h"

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace sabre::platform {
namespace {

struct Bucket {
  std::mutex mutex;
  std::condition_variable woken;
};

Bucket& BucketOf(const void* address) noexcept {
  constexpr std::size_t kBuckets = 64;
  // Never destroyed: threads may still sleep while the process ends.
  static Bucket* const buckets = new Bucket[kBuckets];
  const auto key = reinterpret_cast<std::uintptr_t>(address) * 0x9E3779B97F4A7C15u;
  return buckets[(key >> 58) % kBuckets];
}

}  // namespace

bool FutexWait(std::atomic<std::uint32_t>& word, std::uint32_t expected,
               TimePoint deadline) noexcept {
  Bucket& bucket = BucketOf(&word);
  std::unique_lock<std::mutex> lock(bucket.mutex);
  // Relaxed: ordered by the bucket's lock, which FutexWakeOne takes after the change.
  if (word.load(std::memory_order_relaxed) != expected) return true;
  if (deadline == kNever) {
    bucket.woken.wait(lock);
    return true;
  }
  return bucket.woken.wait_until(lock, deadline) == std::cv_status::no_timeout;
}

void FutexWakeOne(const std::atomic<std::uint32_t>* word) noexcept {
  Bucket& bucket = BucketOf(word);
  std::lock_guard<std::mutex> lock(bucket.mutex);
  // All: others may sleep in the same bucket on other words.
  bucket.woken.notify_all();
}

}  // namespace sabre::platform
