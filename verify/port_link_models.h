// verify/port_link_models.h: what the models of the port link are made of.
#ifndef SABRE_VERIFY_PORT_LINK_MODELS_H_
#define SABRE_VERIFY_PORT_LINK_MODELS_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "lib/kernel/port_link.h"
#include "sabre/verify/model.h"

namespace sabre::port_link_models {

using namespace verify;
using namespace kernel;
using S = RelacySync;
inline constexpr PortSide kFirst = PortSide::kFirst;
inline constexpr PortSide kSecond = PortSide::kSecond;

// Messages are on the heap, so that a lost one is a leak and one that is dropped twice a crash.
using Mail = std::unique_ptr<int>;

// Holds four.
class ModelQueue {
 public:
  ModelQueue() = default;
  ModelQueue(const ModelQueue&) = delete;
  ModelQueue& operator=(const ModelQueue&) = delete;
  ~ModelQueue() {
    for (Mail mail; !empty();) PopFront(mail);
  }

  bool empty() const { return count() == 0; }
  std::size_t count() const { return static_cast<std::size_t>(count_.Get()); }
  std::size_t bytes() const { return bytes_.Get(); }
  std::size_t front_bytes() const { return costs_[0].Get(); }
  void Push(Mail& mail, std::size_t bytes) {
    const int last = count_.Get();
    SABRE_VERIFY(last < kMost);
    slots_[last].Set(mail.release());
    costs_[last].Set(bytes);
    count_.Set(last + 1);
    bytes_.Set(bytes_.Get() + bytes);
  }
  void PopFront(Mail& mail) {
    mail.reset(slots_[0].Get());
    bytes_.Set(bytes_.Get() - front_bytes());
    count_.Set(count_.Get() - 1);
    for (int i = 0; i < count_.Get(); ++i) {
      slots_[i].Set(slots_[i + 1].Get());
      costs_[i].Set(costs_[i + 1].Get());
    }
  }
  void Swap(ModelQueue& other) {
    for (int i = 0; i < kMost; ++i) {
      Exchange(slots_[i], other.slots_[i]);
      Exchange(costs_[i], other.costs_[i]);
    }
    Exchange(count_, other.count_);
    Exchange(bytes_, other.bytes_);
  }

 private:
  template <class U>
  static void Exchange(S::Var<U>& a, S::Var<U>& b) {
    const U value = a.Get();
    a.Set(b.Get());
    b.Set(value);
  }

  static constexpr int kMost = 4;
  S::Var<int*> slots_[kMost];
  S::Var<std::size_t> costs_[kMost];
  S::Var<int> count_{0};
  S::Var<std::size_t> bytes_{0};
};

// Without looks, each of which is one more place for a switch; BriefMutex has a model of its own.
using Link = PortLink<ModelQueue, S, /*kLooks=*/0>;

struct Listener final : BasicPortListener<S> {
  void OnPortReady() override {
    calls.Set(calls.Get() + 1);
    bell.Unpark();
  }
  S::Var<int> calls{0};
  S::Parker bell;
};

constexpr PortLimits Capacity(std::size_t messages) {
  return {{messages, SIZE_MAX}, {messages, SIZE_MAX}, {messages / 2, SIZE_MAX}};
}

inline PostResult Post(Link& link, PortEnd from, int value, std::size_t bytes = 1) {
  Mail mail = std::make_unique<int>(value);
  const PostResult result = link.Post(from, mail, bytes);
  SABRE_VERIFY((mail == nullptr) == (result == PostResult::kPosted));
  return result;
}
inline bool PostOne(Link& link, PortSide side, int value) {
  return Post(link, {side}, value) == PostResult::kPosted;
}

// Posts, sleeping while there is no room. Says how it ended.
inline PostResult PostWait(Link& link, PortEnd from, int value, std::size_t bytes = 1) {
  Listener listener;
  for (;;) {
    const PostResult result = Post(link, from, value, bytes);
    if (result != PostResult::kFull) return result;
    if (!link.ArmRoom(from, listener, bytes)) continue;
    Reached("slept for room");
    listener.bell.Park(sabre::kNever);
  }
}

// Receives, sleeping while there is nothing. Null: the channel is closed, or the end has moved.
inline Mail Receive(Link& link, PortEnd at) {
  Listener listener;
  for (;;) {
    Mail mail;
    const PopResult result = link.Pop(at, mail);
    if (result == PopResult::kMessage) return mail;
    if (result != PopResult::kEmpty) return nullptr;
    if (!link.ArmReadable(at, listener)) continue;
    Reached("slept for a message");
    listener.bell.Park(sabre::kNever);
  }
}

}  // namespace sabre::port_link_models

#endif  // SABRE_VERIFY_PORT_LINK_MODELS_H_
