// tests/seeded/scenario.h: what runs under the seeded scheduler.
#ifndef SABRE_TESTS_SEEDED_SCENARIO_H_
#define SABRE_TESTS_SEEDED_SCENARIO_H_

#include <functional>
#include <utility>
#include <vector>

#include "tests/seeded/scheduler.h"

namespace sabre::seeded {

// A small program with its claims. `body` runs in a thread of its own, makes others, checks with Expect, and
// returns when all have ended.
struct Scenario {
  const char* name;
  const char* claim;
  void (*body)();
  // What must happen under some seed (see Reached): a scenario in which nobody ever times out says nothing
  // about timeouts.
  std::vector<const char*> outcomes;
};

const std::vector<Scenario>& AtomicsScenarios();
const std::vector<Scenario>& MessagingScenarios();
const std::vector<Scenario>& NamedScenarios();
const std::vector<Scenario>& PoolScenarios();
const std::vector<Scenario>& PortScenarios();
const std::vector<Scenario>& ReceiveScenarios();
const std::vector<Scenario>& WorkerScenarios();
// Each is wrong, and the scheduler must find that.
const std::vector<Scenario>& BrokenScenarios();

// This outcome has happened.
void Reached(const char* outcome);

// Returns once this descriptor (EventLoop::native_handle) is readable: what a foreign loop does between Polls.
void AwaitReadable(int fd);

// A thread of a scenario. Ends before its scope does.
class Actor {
 public:
  explicit Actor(std::function<void()> body) : thread_(Spawn(std::move(body))) {}
  Actor(const Actor&) = delete;
  Actor& operator=(const Actor&) = delete;
  ~Actor() { AwaitEnd(thread_); }

 private:
  const int thread_;
};

}  // namespace sabre::seeded

#endif  // SABRE_TESTS_SEEDED_SCENARIO_H_
