#include "sabre/memory/agent.h"

#include <doctest/doctest.h>

#include <cstdint>
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

}  // namespace agent_test
}  // namespace
}  // namespace sabre
