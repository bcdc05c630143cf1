// What is idle costs nothing: no thread of it runs, so none is woken. Counted by the kernel, not timed.
#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace idle_test {
namespace {

constexpr int kWorkers = 100;
constexpr int kPorts = 1000;

// How often a thread has begun to wait or was made to, and for how many nanoseconds it has run.
struct ThreadCounts {
  std::int64_t switches = 0;
  std::int64_t run_ns = 0;
  bool operator==(const ThreadCounts&) const = default;
};

std::set<std::string> ThreadsOfProcess() {
  std::set<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    ids.insert(entry.path().filename().string());
  }
  return ids;
}

// Of every thread of the process that is not in `without`: a sanitizer has threads of its own.
std::map<std::string, ThreadCounts> CountsWithout(const std::set<std::string>& without) {
  std::map<std::string, ThreadCounts> counts;
  for (const std::string& id : ThreadsOfProcess()) {
    if (without.contains(id)) continue;
    ThreadCounts& thread = counts[id];
    std::ifstream status("/proc/self/task/" + id + "/status");
    for (std::string word; status >> word;) {
      if (word != "voluntary_ctxt_switches:" && word != "nonvoluntary_ctxt_switches:") continue;
      std::int64_t count = 0;
      status >> count;
      thread.switches += count;
    }
    std::ifstream("/proc/self/task/" + id + "/schedstat") >> thread.run_ns;
  }
  return counts;
}

TEST_CASE("1,000 open ports and 100 idle workers: no thread runs, none is woken") {
  const std::set<std::string> before = ThreadsOfProcess();

  // A thread whose loop has 1,000 open ports with handlers, and a timer for tomorrow.
  std::vector<MessagePort> peers;
  std::promise<void> ports_open;
  EventLoop* loop = nullptr;
  int received = 0;
  std::thread holder([&] {
    loop = &EventLoop::Current();
    std::vector<MessagePort> ports;
    for (int i = 0; i < kPorts; ++i) {
      auto [here, there] = MessageChannel::Create();
      here.OnMessage([&received](MessageEvent) { ++received; });
      ports.push_back(std::move(here));
      peers.push_back(std::move(there));
    }
    loop->PostAfter(absl::Hours(24), [] {});
    ports_open.set_value();
    loop->Run();
  });
  ports_open.get_future().get();

  // A third of the workers wait for messages by a handler, a third in Receive, a third on their loop alone.
  std::vector<Worker> workers;
  for (int i = 0; i < kWorkers; ++i) {
    absl::StatusOr<Worker> worker =
        Worker::Start([kind = i % 3](WorkerScope& self) -> absl::Status {
          if (kind == 0) self.OnMessage([](MessageEvent) {});
          if (kind == 1) return self.Receive().status();
          self.loop().Ref();
          return absl::OkStatus();
        });
    REQUIRE(worker.ok());
    workers.push_back(*std::move(worker));
  }

  // Until all have come to rest. What never does fails below.
  using Counts = std::map<std::string, ThreadCounts>;
  const auto pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds(50)); };
  Counts resting = CountsWithout(before);
  for (int attempts = 0; attempts < 200; ++attempts) {
    pause();
    Counts now = CountsWithout(before);
    if (std::exchange(resting, now) == now) break;
  }
  REQUIRE(resting.size() == kWorkers + 1);

  std::this_thread::sleep_for(std::chrono::seconds(1));
  int disturbed = 0;
  for (const auto& [id, counts] : CountsWithout(before)) disturbed += counts == resting[id] ? 0 : 1;
  CHECK(disturbed == 0);

  // They were asleep, not dead.
  for (MessagePort& peer : peers) CHECK(peer.PostMessage(1).ok());
  loop->Post([loop] { loop->Stop(); });
  holder.join();
  CHECK(received == kPorts);
  for (Worker& worker : workers) CHECK(worker.Terminate());
}

}  // namespace
}  // namespace idle_test
}  // namespace sabre
