#include "lib/messaging/thread_inbox.h"

#include <map>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "lib/messaging/port_state.h"
#include "sabre/memory/agent.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/thread_messages.h"

namespace sabre::internal {
namespace {

constexpr TransferType kTicketType{"ThreadTicket"};

// The sender's end of the inbox of each thread that has a handler.
struct ThreadInboxes {
  StdSync::Mutex mutex;
  std::map<std::uint64_t, MessagePort> ports;  // [mutex]
};

// Never destroyed: threads may end while the statics of the program do.
ThreadInboxes& AllInboxes() {
  static ThreadInboxes* const inboxes = new ThreadInboxes;
  return *inboxes;
}

// The thread's own end. Made after its loop and its agent, so it ends before them.
class ThreadInbox {
 public:
  explicit ThreadInbox(std::uint64_t thread_id) : thread_id_(thread_id) {}
  ThreadInbox(const ThreadInbox&) = delete;
  ThreadInbox& operator=(const ThreadInbox&) = delete;
  ~ThreadInbox() { Close(); }

  void Handle(ThreadMessageHandler handler) {
    if (!open_) Open();
    port_.OnMessage([handler = std::move(handler)](MessageEvent event) mutable {
      const std::unique_ptr<TransferredObject> last = std::move(event.attachments().objects.back());
      event.attachments().objects.pop_back();
      auto& ticket = static_cast<ThreadTicket&>(*last);
      ticket.Begin();
      ticket.Finish(handler(std::move(event), ticket.source()));
    });
  }

  void Close() {
    if (!std::exchange(open_, false)) return;
    MessagePort senders;
    {
      ThreadInboxes& inboxes = AllInboxes();
      std::lock_guard<StdSync::Mutex> lock(inboxes.mutex);
      const auto found = inboxes.ports.find(thread_id_);
      senders = std::move(found->second);
      inboxes.ports.erase(found);
    }
    // What is queued is answered by its end.
    port_ = MessagePort();
  }

 private:
  void Open() {
    auto [own, senders] = MessageChannel::Create();
    port_ = std::move(own);
    port_.Unref();
    open_ = true;
    ThreadInboxes& inboxes = AllInboxes();
    std::lock_guard<StdSync::Mutex> lock(inboxes.mutex);
    inboxes.ports.emplace(thread_id_, std::move(senders));
  }

  const std::uint64_t thread_id_;
  bool open_ = false;
  MessagePort port_;
};

absl::Status NoSuchThread(std::uint64_t thread_id) {
  return absl::NotFoundError(absl::StrCat("PostMessageToThread: there is no thread ", thread_id,
                                          " that handles messages (OnThreadMessage)"));
}

}  // namespace

ThreadTicket::~ThreadTicket() {
  if (answer_ == nullptr) return;
  if (begun_) {
    answer_->Give(absl::StatusCode::kUnknown,
                  "PostMessageToThread: the handler threw an exception");
  } else {
    answer_->Give(absl::StatusCode::kUnavailable,
                  "PostMessageToThread: the thread ended before it came to the message");
  }
}

const TransferType& ThreadTicket::type() const noexcept { return kTicketType; }

void ThreadTicket::Finish(const absl::Status& status) {
  const std::shared_ptr<ThreadAnswer> answer = std::move(answer_);
  if (status.ok()) {
    answer->Give(absl::StatusCode::kOk, "");
  } else {
    answer->Give(absl::StatusCode::kUnknown,
                 absl::StrCat("PostMessageToThread: the handler failed: ", status.ToString()));
  }
}

void SetThreadMessageHandler(ThreadMessageHandler handler) {
  EventLoop::Current();
  thread_local ThreadInbox inbox(Agent::Current().id());
  if (handler == nullptr) {
    inbox.Close();
  } else {
    inbox.Handle(std::move(handler));
  }
}

absl::StatusOr<std::shared_ptr<ThreadAnswer>> PutIntoInbox(std::uint64_t thread_id,
                                                           PreparedMessage message) {
  const std::uint64_t source = Agent::Current().id();
  if (thread_id == source) {
    return absl::InvalidArgumentError(
        absl::StrCat("PostMessageToThread: ", thread_id, " is the calling thread"));
  }
  std::shared_ptr<PortTransport> senders;
  {
    ThreadInboxes& inboxes = AllInboxes();
    std::lock_guard<StdSync::Mutex> lock(inboxes.mutex);
    const auto found = inboxes.ports.find(thread_id);
    if (found != inboxes.ports.end()) senders = found->second.state()->shared_transport();
  }
  const std::size_t cost = MessageCost(message.byte_length());
  if (senders == nullptr || senders->Reserve(cost) != kernel::PostResult::kPosted) {
    return NoSuchThread(thread_id);
  }
  auto answer = std::make_shared<ThreadAnswer>();
  Message committed = std::move(message).Commit();
  // Behind those that the value names by their index.
  committed.objects.push_back(std::make_unique<ThreadTicket>(source, answer));
  senders->PostReserved(std::move(committed), cost);
  return answer;
}

}  // namespace sabre::internal
