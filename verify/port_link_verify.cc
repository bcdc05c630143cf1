// Claims about the two ends of a channel: messages, room for them, closing and moving.
#include "lib/kernel/port_link.h"

#include <cstdint>
#include <memory>

#include "lib/kernel/port_count.h"
#include "lib/kernel/port_inbox.h"
#include "lib/kernel/port_listener.h"
#include "lib/kernel/port_side_data.h"
#include "sabre/verify/model.h"
#include "verify/port_link_models.h"

namespace {
using namespace sabre::verify;
using namespace sabre::kernel;
using namespace sabre::port_link_models;

// ---- Messages

// A receiver that sleeps gets both messages in order, then hears of the close.
struct ReceiverMissesNothing : Model<ReceiverMissesNothing, 2> {
  Link link;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(PostOne(link, kFirst, 1) && PostOne(link, kFirst, 2) && link.Close({kFirst}));
      return;
    }
    for (int next = 1; next <= 2; ++next) SABRE_VERIFY(*Receive(link, {kSecond}) == next);
    SABRE_VERIFY(Receive(link, {kSecond}) == nullptr);
  }
};

// The same by a message alone, and by a place that was promised.
struct PostWakes : Model<PostWakes, 2> {
  Link link;
  S::Var<int> data{0};
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(link.Reserve({kFirst}, 1) == PostResult::kPosted);
      data.Set(7);
      Mail mail = std::make_unique<int>(1);
      link.PostReserved(kFirst, mail, 1);
      SABRE_VERIFY(mail == nullptr && PostOne(link, kFirst, 2));
      return;
    }
    SABRE_VERIFY(*Receive(link, {kSecond}) == 1 && data.Get() == 7);
    SABRE_VERIFY(*Receive(link, {kSecond}) == 2);
  }
};

// Two threads post to one side: both arrive, with what they wrote before.
struct TwoPosters : Model<TwoPosters, 3> {
  Link link;
  S::Var<int> data[2];
  void Thread(int id) {
    if (id < 2) {
      data[id].Set(1);
      SABRE_VERIFY(PostOne(link, kFirst, id));
      return;
    }
    int sum = 0;
    for (int i = 0; i < 2; ++i) {
      const Mail mail = Receive(link, {kSecond});
      SABRE_VERIFY(data[*mail].Get() == 1);
      sum += *mail + 1;
    }
    SABRE_VERIFY(sum == 3);
  }
};

// Disarm against what a listener waits for: it is called, or taken back, not both.
template <class Derived>
struct DisarmAgainst : Model<Derived, 2> {
  Link link{Capacity(1)};
  Listener listener;
  PortSide side = kFirst;
  bool taken_back = false;
  void Thread(int id) {
    if (id == 0) {
      static_cast<Derived*>(this)->Happens();
    } else {
      taken_back = link.Disarm(side, listener);
    }
  }
  void After() {
    SABRE_VERIFY(listener.calls.Get() == (taken_back ? 0 : 1));
    Reached(taken_back ? "taken back" : "called");
  }
};
struct DisarmAgainstPost : DisarmAgainst<DisarmAgainstPost> {
  void Before() {
    side = kSecond;
    SABRE_VERIFY(link.ArmReadable({kSecond}, listener));
  }
  void Happens() { SABRE_VERIFY(PostOne(link, kFirst, 1)); }
};
struct DisarmAgainstPop : DisarmAgainst<DisarmAgainstPop> {
  void Before() { SABRE_VERIFY(PostOne(link, kFirst, 1) && link.ArmRoom({kFirst}, listener, 1)); }
  void Happens() { SABRE_VERIFY(Receive(link, {kSecond}) != nullptr); }
};
struct DisarmAgainstMove : DisarmAgainst<DisarmAgainstMove> {
  void Before() { SABRE_VERIFY(link.ArmDrain({kFirst}, listener, 0)); }
  void Happens() { SABRE_VERIFY(link.Move({kFirst}).moves == 1); }
};

// ---- Room

