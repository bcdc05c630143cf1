// lib/messaging/thread_inbox.h: how a message finds a thread, and its answer the sender.
#ifndef SABRE_LIB_MESSAGING_THREAD_INBOX_H_
#define SABRE_LIB_MESSAGING_THREAD_INBOX_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/kernel/task_state.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/clone/transferable.h"

namespace sabre::internal {

// ThreadAnswer
//
// What the sender and the message share.
//
// Thread-safety: the answer is written once, before the state is settled, and read after it.
class ThreadAnswer {
 public:
  kernel::TaskState<StdSync>& state() noexcept { return state_; }

  void Give(absl::StatusCode code, std::string text) {
    code_ = code;
    text_ = std::move(text);
    state_.Settle();
  }
  // Once it is settled. A new object at each call: see docs/errors.md on statuses and threads.
  absl::Status status() const { return absl::Status(code_, text_); }

 private:
  kernel::TaskState<StdSync> state_;
  absl::StatusCode code_ = absl::StatusCode::kOk;
  std::string text_;
};

// ThreadTicket
//
// Travels with a message, as the last of its objects, and gives the answer: at the latest when it ends.
class ThreadTicket final : public TransferredObject {
 public:
  ThreadTicket(std::uint64_t source, std::shared_ptr<ThreadAnswer> answer)
      : source_(source), answer_(std::move(answer)) {}
  ThreadTicket(const ThreadTicket&) = delete;
  ThreadTicket& operator=(const ThreadTicket&) = delete;
  ~ThreadTicket() override;

  const TransferType& type() const noexcept override;
  std::uint64_t source() const noexcept { return source_; }

  // The handler is called now, and has returned.
  void Begin() noexcept { begun_ = true; }
  void Finish(const absl::Status& status);

 private:
  const std::uint64_t source_;
  std::shared_ptr<ThreadAnswer> answer_;  // null: given
  bool begun_ = false;
};

// Puts the message into the thread's inbox.
// Errors: kInvalidArgument, kNotFound as PostMessageToThread; nothing is detached then.
absl::StatusOr<std::shared_ptr<ThreadAnswer>> PutIntoInbox(std::uint64_t thread_id,
                                                           PreparedMessage message);

}  // namespace sabre::internal

#endif  // SABRE_LIB_MESSAGING_THREAD_INBOX_H_
