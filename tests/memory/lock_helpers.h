// tests/memory/lock_helpers.h: cells for locks, and who waits there.
#ifndef SABRE_TESTS_MEMORY_LOCK_HELPERS_H_
#define SABRE_TESTS_MEMORY_LOCK_HELPERS_H_

#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <thread>

#include "lib/memory/data_block.h"
#include "lib/memory/lock_support.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"

namespace sabre::test {

inline Int32Array SharedCells(std::size_t length) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(length * sizeof(std::int32_t)));
}

inline std::size_t Waiting(const Int32Array& cells, std::size_t index, internal::WaiterKind kind) {
  const std::size_t byte_index = cells.byte_offset() + index * sizeof(std::int32_t);
  return cells.buffer().shared_array_buffer()->data_block()->waiters().Count(
      byte_index + static_cast<std::size_t>(kind));
}

// Returns once `count` threads wait in a queue of cell `index`.
inline void UntilWaiting(const Int32Array& cells, std::size_t index, internal::WaiterKind kind,
                         std::size_t count) {
  while (Waiting(cells, index, kind) < count) std::this_thread::yield();
}

// In this scope, the calling thread may not block.
class NoBlocking {
 public:
  NoBlocking() { Agent::Current().set_can_block(false); }
  ~NoBlocking() { Agent::Current().set_can_block(true); }
  NoBlocking(const NoBlocking&) = delete;
  NoBlocking& operator=(const NoBlocking&) = delete;
};

// In this scope, a stop is requested of the calling thread's agent.
class StopRequested {
 public:
  StopRequested() {
    std::stop_source stop;
    stop.request_stop();
    Agent::Current().set_stop_token(stop.get_token());
  }
  ~StopRequested() { Agent::Current().set_stop_token({}); }
  StopRequested(const StopRequested&) = delete;
  StopRequested& operator=(const StopRequested&) = delete;
};

}  // namespace sabre::test

#endif  // SABRE_TESTS_MEMORY_LOCK_HELPERS_H_