// Two posters, room for one: never more than that, and nobody sleeps beside room.
struct RoomForOne : Model<RoomForOne, 3> {
  Link link{Capacity(1)};
  void Thread(int id) {
    if (id < 2) {
      SABRE_VERIFY(PostWait(link, {kFirst}, id) == PostResult::kPosted);
      SABRE_VERIFY(link.counts(kSecond).queued.messages <= 1 && link.drains(kFirst).count <= 2);
      return;
    }
    for (int i = 0; i < 2; ++i) SABRE_VERIFY(Receive(link, {kSecond}) != nullptr);
  }
};

// One poster of a large and a small message, room for two bytes: room counts in bytes, too.
struct RoomInBytes : Model<RoomInBytes, 2> {
  Link link{PortLimits{{SIZE_MAX, 2}, {SIZE_MAX, 2}, {SIZE_MAX, 1}}};
  void Thread(int id) {
    for (int i = 1; i <= 3; ++i) {
      if (id == 0) {
        SABRE_VERIFY(PostWait(link, {kFirst}, i, i == 2 ? 2 : 1) == PostResult::kPosted);
        SABRE_VERIFY(link.counts(kSecond).queued.bytes <= 2);
      } else {
        SABRE_VERIFY(*Receive(link, {kSecond}) == i);
      }
    }
  }
};

// What precedes the receipt that made room is visible to the post that took it.
struct RoomCarries : Model<RoomCarries, 2> {
  Link link{Capacity(1)};
  S::Var<int> data{0};
  void Before() { SABRE_VERIFY(PostOne(link, kFirst, 1)); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(PostWait(link, {kFirst}, 2) == PostResult::kPosted);
      SABRE_VERIFY(data.Get() == 7);
      return;
    }
    data.Set(7);
    SABRE_VERIFY(*Receive(link, {kSecond}) == 1);
  }
};

// A poster that waits for a drain is told of it, once for each.
struct DrainIsTold : Model<DrainIsTold, 2> {
  Link link{Capacity(2)};
  void Before() { SABRE_VERIFY(PostOne(link, kFirst, 1) && PostOne(link, kFirst, 2)); }
  void Thread(int id) {
    if (id == 1) {
      for (int i = 1; i <= 3; ++i) SABRE_VERIFY(*Receive(link, {kSecond}) == i);
      return;
    }
    Listener listener;
    if (link.ArmDrain({kFirst}, listener, 0)) {
      Reached("slept for the drain");
      listener.bell.Park(sabre::kNever);
    } else {
      Reached("drained before");
    }
    SABRE_VERIFY(!link.drains(kFirst).needed && link.drains(kFirst).count == 1);
    SABRE_VERIFY(PostOne(link, kFirst, 3));
  }
};

// ---- Closing

// Post against the peer's Close: the message is refused, or dropped; it leaks in neither case.
struct PostAgainstClose : Model<PostAgainstClose, 2> {
  Link link;
  PostResult posted = PostResult::kFull;
  void Thread(int id) {
    if (id == 0) {
      posted = Post(link, {kFirst}, 1);
    } else {
      SABRE_VERIFY(link.Close({kSecond}));
      Mail mail;
      SABRE_VERIFY(link.Pop({kSecond}, mail) == PopResult::kClosed);
    }
  }
  void After() {
    Reached(posted == PostResult::kPosted ? "posted, dropped" : "refused");
    SABRE_VERIFY(link.CanPost({kFirst}, 1) == PostResult::kPeerClosed);
  }
};

// A promised place against the Close of one's own side: the promise is kept, and the peer hears of the
// close after it.
struct PromiseAgainstOwnClose : Model<PromiseAgainstOwnClose, 3> {
  Link link;
  bool promised = false;
  bool received = false;
  void Thread(int id) {
    if (id == 0) {
      promised = link.Reserve({kFirst}, 1) == PostResult::kPosted;
      if (!promised) return;
      Mail mail = std::make_unique<int>(1);
      link.PostReserved(kFirst, mail, 1);
      SABRE_VERIFY(mail == nullptr);
    } else if (id == 1) {
      SABRE_VERIFY(link.Close({kFirst}));
    } else {
      received = Receive(link, {kSecond}) != nullptr;
      if (received) SABRE_VERIFY(Receive(link, {kSecond}) == nullptr);
    }
  }
  void After() {
    SABRE_VERIFY(received == promised);
    Reached(promised ? "posted" : "refused");
  }
};

