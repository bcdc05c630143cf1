#include "sabre/memory/agent.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace sabre {
namespace {
namespace agent_test {

std::vector<std::string> ends;
std::uint64_t ended_id = 0;

void NoteId(std::uint64_t agent_id) {
  ended_id = agent_id;
  ends.emplace_back("hook");
}
void NoteAnother(std::uint64_t) { ends.emplace_back("another"); }

TEST_CASE("end hooks run once each, in order, after what the thread made since") {
  struct Local {
    ~Local() { ends.emplace_back("thread-local"); }
  };
  ends.clear();
  std::uint64_t id = 0;
  std::thread([&] {
    Agent& agent = Agent::Current();
    id = agent.id();
    agent.CallAtEnd(&NoteId);
    agent.CallAtEnd(&NoteAnother);
    agent.CallAtEnd(&NoteId);
    thread_local Local local;
    static_cast<void>(&local);
    CHECK(ends.empty());
  }).join();
  CHECK(ends == std::vector<std::string>{"thread-local", "hook", "another"});
  CHECK(ended_id == id);
}

TEST_CASE("a thread-local that ends after the agent finds it, and gives it no hook") {
  struct Late {
    ~Late() {
      *id = Agent::Current().id();
      *hooked = Agent::Current().CallAtEnd(&NoteId);
      *stop_possible = Agent::Current().stop_token().stop_possible();
    }
    std::uint64_t* id = nullptr;
    bool* hooked = nullptr;
    bool* stop_possible = nullptr;
  };
  std::uint64_t id = 0;
  std::uint64_t late_id = 0;
  bool hooked = true;
  bool stop_possible = true;
  std::thread([&] {
    thread_local Late late;
    late.id = &late_id;
    late.hooked = &hooked;
    late.stop_possible = &stop_possible;
    Agent& agent = Agent::Current();
    id = agent.id();
    agent.set_stop_token(std::stop_source().get_token());
    CHECK(agent.CallAtEnd(&NoteAnother));
  }).join();
  CHECK(late_id == id);
  CHECK_FALSE(hooked);
  CHECK_FALSE(stop_possible);
}

}  // namespace agent_test
}  // namespace
}  // namespace sabre
