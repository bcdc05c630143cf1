// tests/litmus/accesses.h: what the programs of the litmus tests are written with, right and wrong.
#ifndef SABRE_TESTS_LITMUS_ACCESSES_H_
#define SABRE_TESTS_LITMUS_ACCESSES_H_

#include <cstddef>
#include <cstdint>

#include "sabre/memory/atomics.h"
#include "sabre/memory/typed_array.h"
#include "tests/litmus/litmus.h"

namespace sabre::litmus {

struct NoPause {
  static void Between(Pause&) noexcept {}
};
struct RandomPause {
  static void Between(Pause& pause) noexcept { pause.Between(); }
};

// The public face of the library and nothing else.
template <class P>
struct Right {
  using Pauses = P;
  static std::int32_t Get(const Int32Array& cells, std::size_t at) { return cells.Get(at); }
  static void Set(const Int32Array& cells, std::size_t at, std::int32_t value) {
    cells.Set(at, value);
  }
  static std::int32_t Load(const Int32Array& cells, std::size_t at) {
    return atomics::Load(cells, at);
  }
  static void Store(const Int32Array& cells, std::size_t at, std::int32_t value) {
    atomics::Store(cells, at, value);
  }
  static std::int32_t Add(const Int32Array& cells, std::size_t at, std::int32_t value, Pause&) {
    return atomics::Add(cells, at, value);
  }
  static std::int32_t Exchange(const Int32Array& cells, std::size_t at, std::int32_t value,
                               Pause&) {
    return atomics::Exchange(cells, at, value);
  }
};

template <class P>
struct PlainStores : Right<P> {
  static void Store(const Int32Array& cells, std::size_t at, std::int32_t value) {
    cells.Set(at, value);
  }
};

template <class P>
struct TornUpdates : Right<P> {
  static std::int32_t Add(const Int32Array& cells, std::size_t at, std::int32_t value,
                          Pause& pause) {
    const std::int32_t old = atomics::Load(cells, at);
    P::Between(pause);
    atomics::Store(cells, at, old + value);
    return old;
  }
  static std::int32_t Exchange(const Int32Array& cells, std::size_t at, std::int32_t value,
                               Pause& pause) {
    const std::int32_t old = atomics::Load(cells, at);
    P::Between(pause);
    atomics::Store(cells, at, value);
    return old;
  }
};

// All variants of one thread. `Program::Forward<Accesses>` does its accesses in their order,
// `Program::Backward<Accesses>` in the opposite one.
template <class Program>
constexpr Thread AllVariants(std::size_t registers) {
  return {{{{&Program::template Forward<Right<NoPause>>,
             &Program::template Forward<Right<RandomPause>>},
            {&Program::template Forward<PlainStores<NoPause>>,
             &Program::template Forward<PlainStores<RandomPause>>},
            {&Program::template Forward<TornUpdates<NoPause>>,
             &Program::template Forward<TornUpdates<RandomPause>>},
            {&Program::template Backward<Right<NoPause>>,
             &Program::template Backward<Right<RandomPause>>}}},
          registers};
}

}  // namespace sabre::litmus

#endif  // SABRE_TESTS_LITMUS_ACCESSES_H_