// The same against the peer's Close: the message is the poster's to drop, or dropped with the queue.
struct PromiseAgainstClose : Model<PromiseAgainstClose, 2> {
  Link link;
  void Thread(int id) {
    if (id == 1) {
      SABRE_VERIFY(link.Close({kSecond}));
      return;
    }
    if (link.Reserve({kFirst}, 1) != PostResult::kPosted) return Reached("refused");
    Mail mail = std::make_unique<int>(1);
    link.PostReserved(kFirst, mail, 1);
    Reached(mail == nullptr ? "dropped with the queue" : "left to the poster");
  }
};

// Pop against the Close of one's own side: in order up to the close, which drops the rest.
struct PopAgainstOwnClose : Model<PopAgainstOwnClose, 2> {
  Link link;
  void Before() { SABRE_VERIFY(PostOne(link, kFirst, 1) && PostOne(link, kFirst, 2)); }
  void Thread(int id) {
    if (id == 0) {
      Listener listener;
      if (link.ArmReadable({kSecond}, listener)) SABRE_VERIFY(link.Disarm(kSecond, listener));
      SABRE_VERIFY(link.Close({kSecond}));
      return;
    }
    int got = 0;
    while (const Mail mail = Receive(link, {kSecond})) {
      SABRE_VERIFY(*mail == got + 1);
      got += 1;
      if (got == 2) break;
    }
    Reached(got == 0 ? "dropped both" : got == 1 ? "dropped one" : "dropped none");
  }
};

// Both sides close while both listen: each listener is called once, each Close succeeds once.
struct BothClose : Model<BothClose, 2> {
  Link link;
  Listener listeners[2];
  void Before() {
    SABRE_VERIFY(link.ArmReadable({kFirst}, listeners[0]) &&
                 link.ArmReadable({kSecond}, listeners[1]));
  }
  void Thread(int id) {
    const PortSide side = id == 0 ? kFirst : kSecond;
    SABRE_VERIFY(link.Close({side}) && !link.Close({side}));
  }
  void After() { SABRE_VERIFY(listeners[0].calls.Get() == 1 && listeners[1].calls.Get() == 1); }
};

// Who waits for room does not sleep beside a closed queue, whichever side it was that closed.
template <class Derived, PortSide kCloser>
struct RoomAgainstClose : Model<Derived, 2> {
  Link link{Capacity(1)};
  void Before() { SABRE_VERIFY(PostOne(link, kFirst, 1)); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(link.Close({kCloser}));
      return;
    }
    const PostResult result = PostWait(link, {kFirst}, 2);
    SABRE_VERIFY(result == (kCloser == kFirst ? PostResult::kClosed : PostResult::kPeerClosed));
  }
};
struct RoomAgainstPeerClose : RoomAgainstClose<RoomAgainstPeerClose, kSecond> {};
struct RoomAgainstOwnClose : RoomAgainstClose<RoomAgainstOwnClose, kFirst> {};

// Who looks whether it can post disturbs nobody.
struct CanPostAgainstClose : Model<CanPostAgainstClose, 2> {
  Link link;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(link.Close({kSecond}));
      return;
    }
    const bool open = link.CanPost({kFirst}, 1) == PostResult::kPosted;
    Reached(open ? "open" : "closed");
    SABRE_VERIFY(link.counts(kSecond).queued.messages == 0 && link.drains(kFirst).count == 0);
  }
};

// ---- Moving

// Messages that come while their port moves follow it, in order; who still has the old end is told.
struct PostAgainstMove : Model<PostAgainstMove, 3> {
  Link link;
  S::Atomic<std::uint32_t> moved{0};
  int by_old = 0;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(PostOne(link, kFirst, 1) && PostOne(link, kFirst, 2));
    } else if (id == 1) {
      SABRE_VERIFY(link.Move({kSecond}).moves == 1);
      moved.store(1, S::kRelease);
    } else {
      // The old owner's other thread: receives until it hears that the end has moved. Then the new owner.
      int got = 0;
      while (const Mail mail = Receive(link, {kSecond})) {
        SABRE_VERIFY(*mail == ++got);
        if (got == 2) break;
      }
      if (got == 2) return Reached("before the move");
      Reached(got == 1 ? "between" : "after the move");
      Mail mail;
      SABRE_VERIFY(link.Pop({kSecond}, mail) == PopResult::kMoved && mail == nullptr);
      while (got < 2) SABRE_VERIFY(*Receive(link, {kSecond, 1}) == ++got);
    }
  }
};

