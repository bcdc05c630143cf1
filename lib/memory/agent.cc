#include "sabre/memory/agent.h"

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

// Relaxed is enough for a number that nobody orders anything by.
StdSync::Atomic<std::uint64_t> next_agent_id{1};

}  // namespace

Agent::Agent() noexcept : id_(next_agent_id.fetch_add(1, StdSync::kRelaxed)) {}

Agent& Agent::Current() noexcept {
  thread_local Agent agent;
  return agent;
}

}  // namespace sabre
