#include "sabre/memory/agent.h"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

// Relaxed is enough for a number that nobody orders anything by.
StdSync::Atomic<std::uint64_t> next_agent_id{1};

// 0: none.
thread_local std::uint64_t reserved_agent_id = 0;

// Null: not made yet. It is never destroyed, only ended: thread-locals of the user may still ask for it.
constinit thread_local Agent* current_agent = nullptr;

}  // namespace

std::uint64_t Agent::ReserveId() noexcept { return next_agent_id.fetch_add(1, StdSync::kRelaxed); }

void Agent::UseReservedId(std::uint64_t id) noexcept { reserved_agent_id = id; }

Agent::Agent() noexcept : id_(reserved_agent_id != 0 ? reserved_agent_id : ReserveId()) {}

void Agent::End() {
  ended_ = true;
  for (const EndHook hook : std::exchange(end_hooks_, {})) hook(id_);
  can_block_ = true;
  stop_token_ = {};
  // An assignment would keep the memory.
  std::string().swap(name_);
  executor_ = nullptr;
}

bool Agent::CallAtEnd(EndHook hook) {
  if (ended_) return false;
  if (std::find(end_hooks_.begin(), end_hooks_.end(), hook) == end_hooks_.end()) {
    end_hooks_.push_back(hook);
  }
  return true;
}

struct Agent::Ender {
  ~Ender() { Current().End(); }
};

Agent& Agent::Make() noexcept {
  alignas(Agent) thread_local unsigned char memory[sizeof(Agent)];
  current_agent = new (memory) Agent;
  thread_local const Ender ender;
  static_cast<void>(&ender);
  return *current_agent;
}

Agent& Agent::Current() noexcept { return current_agent != nullptr ? *current_agent : Make(); }

}  // namespace sabre