// Move against Close: the close comes first, and the next owner finds it; or the old end closes nothing.
struct MoveAgainstClose : Model<MoveAgainstClose, 2> {
  Link link;
  bool closed = false;
  void Before() { SABRE_VERIFY(PostOne(link, kFirst, 1)); }
  void Thread(int id) {
    if (id == 0) {
      closed = link.Close({kSecond});
      return;
    }
    const PortEnd next = link.Move({kSecond});
    SABRE_VERIFY(next.moves == 1 && next.side == kSecond);
    SABRE_VERIFY(link.CanPost({kSecond}, 1) == PostResult::kClosed);
  }
  void After() {
    Reached(closed ? "closed, then moved" : "moved, and not closed");
    Mail mail;
    SABRE_VERIFY(link.Pop({kSecond, 1}, mail) ==
                 (closed ? PopResult::kClosed : PopResult::kMessage));
    SABRE_VERIFY(link.Close({kSecond, 1}) == !closed);
  }
};

// Who waits for room, or for a message, through an end that moves is told.
struct WaitAgainstMove : Model<WaitAgainstMove, 3> {
  Link link{Capacity(1)};
  void Before() { SABRE_VERIFY(PostOne(link, kFirst, 1)); }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(link.Move({kFirst}).moves == 1);
    } else if (id == 1) {
      SABRE_VERIFY(PostWait(link, {kFirst}, 2) == PostResult::kClosed);
    } else {
      SABRE_VERIFY(Receive(link, {kFirst}) == nullptr);
    }
  }
};

