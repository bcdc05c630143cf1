// lib/kernel/lock_queue.h: locks by name, and who waits for them.
#ifndef SABRE_LIB_KERNEL_LOCK_QUEUE_H_
#define SABRE_LIB_KERNEL_LOCK_QUEUE_H_

#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <string>

#include "lib/kernel/lock_request.h"
#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

namespace sabre::kernel {

// LockQueues
//
// For each name those who hold it (one, or several that share) and those who wait, in order of arrival. A
// request is granted when it is the first that waits and those who hold allow it; so an exclusive one holds
// back the shared ones behind it, and shared ones in a row are granted together.
//
// Thread-safety: all members from any thread; the caller holds a reference to the request. Lock: one, never
//   held while OnSettled or OnLost runs.
// Memory ordering: everything before a Release, or before the call that takes a lock away, happens before
//   the OnSettled, or the return of the Request, that grants the name to the next.
// Spec: Web Locks, processing model (https://w3c.github.io/web-locks/#algorithms).
template <BlockingPolicy S = StdSync>
class LockQueues {
 public:
  using Request = LockRequest<S>;
  using State = typename Request::State;

  // What to do if others stand in the way.
  enum class IfTaken : std::uint8_t {
    kWait,    // becomes pending
    kGiveUp,  // stays idle
    kSteal,   // takes the lock away from those who hold it, and comes before those who wait
  };

  LockQueues() = default;
  LockQueues(const LockQueues&) = delete;
  LockQueues& operator=(const LockQueues&) = delete;
  // Nobody may hold or wait.
  ~LockQueues() {
    if (!queues_.empty()) S::Unreachable("LockQueues: ended before its locks");
  }

  // Requests the lock, once for each request. Returns the state: kHeld, kPending, or kIdle.
  State Add(Request& request, IfTaken if_taken) {
    Batch batch;
    const State state = AddLocked(request, if_taken, batch);
    Tell(batch);
    return state;
  }

  // Ends the wait of a pending request with `outcome`, kCancelled or kTimedOut.
  // Returns: true if this call ended it, and has called OnSettled. False: it is not pending; if it was, its
  //   OnSettled has been or is being called.
  bool Cancel(Request& request, State outcome) {
    Batch batch;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (request.state_.Get() != State::kPending) return false;
      const Iterator queue = queues_.find(request.name());
      EndPending(queue->second, request, outcome, batch);
      GrantNext(queue, batch);
    }
    Tell(batch);
    return true;
  }

  // Gives the lock back. Returns: false if the request does not hold it (any more).
  bool Release(Request& request) {
    Batch batch;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      if (request.state_.Get() != State::kHeld) return false;
      const Iterator queue = queues_.find(request.name());
      queue->second.held.Erase(request);
      request.state_.Set(State::kReleased);
      GrantNext(queue, batch);
    }
    Tell(batch);
    // The reference of the queues. The caller has one too.
    request.DropReference();
    return true;
  }

  // The owner has ended: what it holds goes to the next, and it waits no more.
  void EndOwner(std::uint64_t owner) {
    Batch batch;
    {
      std::lock_guard<typename S::Mutex> lock(mutex_);
      for (Iterator queue = queues_.begin(); queue != queues_.end();) {
        const Iterator next = std::next(queue);
        queue->second.pending.ForEach([&](Request& request) {
          if (request.owner() != owner) return;
          EndPending(queue->second, request, State::kOrphaned, batch);
        });
        queue->second.held.ForEach([&](Request& request) {
          if (request.owner() == owner) TakeAway(queue->second, request, State::kOrphaned, batch);
        });
        GrantNext(queue, batch);
        queue = next;
      }
    }
    Tell(batch);
  }

  State StateOf(const Request& request) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    return request.state_.Get();
  }

  // Calls `visit(request, held)` with all that hold or wait, under the lock: name by name, those who hold
  // before those who wait, each in order. It must be short and must not enter this object.
  template <class Visit>
  void ForEach(Visit visit) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    for (auto& [name, queue] : queues_) {
      queue.held.ForEach([&](const Request& request) { visit(request, true); });
      queue.pending.ForEach([&](const Request& request) { visit(request, false); });
    }
  }

 private:
  struct Queue {
    LockList<S> held;
    LockList<S> pending;
  };
  using Iterator = typename std::map<std::string, Queue>::iterator;

  // What is to be told when the lock has been left, with a reference each.
  struct Batch {
    Request* settled = nullptr;
    Request* last_settled = nullptr;
    Request* lost = nullptr;
  };

  static bool HoldersAllow(const Queue& queue, const Request& request) {
    const Request* const holder = queue.held.first();
    return holder == nullptr || (holder->shared() && request.shared());
  }

  static void Hold(Queue& queue, Request& request) {
    request.state_.Set(State::kHeld);
    queue.held.PushBack(request);
  }

  State AddLocked(Request& request, IfTaken if_taken, Batch& batch) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (request.state_.Get() != State::kIdle) S::Unreachable("LockQueues: requested twice");
    Queue& queue = queues_[request.name()];
    if (if_taken == IfTaken::kSteal) {
      queue.held.ForEach([&](Request& holder) { TakeAway(queue, holder, State::kStolen, batch); });
      Hold(queue, request);
    } else if (queue.pending.first() == nullptr && HoldersAllow(queue, request)) {
      Hold(queue, request);
    } else if (if_taken == IfTaken::kGiveUp) {
      return State::kIdle;
    } else {
      request.state_.Set(State::kPending);
      queue.pending.PushBack(request);
    }
    request.AddReference();
    return request.state_.Get();
  }

  // Grants what can be granted now, and forgets a name that nobody holds or waits for.
  void GrantNext(Iterator queue, Batch& batch) {
    LockList<S>& pending = queue->second.pending;
    while (Request* const first = pending.first()) {
      if (!HoldersAllow(queue->second, *first)) return;
      pending.Erase(*first);
      Hold(queue->second, *first);
      first->AddReference();
      WillTellSettled(*first, batch);
    }
    if (queue->second.held.first() == nullptr) queues_.erase(queue);
  }

  // The reference of the queues becomes that of the batch, in both.
  static void EndPending(Queue& queue, Request& request, State outcome, Batch& batch) {
    queue.pending.Erase(request);
    request.state_.Set(outcome);
    WillTellSettled(request, batch);
  }
  static void TakeAway(Queue& queue, Request& request, State outcome, Batch& batch) {
    queue.held.Erase(request);
    request.state_.Set(outcome);
    request.next_lost_.Set(batch.lost);
    batch.lost = &request;
  }

  static void WillTellSettled(Request& request, Batch& batch) {
    if (batch.settled == nullptr) {
      batch.settled = &request;
    } else {
      batch.last_settled->next_settled_.Set(&request);
    }
    batch.last_settled = &request;
  }

  // Those who lost a lock first: who gets it next may meet them.
  static void Tell(const Batch& batch) {
    for (Request* request = batch.lost; request != nullptr;) {
      Request* const next = request->next_lost_.Get();
      request->OnLost();
      request->DropReference();
      request = next;
    }
    for (Request* request = batch.settled; request != nullptr;) {
      Request* const next = request->next_settled_.Get();
      request->OnSettled();
      request->DropReference();
      request = next;
    }
  }

  typename S::Mutex mutex_;
  std::map<std::string, Queue> queues_;  // [mutex_] names that somebody holds or waits for
};

}  // namespace sabre::kernel

#endif  // SABRE_LIB_KERNEL_LOCK_QUEUE_H_
