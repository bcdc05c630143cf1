// tests/support/heap_meter.h: how much memory of the heap a piece of code really holds at a time.
#ifndef SABRE_TESTS_SUPPORT_HEAP_METER_H_
#define SABRE_TESTS_SUPPORT_HEAP_METER_H_

#include <cstddef>

namespace sabre::testing {

// HeapMeter
//
// Counts the calling thread's bytes from malloc, realloc, calloc and operator new while it lives; one
// at a time a thread. What is charged to no budget is seen here all the same. Pages that a resizable
// buffer reserves are not of the heap.
class HeapMeter {
 public:
  HeapMeter();
  ~HeapMeter();
  HeapMeter(const HeapMeter&) = delete;
  HeapMeter& operator=(const HeapMeter&) = delete;

  // The most bytes that were held at a time, beyond those held at the beginning.
  std::size_t peak() const noexcept;
};

}  // namespace sabre::testing

#endif  // SABRE_TESTS_SUPPORT_HEAP_METER_H_
