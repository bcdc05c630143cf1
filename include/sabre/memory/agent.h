// sabre/memory/agent.h: what a thread is to the memory model.
#ifndef SABRE_MEMORY_AGENT_H_
#define SABRE_MEMORY_AGENT_H_

#include <cstdint>
#include <stop_token>

namespace sabre {

class Executor;

// Agent
//
// One per thread, made at its first use; a Worker sets the fields of its own before its entry runs.
//
// Thread-safety: an agent belongs to its thread; `id` may be read by any that has a reference.
// Spec: ECMA-262 Agents (https://tc39.es/ecma262/#sec-agents).
class Agent {
 public:
  // The calling thread's.
  static Agent& Current() noexcept;

  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  // A number that no other agent of this process has or had; not 0.
  std::uint64_t id() const noexcept { return id_; }

  // Whether this thread may block in atomics::Wait. True until set; a thread that runs a user
  // interface sets it to false, and Wait then fails instead of freezing it.
  // Spec: the [[CanBlock]] field of the Agent Record.
  bool can_block() const noexcept { return can_block_; }
  void set_can_block(bool can_block) noexcept { can_block_ = can_block; }

  // When a stop is requested here, blocking calls of this thread return (WaitResult::kTerminated,
  // kCancelled). A token that can never stop until set.
  const std::stop_token& stop_token() const noexcept { return stop_token_; }
  void set_stop_token(std::stop_token token) noexcept { stop_token_ = std::move(token); }

  // Where asynchronous completions of this thread run. Null until set.
  Executor* executor() const noexcept { return executor_; }
  void set_executor(Executor* executor) noexcept { executor_ = executor; }

 private:
  Agent() noexcept;

  const std::uint64_t id_;
  bool can_block_ = true;
  std::stop_token stop_token_;
  Executor* executor_ = nullptr;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_AGENT_H_
