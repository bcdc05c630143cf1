#include "sabre/memory/wait.h"

#include <cstdint>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"

namespace sabre {
namespace {

TEST_CASE("A Store that is followed by Notify is never slept through") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(8));
  constexpr std::int32_t kRounds = 20'000;
  std::thread partner([&] {
    for (std::int32_t round = 0; round < kRounds; ++round) {
      while (atomics::Load(cells, 0) == round) atomics::Wait(cells, 0, round);
      atomics::Store(cells, 1, round + 1);
      atomics::Notify(cells, 1);
    }
  });
  for (std::int32_t round = 0; round < kRounds; ++round) {
    atomics::Store(cells, 0, round + 1);
    atomics::Notify(cells, 0);
    while (atomics::Load(cells, 1) == round) atomics::Wait(cells, 1, round);
  }
  partner.join();
  CHECK(atomics::Load(cells, 1) == kRounds);
}

TEST_CASE("What Notify counts is what waiters report, beside timeouts") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(64));
  constexpr int kWaits = 4'000;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kWaits; ++i) {
        const WaitResult result = atomics::Wait(cells, 0, 0, absl::Microseconds(i % 7 * 10));
        if (result == WaitResult::kOk) atomics::Add(cells, 1, 1);
      }
      atomics::Add(cells, 2, 1);
    });
  }
  std::int32_t woken = 0;
  while (atomics::Load(cells, 2) < 3) {
    woken += static_cast<std::int32_t>(atomics::Notify(cells, 0, 1));
  }
  for (std::thread& thread : threads) thread.join();
  woken += static_cast<std::int32_t>(atomics::Notify(cells, 0));
  CHECK(atomics::Load(cells, 1) == woken);
}

TEST_CASE("Plain access to shared memory is race-defined: views of several types at once") {
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(64);
  constexpr int kRounds = 50'000;
  const Int32Array words = *Int32Array::Over(buffer);
  const Uint8Array bytes = *Uint8Array::Over(buffer);
  const Float64Array doubles = *Float64Array::Over(buffer);
  std::thread writer([&] {
    for (int i = 0; i < kRounds; ++i) {
      words.Set(0, i % 2 == 0 ? 0 : -1);
      bytes.Set(9, static_cast<std::uint8_t>(i));
      doubles.Set(2, i);
    }
  });
  bool whole = true;
  double last = 0;
  bool forward = true;
  for (int i = 0; i < kRounds; ++i) {
    const std::int32_t word = words.Get(0);
    whole = whole && (word == 0 || word == -1);
    const double value = doubles.Get(2);
    forward = forward && value >= last;
    last = value;
    bytes.Set(8, static_cast<std::uint8_t>(i));
  }
  writer.join();
  CHECK(whole);    // no element is ever half of one write and half of another
  CHECK(forward);  // one element's values are seen in the order in which they were written
}

}  // namespace
}  // namespace sabre
