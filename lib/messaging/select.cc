#include "sabre/messaging/select.h"

#include <memory>
#include <stop_token>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "lib/kernel/ready_set.h"
#include "lib/memory/deadline.h"
#include "lib/memory/trace_points.h"
#include "lib/messaging/port_state.h"
#include "sabre/memory/agent.h"

namespace sabre {
namespace internal {

using ReadyPorts = kernel::ReadySet<StdSync>;

// A port in a Select. What is between an Arm and its answer may outlive the Select.
class SelectMember final : public ReadyPorts::Member,
                           public kernel::PortListener,
                           public PortReader {
 public:
  SelectMember(SelectPorts& ports, std::shared_ptr<ReadyPorts> ready,
               const std::shared_ptr<PortState>& port, Select::Key key)
      : ports_(ports),
        ready_(std::move(ready)),
        transport_(port->shared_transport()),
        port_(port),
        identity_(port.get()),
        key_(key) {}

  void OnPortReady() override {
    // The member may be gone, and the Select with it, as soon as it is marked.
    const std::shared_ptr<ReadyPorts> ready = ready_;
    if (ready->Mark(*this) == ReadyPorts::MarkResult::kAbandoned) delete this;
  }

  const char* what() const override { return "a Select"; }
  void Supersede() override;

  PortTransport& transport() const { return *transport_; }
  // Null if nobody has the port any more.
  std::shared_ptr<PortState> port() const { return port_.lock(); }
  // As long as this exists, no other port has it.
  const PortState* identity() const { return identity_; }
  Select::Key key() const { return key_; }

 private:
  SelectPorts& ports_;  // for as long as it knows this one
  const std::shared_ptr<ReadyPorts> ready_;
  const std::shared_ptr<PortTransport> transport_;
  const std::weak_ptr<PortState> port_;
  const PortState* const identity_;
  const Select::Key key_;
};

class SelectPorts {
 public:
  ~SelectPorts() {
    for (auto& [port, member] : members_) Release(std::move(member));
  }

  void Add(const std::shared_ptr<PortState>& port, Select::Key key) {
    std::unique_ptr<SelectMember>& member = members_[port.get()];
    member = std::make_unique<SelectMember>(*this, ready_, port, key);
    port->reader = member.get();
    // As far as one knows; the first look will tell.
    ready_->Append(*member);
  }

  bool Remove(const PortState* port) {
    const auto found = members_.find(port);
    if (found == members_.end()) return false;
    Release(std::move(found->second));
    members_.erase(found);
    return true;
  }

  std::size_t size() const { return members_.size(); }

  // What one of the ports has now.
  std::optional<Select::Selected> Look() {
    while (ReadyPorts::Member* const ready = ready_->Take()) {
      auto& member = static_cast<SelectMember&>(*ready);
      Select::Selected selected{member.key(), std::nullopt};
      switch (member.transport().Pop(selected.message)) {
        case kernel::PopResult::kMessage:
          // Maybe there are more: behind all others.
          ready_->Append(member);
          return selected;
        case kernel::PopResult::kEmpty:
          ready_->Expect(member);
          // Armed, it may be marked before this call returns.
          if (!member.transport().ArmReadable(member)) {
            ready_->Withdraw(member);
            ready_->Append(member);
          }
          break;
        case kernel::PopResult::kMoved:
          Forget(member);
          break;
        case kernel::PopResult::kClosed:
          // Who has destroyed the port knows that it is closed.
          if (Forget(member)) return selected;
          break;
      }
    }
    return std::nullopt;
  }

  // Sleeps until there may be something, the deadline, or a stop request.
  void Wait(TimePoint deadline, const std::stop_token& stop) {
    const std::stop_callback cancel(stop, [this] { ready_->Interrupt(); });
    const TracedSpan span(kTraceWaitSelect);
    ready_->Wait(deadline);
  }

 private:
  // The idle `member` goes. Returns: whether somebody still has its port.
  bool Forget(SelectMember& member) {
    const std::shared_ptr<PortState> port = member.port();
    if (port != nullptr) port->reader = nullptr;
    members_.erase(member.identity());
    return port != nullptr;
  }

  void Release(std::unique_ptr<SelectMember> member) {
    if (const std::shared_ptr<PortState> port = member->port()) port->reader = nullptr;
    if (member->transport().Disarm(*member)) {
      ready_->Withdraw(*member);
    } else if (ready_->Remove(*member) == ReadyPorts::RemoveResult::kAbandoned) {
      // The answer that is on its way destroys it.
      static_cast<void>(member.release());
    }
  }

  const std::shared_ptr<ReadyPorts> ready_ = std::make_shared<ReadyPorts>();
  absl::flat_hash_map<const PortState*, std::unique_ptr<SelectMember>> members_;
};

void SelectMember::Supersede() { ports_.Remove(identity_); }

}  // namespace internal

Select::Select() : ports_(std::make_unique<internal::SelectPorts>()) {}
Select::~Select() = default;

absl::Status Select::Add(const MessagePort& port, Key key) {
  if (port.state() == nullptr) {
    return absl::FailedPreconditionError("Select: port is closed or was transferred");
  }
  if (absl::Status free = port.state()->CheckReader(); !free.ok()) return free;
  ports_->Add(port.state(), key);
  return absl::OkStatus();
}

bool Select::Remove(const MessagePort& port) { return ports_->Remove(port.state().get()); }

std::size_t Select::size() const noexcept { return ports_->size(); }

absl::StatusOr<Select::Selected> Select::Next(absl::Duration timeout) {
  const Agent& agent = Agent::Current();
  const std::stop_token& stop = agent.stop_token();
  // The clock is asked only if there is nothing at first.
  std::optional<TimePoint> deadline;
  for (;;) {
    if (stop.stop_requested()) return absl::CancelledError("Select: the agent is terminated");
    if (std::optional<Selected> selected = ports_->Look()) return *std::move(selected);
    if (ports_->size() == 0) return absl::UnavailableError("Select: there is no open port");
    if (!deadline.has_value()) deadline = internal::DeadlineAfter(timeout);
    if (*deadline == TimePoint::min() || (*deadline != kNever && StdSync::Now() >= *deadline)) {
      return absl::DeadlineExceededError("Select: no message in time");
    }
    if (!agent.can_block()) {
      return absl::FailedPreconditionError("Select: this thread may not block (can_block)");
    }
    ports_->Wait(*deadline, stop);
  }
}

}  // namespace sabre
