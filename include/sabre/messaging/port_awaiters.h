// sabre/messaging/port_awaiters.h: what a coroutine waits with for a port.
#ifndef SABRE_MESSAGING_PORT_AWAITERS_H_
#define SABRE_MESSAGING_PORT_AWAITERS_H_

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/messaging/message_event.h"

namespace sabre::internal {

class PortState;
class PortWait;

// PortAwaiter
//
// Lives in the coroutine's frame from co_await until the coroutine goes on or is destroyed; either may
// happen in the thread of its loop only. Who is destroyed while he waits has received nothing.
class PortAwaiter {
 public:
  PortAwaiter(const PortAwaiter&) = delete;
  PortAwaiter& operator=(const PortAwaiter&) = delete;

  bool await_ready();
  void await_suspend(std::coroutine_handle<> coroutine);

 protected:
  // `receives`: nobody else may receive from the port meanwhile.
  PortAwaiter(std::shared_ptr<PortState> port, bool receives) noexcept;
  virtual ~PortAwaiter();

  // Looks for what is awaited. Not OK: the wait is over with this. False: nothing yet.
  virtual absl::StatusOr<bool> Look(PortState& port) = 0;
  // Has `wait` told when it is worth looking again. False: it is now.
  virtual bool Arm(PortState& port, PortWait& wait) = 0;

  absl::Status TakeStatus() noexcept { return std::move(status_); }

 private:
  friend class PortWait;

  // Whether the wait is over; then status_ says how.
  bool Try();
  // The coroutine goes on.
  void EndWait();

  const std::shared_ptr<PortState> port_;  // null: of a port that is none
  const bool receives_;
  std::shared_ptr<PortWait> wait_;  // while the coroutine is suspended
  absl::Status status_;
};

// co_await port.Next()
class NextAwaiter final : public PortAwaiter {
 public:
  explicit NextAwaiter(std::shared_ptr<PortState> port) noexcept;
  ~NextAwaiter() override;
  absl::StatusOr<MessageEvent> await_resume();

 private:
  absl::StatusOr<bool> Look(PortState& port) override;
  bool Arm(PortState& port, PortWait& wait) override;

  std::optional<MessageEvent> event_;
};

// For who takes the message himself, and when he likes: the wait of Next alone. OK: there may be something to
// receive, or the end of the channel.
class ReadableAwaiter final : public PortAwaiter {
 public:
  explicit ReadableAwaiter(std::shared_ptr<PortState> port) noexcept;
  ~ReadableAwaiter() override;
  absl::Status await_resume();

 private:
  absl::StatusOr<bool> Look(PortState& port) override;
  bool Arm(PortState& port, PortWait& wait) override;

  bool armed_ = false;
};

// co_await port.Room()
class RoomAwaiter final : public PortAwaiter {
 public:
  explicit RoomAwaiter(std::shared_ptr<PortState> port) noexcept;
  ~RoomAwaiter() override;
  absl::Status await_resume();

 private:
  absl::StatusOr<bool> Look(PortState& port) override;
  bool Arm(PortState& port, PortWait& wait) override;
};

}  // namespace sabre::internal

#endif  // SABRE_MESSAGING_PORT_AWAITERS_H_
