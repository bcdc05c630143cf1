// sabre/memory/agent.h: what a thread is to the memory model.
#ifndef SABRE_MEMORY_AGENT_H_
#define SABRE_MEMORY_AGENT_H_

#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace sabre {

class Executor;

// Agent
//
// One per thread, made at its first use; a Worker sets the fields of its own before its entry runs. It ends
// with the thread, after the thread-locals that were made since. Those that end still later, and statics,
// may go on asking for it: the number is the same, all else is as at first.
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

  // What it is called, in a trace for example; a Worker has its own name. Empty until set.
  const std::string& name() const noexcept { return name_; }
  void set_name(std::string name) noexcept { name_ = std::move(name); }

  // Where asynchronous completions of this thread run. Null until set.
  Executor* executor() const noexcept { return executor_; }
  void set_executor(Executor* executor) noexcept { executor_ = executor; }

  // What runs in this thread when the agent ends, with its number: after the thread's event loop has ended.
  using EndHook = void (*)(std::uint64_t agent_id);
  // A hook that was given before is not called twice. Returns: false if the agent ends or has ended.
  bool CallAtEnd(EndHook hook);

  // For Worker: a number for the agent of a thread that is yet to be made, and its use there, before the
  // first Current.
  static std::uint64_t ReserveId() noexcept;
  static void UseReservedId(std::uint64_t id) noexcept;

 private:
  struct Ender;

  Agent() noexcept;
  static Agent& Make() noexcept;
  void End();

  const std::uint64_t id_;
  bool can_block_ = true;
  std::string name_;
  std::stop_token stop_token_;
  Executor* executor_ = nullptr;
  bool ended_ = false;
  std::vector<EndHook> end_hooks_;
};

}  // namespace sabre

#endif  // SABRE_MEMORY_AGENT_H_
