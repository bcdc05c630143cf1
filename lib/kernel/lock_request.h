// lib/kernel/lock_request.h: one request for a lock by name.
#ifndef SABRE_LIB_KERNEL_LOCK_REQUEST_H_
#define SABRE_LIB_KERNEL_LOCK_REQUEST_H_

#include <cstdint>
#include <string>
#include <utility>

#include "lib/kernel/ref_count.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

template <BlockingPolicy S>
class LockList;
template <BlockingPolicy S>
class LockQueues;

// LockRequest
//
// One request for one lock, and the lock itself once it was granted. Made by `new` with one reference,
// its owner's; the queues hold one while it is pending or held, and one for the time of each call below.
//
//   state     | meaning                                   | left by
//   kIdle     | not requested yet                         | Request → kHeld, kPending (or as it is)
//   kPending  | waits its turn                            | a grant → kHeld; Cancel → kCancelled or
//             |                                           | kTimedOut; EndOwner → kOrphaned
//   kHeld     | granted                                   | Release → kReleased; a thief → kStolen;
//             |                                           | EndOwner → kOrphaned
//   the others| it is over                                | never
template <BlockingPolicy S = StdSync>
class LockRequest {
 public:
  enum class State : std::uint8_t {
    kIdle,
    kPending,
    kHeld,
    kReleased,
    kCancelled,
    kTimedOut,
    kStolen,
    kOrphaned,  // its owner has ended
  };

  LockRequest(std::string name, bool shared, std::uint64_t owner)
      : name_(std::move(name)), shared_(shared), owner_(owner) {}
  LockRequest(const LockRequest&) = delete;
  LockRequest& operator=(const LockRequest&) = delete;

  const std::string& name() const noexcept { return name_; }
  bool shared() const noexcept { return shared_; }
  std::uint64_t owner() const noexcept { return owner_; }

  void AddReference() noexcept { references_.Increment(); }
  void DropReference() noexcept {
    if (references_.Decrement()) delete this;
  }

 protected:
  virtual ~LockRequest() = default;

  // It was pending and is so no more. Called once, without the lock, in the thread that did it.
  virtual void OnSettled() = 0;
  // It was held and was taken away: stolen, or its owner has ended. Called at most once, without the lock,
  // in the thread that did it; perhaps while another one is still in OnSettled.
  virtual void OnLost() = 0;

 private:
  friend class LockList<S>;
  friend class LockQueues<S>;
  template <class T>
  using Var = typename S::template Var<T>;

  const std::string name_;
  const bool shared_;
  const std::uint64_t owner_;
  RefCount<S> references_;
  // Of the lock of LockQueues, all of them.
  Var<State> state_{State::kIdle};
  Var<LockRequest*> next_{nullptr};  // among the pending or the held of its name
  Var<LockRequest*> previous_{nullptr};
  Var<LockRequest*> next_settled_{nullptr};  // in the batch of the thread that will call OnSettled
  Var<LockRequest*> next_lost_{nullptr};     // the same for OnLost
};

// LockList
//
// Requests, oldest first. Thread-safety: none; LockQueues uses it under its lock.
template <BlockingPolicy S>
class LockList {
 public:
  using Request = LockRequest<S>;

  Request* first() const { return first_.Get(); }
  void PushBack(Request& request) {
    request.next_.Set(nullptr);
    request.previous_.Set(last_.Get());
    (first() == nullptr ? first_ : last_.Get()->next_).Set(&request);
    last_.Set(&request);
  }
  void Erase(Request& request) {
    Request* const next = request.next_.Get();
    Request* const previous = request.previous_.Get();
    (previous != nullptr ? previous->next_ : first_).Set(next);
    (next != nullptr ? next->previous_ : last_).Set(previous);
  }
  // `visit` may erase what it is given.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (Request* request = first(); request != nullptr;) {
      Request* const next = request->next_.Get();
      visit(*request);
      request = next;
    }
  }

 private:
  template <class T>
  using Var = typename S::template Var<T>;

  Var<Request*> first_{nullptr};
  Var<Request*> last_{nullptr};
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_LOCK_REQUEST_H_
