#include "sabre/memory/agent.h"

#include <algorithm>

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

// Relaxed is enough for a number that nobody orders anything by.
StdSync::Atomic<std::uint64_t> next_agent_id{1};

// 0: none.
thread_local std::uint64_t reserved_agent_id = 0;

}  // namespace

std::uint64_t Agent::ReserveId() noexcept { return next_agent_id.fetch_add(1, StdSync::kRelaxed); }

void Agent::UseReservedId(std::uint64_t id) noexcept { reserved_agent_id = id; }

Agent::Agent() noexcept : id_(reserved_agent_id != 0 ? reserved_agent_id : ReserveId()) {}

Agent::~Agent() {
  for (const EndHook hook : end_hooks_) hook(id_);
}

void Agent::CallAtEnd(EndHook hook) {
  if (std::find(end_hooks_.begin(), end_hooks_.end(), hook) == end_hooks_.end()) {
    end_hooks_.push_back(hook);
  }
}

Agent& Agent::Current() noexcept {
  thread_local Agent agent;
  return agent;
}

}  // namespace sabre