// The link by one hand: what each call says, who is told, and what is left when it ends.
struct LinkStepByStep : Model<LinkStepByStep, 1> {
  void MessagesGoRound() {
    Link link;
    Mail mail;
    SABRE_VERIFY(link.Pop({kSecond}, mail) == PopResult::kEmpty && mail == nullptr);
    SABRE_VERIFY(!link.MayPop(kSecond));
    for (int i = 1; i <= 3; ++i) SABRE_VERIFY(PostOne(link, kFirst, i) && link.MayPop(kSecond));
    SABRE_VERIFY(*Receive(link, {kSecond}) == 1 && link.counts(kSecond).queued.messages == 2);
    SABRE_VERIFY(PostOne(link, kFirst, 4) && link.counts(kSecond).queued.bytes == 3);
    SABRE_VERIFY(*Receive(link, {kSecond}) == 2 && *Receive(link, {kSecond}) == 3);
    SABRE_VERIFY(link.counts(kSecond).received == 3 && link.counts(kFirst).posted == 4);
    // Both queues hold some when the link ends.
    SABRE_VERIFY(PostOne(link, kSecond, 5));
  }
  void ReadyMeansReady() {
    Link link;
    Listener listener, other;
    SABRE_VERIFY(!link.Disarm(kSecond, listener));
    SABRE_VERIFY(link.ArmReadable({kSecond}, listener) && link.ArmReadable({kSecond}, other));
    SABRE_VERIFY(link.Disarm(kSecond, other) && !link.Disarm(kSecond, other));
    SABRE_VERIFY(link.ArmReadable({kSecond}, other) && link.Disarm(kSecond, listener));
    SABRE_VERIFY(link.ArmReadable({kSecond}, listener));
    SABRE_VERIFY(PostOne(link, kFirst, 1) && !link.ArmReadable({kSecond}, listener));
    SABRE_VERIFY(listener.calls.Get() == 1 && other.calls.Get() == 1);
    SABRE_VERIFY(PostOne(link, kFirst, 2) && listener.calls.Get() == 1);
    // A message that was taken with an earlier one is one, too.
    SABRE_VERIFY(*Receive(link, {kSecond}) == 1 && !link.ArmReadable({kSecond}, listener));
  }
  void RoomMeansRoom() {
    Link link({{3, 10}, {3, 8}, {1, 4}});
    Listener small, large, tiny;
    SABRE_VERIFY(!link.ArmRoom({kFirst}, small, 1));
    SABRE_VERIFY(Post(link, {kFirst}, 1, 99) == PostResult::kPosted && link.drains(kFirst).needed);
    SABRE_VERIFY(Post(link, {kFirst}, 2, 1) == PostResult::kFull);
    SABRE_VERIFY(*Receive(link, {kSecond}) == 1 && link.drains(kFirst).count == 1);
    SABRE_VERIFY(Post(link, {kFirst}, 3, 3) == PostResult::kPosted && !link.drains(kFirst).needed);
    SABRE_VERIFY(link.Reserve({kFirst}, 5) == PostResult::kPosted && link.drains(kFirst).needed);
    SABRE_VERIFY(link.Reserve({kFirst}, 3) == PostResult::kFull && link.counts(kFirst).posted == 3);
    Mail mail = std::make_unique<int>(4);
    link.PostReserved(kFirst, mail, 5);
    SABRE_VERIFY(Post(link, {kFirst}, 5, 2) == PostResult::kPosted);
    SABRE_VERIFY(link.CanPost({kFirst}, 0) == PostResult::kFull);
    SABRE_VERIFY(link.ArmRoom({kFirst}, small, 2) && link.ArmRoom({kFirst}, large, 6));
    SABRE_VERIFY(link.ArmRoom({kFirst}, tiny, 1));
    Listener drained;
    SABRE_VERIFY(!link.ArmDrain({kFirst}, drained, 0) && link.ArmDrain({kFirst}, drained, 1));
    SABRE_VERIFY(*Receive(link, {kSecond}) == 3);
    SABRE_VERIFY(small.calls.Get() == 1 && large.calls.Get() == 0 && tiny.calls.Get() == 1);
    SABRE_VERIFY(link.counts(kSecond).queued == (PortLoad{2, 7}) && drained.calls.Get() == 0);
    SABRE_VERIFY(*Receive(link, {kSecond}) == 4);
    SABRE_VERIFY(large.calls.Get() == 1 && drained.calls.Get() == 1);
    SABRE_VERIFY(link.drains(kFirst).count == 2 && !link.drains(kFirst).needed);
    SABRE_VERIFY(link.drains(kSecond).count == 0);
  }
  void CloseIsForGood() {
    Link link;
    Listener own, peer;
    Listener drain;
    for (int i = 1; i <= 2; ++i) {
      SABRE_VERIFY(PostOne(link, kFirst, i) && PostOne(link, kSecond, i));
    }
    SABRE_VERIFY(*Receive(link, {kFirst}) == 1);
    for (int i = 1; i <= 2; ++i) SABRE_VERIFY(*Receive(link, {kSecond}) == i);
    SABRE_VERIFY(PostOne(link, kSecond, 3) && link.counts(kFirst).queued == (PortLoad{2, 2}));
    SABRE_VERIFY(link.ArmReadable({kSecond}, peer) && link.ArmDrain({kFirst}, drain, 0));
    SABRE_VERIFY(link.Close({kFirst}) && !link.Close({kFirst}));
    SABRE_VERIFY(peer.calls.Get() == 1 && drain.calls.Get() == 1);
    Mail mail;
    SABRE_VERIFY(link.Pop({kFirst}, mail) == PopResult::kClosed);
    SABRE_VERIFY(link.counts(kFirst).queued == (PortLoad{0, 0}));
    SABRE_VERIFY(link.CanPost({kFirst}, 1) == PostResult::kClosed);
    SABRE_VERIFY(Post(link, {kSecond}, 5) == PostResult::kPeerClosed);
    SABRE_VERIFY(link.Reserve({kSecond}, 1) == PostResult::kPeerClosed);
    for (const PortSide side : {kFirst, kSecond}) {
      SABRE_VERIFY(!link.ArmReadable({side}, own) && !link.ArmDrain({side}, own, 0));
      SABRE_VERIFY(!link.ArmRoom({side}, own, 1));
    }
    SABRE_VERIFY(link.Pop({kSecond}, mail) == PopResult::kClosed && link.Close({kSecond}));
    SABRE_VERIFY(link.CanPost({kSecond}, 1) == PostResult::kClosed);
  }
  // A message of the closed side stays for its peer.
  void LastWordsAreHeard() {
    Link link;
    SABRE_VERIFY(PostOne(link, kFirst, 1) && link.Close({kFirst}));
    SABRE_VERIFY(*Receive(link, {kSecond}) == 1 && Receive(link, {kSecond}) == nullptr);
  }
  void MovedMeansClosed() {
    Link link;
    Listener listener;
    Mail mail;
    SABRE_VERIFY(PostOne(link, kSecond, 1) && link.ArmDrain({kFirst}, listener, 0));
    SABRE_VERIFY(link.Move({kFirst}).moves == 1 && listener.calls.Get() == 1);
    SABRE_VERIFY(link.Move({kFirst}).moves == 0 && Post(link, {kFirst}, 2) == PostResult::kClosed);
    SABRE_VERIFY(link.Pop({kFirst}, mail) == PopResult::kMoved && !link.Close({kFirst}));
    SABRE_VERIFY(!link.ArmReadable({kFirst}, listener) && !link.ArmDrain({kFirst}, listener, 0));
    SABRE_VERIFY(*Receive(link, {kFirst, 1}) == 1);
    SABRE_VERIFY(Post(link, {kFirst, 1}, 3) == PostResult::kPosted);
  }
  void Thread(int) {
    MessagesGoRound();
    ReadyMeansReady();
    RoomMeansRoom();
    CloseIsForGood();
    LastWordsAreHeard();
    MovedMeansClosed();
  }
};

