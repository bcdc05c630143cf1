#include "sabre/memory/dump_waiters.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/mutex.h"
#include "sabre/memory/wait_async.h"
#include "tests/memory/manual_executor.h"

namespace sabre {
namespace {

TEST_CASE("DumpWaiters names all who wait: block, byte, agent, kind and since when") {
  test::ManualExecutor executor;
  const SharedArrayBuffer first = *SharedArrayBuffer::Create(64);
  const SharedArrayBuffer second = *SharedArrayBuffer::Create(64);
  const Int32Array narrow = *Int32Array::Over(first);
  const BigInt64Array wide = *BigInt64Array::Over(second);
  CHECK(DumpWaiters().empty());
  CHECK(WaitersToString() == "nobody waits\n");

  const auto began = std::chrono::steady_clock::now();
  const AsyncWait on_second = atomics::WaitAsync(wide, 5, 0);
  std::uint64_t sleeper_id = 0;
  std::thread sleeper([&] {
    sleeper_id = Agent::Current().id();
    atomics::Wait(narrow, 3, 0);
  });
  while (atomics::WaiterCount(narrow, 3) == 0) std::this_thread::yield();
  const AsyncWait behind = atomics::WaitAsync(narrow, 3, 0);

  const std::vector<WaiterInfo> waiters = DumpWaiters();
  const std::string text = WaitersToString(waiters);
  const auto ended = std::chrono::steady_clock::now();
  CHECK(atomics::Notify(narrow, 3) == 2);
  sleeper.join();

  REQUIRE(waiters.size() == 3);
  const std::uint64_t self = Agent::Current().id();
  const WaiterInfo expected[] = {
      {first.id(), 12, sleeper_id, WaiterKind::kBlocking, {}, {}},
      {first.id(), 12, self, WaiterKind::kAsynchronous, {}, {}},
      {second.id(), 40, self, WaiterKind::kAsynchronous, {}, {}},
  };
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(waiters[i].block_id == expected[i].block_id);
    CHECK(waiters[i].byte_index == expected[i].byte_index);
    CHECK(waiters[i].agent_id == expected[i].agent_id);
    CHECK(waiters[i].kind == expected[i].kind);
    CHECK(waiters[i].since >= began);
    CHECK(waiters[i].since <= ended);
    CHECK(waiters[i].waited >= absl::ZeroDuration());
    CHECK(waiters[i].waited <= absl::FromChrono(ended - began));
  }
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);
  CHECK(text.find("block " + std::to_string(first.id()) + " byte 12: agent " +
                  std::to_string(sleeper_id) + " in Wait for ") == 0);
  CHECK(text.find(" in WaitAsync for ") != std::string::npos);
  executor.Close();
  CHECK(DumpWaiters().empty());
}

TEST_CASE("Who waits for a lock in shared memory is named as such") {
  const SharedArrayBuffer buffer = *SharedArrayBuffer::Create(64);
  const Int32Array cells = *Int32Array::Over(buffer);
  atomics::Mutex mutex = *atomics::Mutex::Over(cells, 4);
  mutex.lock();
  std::thread other([&] {
    mutex.lock();
    mutex.unlock();
  });
  while (DumpWaiters().empty()) std::this_thread::yield();
  const std::string text = WaitersToString();
  mutex.unlock();
  other.join();
  CHECK(text.find("block " + std::to_string(buffer.id()) + " byte 16: agent ") == 0);
  CHECK(text.find(" in a lock for ") != std::string::npos);
}

TEST_CASE("DumpWaiters looks at blocks that begin and end meanwhile") {
  bool too_many = false;
  const Int32Array flag = *Int32Array::Over(*SharedArrayBuffer::Create(4));
  std::thread other([&] {
    while (atomics::Load(flag, 0) == 0) {
      const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(4));
      atomics::Wait(cells, 0, 0, absl::Microseconds(1));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const std::vector<WaiterInfo> waiters = DumpWaiters();
    too_many = too_many || waiters.size() > 1;
  }
  atomics::Store(flag, 0, 1);
  other.join();
  CHECK_FALSE(too_many);
  CHECK(DumpWaiters().empty());
}

}  // namespace
}  // namespace sabre
