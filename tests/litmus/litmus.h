// tests/litmus/litmus.h: a litmus test as the runner sees it. generate.py makes them from litmus.tsv.
//
// A test is up to four threads of a few accesses each to up to three cells, and one outcome that a
// memory model allows or forbids. One run of it, over cells of its own, is an instance.
#ifndef SABRE_TESTS_LITMUS_LITMUS_H_
#define SABRE_TESTS_LITMUS_LITMUS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "sabre/memory/typed_array.h"
#include "tests/litmus/pause.h"

namespace sabre::litmus {

inline constexpr std::size_t kMaxThreads = 4;
inline constexpr std::size_t kMaxCells = 3;
inline constexpr std::size_t kMaxRegisters = 3;

using Registers = std::array<std::int32_t, kMaxRegisters>;
// Where the cells of an instance are: indices into the view.
using Places = std::array<std::uint32_t, kMaxCells>;

// What one instance has come to.
struct State {
  std::array<Registers, kMaxThreads> reg{};
  std::array<std::int32_t, kMaxCells> cell{};
};

// How the accesses are done. Only the first is right; each of the others is what a broken library, compiler
// or machine would do, and some test must notice it.
enum class Variant : std::uint8_t {
  kRight,
  kPlainStores,  // the atomic stores are plain ones
  kTornUpdates,  // an atomic update is a load, and then a store
  kReordered,    // the thread does its accesses in the opposite order
};
inline constexpr std::size_t kVariants = 4;

// Runs the accesses of one thread. The paused one may lose its CPU between any two of them; in the other
// nothing stands between them.
using Body = void (*)(const Int32Array& cells, const Places& places, Registers& reg, Pause& pause);
struct Thread {
  struct Bodies {
    Body straight = nullptr;
    Body paused = nullptr;
  };
  std::array<Bodies, kVariants> bodies;
  std::size_t registers = 0;
};

enum class Verdict : std::uint8_t {
  kAllowed,
  kForbidden,  // by ECMA-262, and by C++ as well
  kForbiddenByCpp,  // by C++ alone: plain access is a relaxed access of C++, so it must not be seen either
  kTooStrict,  // by RC11 alone, not by ISO C++: see generate.py
};
// Whether the outcome is a failure of the library if it is seen.
constexpr bool MustNotBeSeen(Verdict verdict) {
  return verdict == Verdict::kForbidden || verdict == Verdict::kForbiddenByCpp;
}

struct Test {
  std::string_view name;
  std::string_view program;
  std::string_view outcome;
  std::string_view cpp;         // "allowed" or "forbidden"
  std::string_view ecmascript;  // the same
  Verdict verdict;
  std::size_t threads;
  std::size_t cells;
  std::array<Thread, kMaxThreads> thread;
  bool (*is_outcome)(const State& state);
};

// All of the table, in its order.
std::span<const Test> Tests();

}  // namespace sabre::litmus

#endif  // SABRE_TESTS_LITMUS_LITMUS_H_