// Who is told of something may use the link at once.
struct ListenerUsesLink : Model<ListenerUsesLink, 1> {
  struct Popper final : BasicPortListener<S> {
    explicit Popper(Link& its_link) : link(its_link) {}
    void OnPortReady() override {
      Mail mail;
      popped = link.Pop({kSecond}, mail);
    }
    Link& link;
    PopResult popped = PopResult::kEmpty;
  };
  Link link;
  void Thread(int) {
    Popper popper(link);
    SABRE_VERIFY(link.ArmReadable({kSecond}, popper) && PostOne(link, kFirst, 1));
    SABRE_VERIFY(popper.popped == PopResult::kMessage);
    SABRE_VERIFY(link.ArmReadable({kSecond}, popper) && link.Close({kFirst}));
    SABRE_VERIFY(popper.popped == PopResult::kClosed);
  }
};

// Looks whether there is room, and posts as if there still were some.
struct LooksThenPosts : Model<LooksThenPosts, 2> {
  Link link{Capacity(1)};
  void Thread(int id) {
    if (link.CanPost({kFirst}, 1) != PostResult::kPosted) return;
    SABRE_VERIFY(Post(link, {kFirst}, id) == PostResult::kPosted);
  }
};

// Sleeps for a message without having looked once more.
struct SleepsWithoutArming : Model<SleepsWithoutArming, 2> {
  Link link;
  Listener listener;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(PostOne(link, kFirst, 1));
      return;
    }
    Mail mail;
    if (link.Pop({kSecond}, mail) == PopResult::kMessage) return;
    (void)link.ArmReadable({kSecond}, listener);
    listener.bell.Park(sabre::kNever);
  }
};

const Suite port_link(
    "PortLink",
    {"lib/kernel/port_link.h", "lib/kernel/port_inbox.h", "lib/kernel/port_listener.h",
     "lib/kernel/port_limits.h", "lib/kernel/port_count.h", "lib/kernel/port_side_data.h"},
    {
        Claim<ReceiverMissesNothing>("no message and no close is missed in sleep",
                                     {.searches = {Bound(3, 300'000), Random(20'000)},
                                      .reaches = {"slept for a message"}}),
        Claim<PostWakes>("a message wakes, one with a promised place too",
                         {.searches = {Bound(3, 300'000), Random(20'000)},
                          .reaches = {"slept for a message"}}),
        Claim<TwoPosters>("2 posters, 1 receiver: both arrive, whole",
                          {.searches = {Bound(2, 200'000), Random(20'000)}}),
        Claim<DisarmAgainstPost>("Disarm or the call, not both: Post",
                                 {.searches = {Full(), Random(10'000)},
                                  .reaches = {"taken back", "called"}}),
        Claim<DisarmAgainstPop>("Disarm or the call, not both: Pop",
                                {.searches = {Full(), Random(10'000)},
                                 .reaches = {"taken back", "called"}}),
        Claim<DisarmAgainstMove>("Disarm or the call, not both: Move",
                                 {.searches = {Full(), Random(10'000)},
                                  .reaches = {"taken back", "called"}}),
        Claim<RoomForOne>("room for 1, 2 posters: never 2, and nobody sleeps beside room",
                          {.searches = {Bound(2, 200'000), Random(20'000)},
                           .reaches = {"slept for room"}}),
        Claim<RoomInBytes>("room counts in bytes, too",
                           {.searches = {Bound(2, 200'000), Random(20'000)},
                            .reaches = {"slept for room"}}),
        Claim<RoomCarries>("what precedes a receipt is visible to the post that takes the room",
                           {.searches = {Full(), Random(10'000)}, .reaches = {"slept for room"}}),
        Claim<DrainIsTold>("who waits for a drain is told",
                           {.searches = {Bound(3, 300'000), Random(20'000)},
                            .reaches = {"slept for the drain", "drained before"}}),
        Claim<PostAgainstClose>("Post against Close: refused or dropped, no leak",
                                {.searches = {Full(), Random(10'000)},
                                 .reaches = {"posted, dropped", "refused"}}),
        Claim<PromiseAgainstOwnClose>("a promise against one's own Close: kept, before the close",
                                      {.searches = {Bound(2, 200'000), Random(20'000)},
                                       .reaches = {"posted", "refused"}}),
        Claim<PromiseAgainstClose>("a promise against the peer's Close: dropped, no leak",
                                   {.searches = {Full(), Random(10'000)},
                                    .reaches = {"refused", "dropped with the queue",
                                                "left to the poster"}}),
        Claim<PopAgainstOwnClose>("Pop against one's own Close: in order, the rest is dropped",
                                  {.searches = {Full(), Random(10'000)},
                                   .reaches = {"dropped both", "dropped one", "dropped none"}}),
        Claim<BothClose>("both sides close: each listener is called once",
                         {.searches = {Bound(3), Random(10'000)}}),
        Claim<RoomAgainstPeerClose>("nobody waits for room beside a closed peer",
                                    {.searches = {Full(), Random(10'000)},
                                     .reaches = {"slept for room"}}),
        Claim<RoomAgainstOwnClose>("nobody waits for room through a closed side",
                                   {.searches = {Full(), Random(10'000)},
                                    .reaches = {"slept for room"}}),
        Claim<CanPostAgainstClose>("who looks disturbs nobody",
                                   {.searches = {Full(), Random(1'000)},
                                    .reaches = {"open", "closed"}}),
        Claim<PostAgainstMove>("messages follow the end that moves, in order",
                               {.searches = {Bound(2, 200'000), Random(20'000)},
                                .reaches = {"before the move", "between", "after the move"}}),
        Claim<MoveAgainstClose>("Move against Close: one of them is first",
                                {.searches = {Full(), Random(10'000)},
                                 .reaches = {"closed, then moved", "moved, and not closed"}}),
        Claim<WaitAgainstMove>("nobody waits through an end that has moved",
                               {.searches = {Bound(2, 200'000), Random(20'000)},
                                .reaches = {"slept for room", "slept for a message"}}),
        Claim<LinkStepByStep>("what each call says, who is told, what is left",
                              {.searches = {Random(10)}}),
        Claim<ListenerUsesLink>("a listener may use the link", {.searches = {Random(10)}}),
        Canary<LooksThenPosts>(FailureKind::kAssertion, "looks for room, then posts"),
        Canary<SleepsWithoutArming>(FailureKind::kDeadlock, "sleeps without looking again"),
    });

}  // namespace
