// Claims about lib/kernel/broadcast_hub.h and broadcast_registry.h: what one says, all others of the name
// hear, once, whole and in one order; and nothing is left when the last of a name goes.
#include <string>
#include <vector>

#include "lib/kernel/broadcast_hub.h"
#include "lib/kernel/broadcast_registry.h"
#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;
using namespace sabre::kernel;
using S = RelacySync;
// What a message says is what its sender has written before.
using Data = S::Var<int>;
using Registry = BroadcastRegistry<const Data*, S>;
using Hub = Registry::Hub;
using Member = Hub::Member;

struct Listener final : BasicPortListener<S> {
  void OnPortReady() override {
    calls.Set(calls.Get() + 1);
    bell.Unpark();
  }
  S::Var<int> calls{0};
  S::Parker bell;
};

struct Receiver : Member {
  explicit Receiver(std::size_t messages = SIZE_MAX, std::size_t bytes = SIZE_MAX)
      : Member({messages, bytes}, /*receives=*/true) {}
};

bool Say(Hub& hub, Member& from, const Data* data, std::size_t bytes = 1) {
  return hub.Post(from, new Hub::Message(data, bytes)) == PostResult::kPosted;
}

// What the next message says; 0 if there is none.
int Hear(Hub& hub, Member& at, std::uint64_t moves = 0) {
  Hub::Message* message = nullptr;
  if (hub.Pop(at, moves, message) != PopResult::kMessage) return 0;
  const int said = message->content->Get();
  message->DropReference();
  return said;
}

// A hub whose members are in from the beginning.
template <class Derived, int kThreads, int kMembers>
struct InHub : Model<Derived, kThreads> {
  Hub hub;
  Receiver members[kMembers];
  Data one{1};
  Data two{2};
  void Before() {
    for (Receiver& member : members) hub.Join(member);
  }
  void LeaveAll() {
    for (Receiver& member : members) hub.Leave(member, 0);
  }
};

// Two who speak at once: all who listen hear both in the same order, and nobody himself.
struct OneOrderForAll : InHub<OneOrderForAll, 2, 4> {
  void Thread(int id) { SABRE_VERIFY(Say(hub, members[id], id == 0 ? &one : &two)); }
  void After() {
    SABRE_VERIFY(Hear(hub, members[0]) == 2 && Hear(hub, members[0]) == 0);
    SABRE_VERIFY(Hear(hub, members[1]) == 1 && Hear(hub, members[1]) == 0);
    const int first = Hear(hub, members[2]);
    Reached(first == 1 ? "1, 2" : "2, 1");
    SABRE_VERIFY(Hear(hub, members[2]) == 3 - first);
    SABRE_VERIFY(Hear(hub, members[3]) == first && Hear(hub, members[3]) == 3 - first);
    LeaveAll();
  }
};

// Who sleeps for a message gets it, with what was written before.
struct SleeperHears : InHub<SleeperHears, 2, 2> {
  Data data{0};
  Listener listener;
  void Thread(int id) {
    if (id == 0) {
      data.Set(7);
      SABRE_VERIFY(Say(hub, members[0], &data));
      return;
    }
    int heard = 0;
    while ((heard = Hear(hub, members[1])) == 0) {
      if (!hub.ArmReadable(members[1], 0, listener)) continue;
      Reached("slept");
      listener.bell.Park(sabre::kNever);
    }
    SABRE_VERIFY(heard == 7);
  }
  void After() { LeaveAll(); }
};

// Two receive the same message at the same time; the last one destroys it.
struct TwoHearTheSame : InHub<TwoHearTheSame, 2, 3> {
  void Before() {
    InHub::Before();
    SABRE_VERIFY(Say(hub, members[0], &one));
  }
  void Thread(int id) { SABRE_VERIFY(Hear(hub, members[1 + id]) == 1); }
  void After() { LeaveAll(); }
};

// Post against the receiver's Leave, and against the sender's: heard or dropped, no leak.
struct PostAgainstLeave : InHub<PostAgainstLeave, 3, 3> {
  bool posted = false;
  void Thread(int id) {
    if (id == 0) {
      posted = Say(hub, members[0], &one);
    } else {
      SABRE_VERIFY(hub.Leave(members[id - 1], 0));
    }
  }
  void After() {
    SABRE_VERIFY(Hear(hub, members[1]) == 0 && Hear(hub, members[2]) == (posted ? 1 : 0));
    Reached(posted ? "posted" : "refused");
    SABRE_VERIFY(!hub.Leave(members[0], 0) && !Say(hub, members[0], &one));
    LeaveAll();
  }
};

// Post against Join: the new one hears from some moment on.
struct PostAgainstJoin : InHub<PostAgainstJoin, 2, 1> {
  Receiver late;
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(Say(hub, members[0], &one) && Say(hub, members[0], &two));
    } else {
      hub.Join(late);
    }
  }
  void After() {
    const int heard = Hear(hub, late);
    Reached(heard == 1 ? "both" : heard == 2 ? "the second" : "none");
    SABRE_VERIFY(heard == 1 ? Hear(hub, late) == 2 : Hear(hub, late) == 0);
    hub.Leave(late, 0);
    LeaveAll();
  }
};

// Two come to a name and go again: they meet or they do not; the name ends with the last of them.
struct ComeAndGo : Model<ComeAndGo, 2> {
  Registry registry;
  Data words[2] = {Data(1), Data(2)};
  void Thread(int id) {
    Hub& hub = registry.Enter("a");
    {
      Receiver me;
      hub.Join(me);
      SABRE_VERIFY(Say(hub, me, &words[id]));
      Reached(Hear(hub, me) != 0 ? "met" : "alone");
      SABRE_VERIFY(hub.Leave(me, 0));
    }
    registry.Exit("a");
  }
};

// Disarm or the call, not both.
struct DisarmAgainstPost : InHub<DisarmAgainstPost, 2, 2> {
  Listener listener;
  bool taken_back = false;
  void Before() {
    InHub::Before();
    SABRE_VERIFY(hub.ArmReadable(members[1], 0, listener));
  }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(Say(hub, members[0], &one));
    } else {
      taken_back = hub.Disarm(members[1], listener);
    }
  }
  void After() {
    SABRE_VERIFY(listener.calls.Get() == (taken_back ? 0 : 1));
    Reached(taken_back ? "taken back" : "called");
    LeaveAll();
  }
};

// A receiver moves while somebody speaks, and an earlier owner closes what is no longer his.
struct MoveAgainstPost : InHub<MoveAgainstPost, 3, 2> {
  Listener listener;
  bool left = false;
  void Before() {
    InHub::Before();
    SABRE_VERIFY(hub.ArmReadable(members[1], 0, listener));
  }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(Say(hub, members[0], &one));
    } else if (id == 1) {
      hub.Move(members[1], 0);
    } else {
      left = hub.Leave(members[1], 0);
      SABRE_VERIFY(!hub.Holds(members[1], 0));
    }
  }
  void After() {
    SABRE_VERIFY(listener.calls.Get() == 1);
    Hub::Message* message = nullptr;
    SABRE_VERIFY(hub.Pop(members[1], 0, message) == PopResult::kMoved);
    SABRE_VERIFY(Hear(hub, members[1], 1) == (left ? 0 : 1));
    Reached(left ? "left" : "moved");
    SABRE_VERIFY(hub.Leave(members[1], 1) == !left);
    LeaveAll();
  }
};

// Who only looks disturbs nobody.
struct LookersAgainstPost : Model<LookersAgainstPost, 2> {
  Hub hub;
  Receiver speaker;
  Receiver small{1};
  Data word{1};
  void Before() {
    hub.Join(speaker);
    hub.Join(small);
  }
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(Say(hub, speaker, &word) && Say(hub, speaker, &word));
      return;
    }
    const std::uint64_t missed = hub.missed(small);
    const std::size_t queued = hub.counts(small).queued.messages;
    SABRE_VERIFY(missed == 0 || queued == 1);
    Reached(missed == 1 ? "after both" : queued == 1 ? "after one" : "before");
  }
  void After() {
    hub.Leave(speaker, 0);
    hub.Leave(small, 0);
  }
};

// What each call says, step by step.
struct BroadcastStepByStep : Model<BroadcastStepByStep, 1> {
  Data words[5] = {Data(1), Data(2), Data(3), Data(4), Data(5)};

  void FullQueues() {
    Hub hub;
    Receiver speaker;
    Receiver two_messages(2);
    Receiver three_bytes(SIZE_MAX, 3);
    Member deaf({}, /*receives=*/false);
    for (Member* member : {static_cast<Member*>(&speaker), static_cast<Member*>(&two_messages),
                           static_cast<Member*>(&three_bytes), &deaf}) {
      hub.Join(*member);
    }
    // An empty queue takes one of any size.
    for (const std::size_t bytes : {9, 1, 2}) {
      SABRE_VERIFY(Say(hub, speaker, &words[bytes == 9 ? 0 : bytes], bytes));
    }
    SABRE_VERIFY(hub.missed(two_messages) == 1 && hub.missed(three_bytes) == 2);
    SABRE_VERIFY(hub.counts(two_messages).queued == (PortLoad{2, 10}));
    SABRE_VERIFY(hub.counts(deaf).queued == (PortLoad{0, 0}) && hub.missed(deaf) == 0);
    SABRE_VERIFY(Hear(hub, three_bytes) == 1 && Hear(hub, three_bytes) == 0);
    SABRE_VERIFY(Say(hub, deaf, &words[3], 1) && Say(hub, deaf, &words[4], 2));
    SABRE_VERIFY(hub.missed(two_messages) == 3);
    SABRE_VERIFY(Hear(hub, three_bytes) == 4 && Hear(hub, three_bytes) == 5);
    SABRE_VERIFY(Hear(hub, two_messages) == 1 && Hear(hub, two_messages) == 2);
    SABRE_VERIFY(Hear(hub, two_messages) == 0 && hub.counts(two_messages).received == 2);
    SABRE_VERIFY(hub.counts(speaker).posted == 3 && hub.counts(speaker).queued.messages == 2);
    SABRE_VERIFY(hub.Leave(speaker, 0) && hub.counts(speaker).queued == (PortLoad{0, 0}));
    SABRE_VERIFY(!Say(hub, speaker, &words[0]) && hub.counts(speaker).posted == 3);
    hub.Leave(two_messages, 0);
    hub.Leave(three_bytes, 0);
    hub.Leave(deaf, 0);
  }
  void TheOnlyReceiver() {
    Hub hub;
    Receiver speaker;
    Receiver members[2];
    hub.Join(speaker);
    SABRE_VERIFY(Say(hub, speaker, &words[0]));
    for (const bool only : {true, false}) {
      hub.Join(members[only ? 0 : 1]);
      SABRE_VERIFY(Say(hub, speaker, &words[0]));
      Hub::Message* message = nullptr;
      SABRE_VERIFY(hub.Pop(members[0], 0, message) == PopResult::kMessage);
      SABRE_VERIFY(message->only() == only);
      message->DropReference();
    }
    for (Receiver* member : {&speaker, &members[0], &members[1]}) hub.Leave(*member, 0);
  }
  // The first, the last and the middle one leave.
  void LeavingAndCallingOut() {
    Hub hub;
    Receiver members[5];
    Listener listener;
    for (Receiver& member : members) hub.Join(member);
    SABRE_VERIFY(hub.Holds(members[4], 0) && !hub.Holds(members[4], 1));
    SABRE_VERIFY(hub.ArmReadable(members[4], 0, listener) && hub.Leave(members[4], 0));
    SABRE_VERIFY(!hub.Holds(members[4], 0));
    SABRE_VERIFY(listener.calls.Get() == 1 && !hub.ArmReadable(members[4], 0, listener));
    SABRE_VERIFY(hub.Leave(members[0], 0) && hub.Leave(members[2], 0));
    SABRE_VERIFY(!hub.Leave(members[2], 0) && Say(hub, members[1], &words[0]));
    SABRE_VERIFY(!hub.ArmReadable(members[3], 0, listener));
    SABRE_VERIFY(Hear(hub, members[3]) == 1 && Hear(hub, members[0]) == 0);
    Hub::Message* message = nullptr;
    SABRE_VERIFY(hub.Pop(members[2], 0, message) == PopResult::kClosed);
    SABRE_VERIFY(hub.Pop(members[3], 0, message) == PopResult::kEmpty);
    SABRE_VERIFY(hub.Pop(members[3], 1, message) == PopResult::kMoved);
    SABRE_VERIFY(hub.Move(members[3], 1) == 1 && hub.ArmReadable(members[3], 0, listener));
    SABRE_VERIFY(hub.Move(members[3], 0) == 1 && listener.calls.Get() == 2);
    SABRE_VERIFY(!hub.ArmReadable(members[3], 0, listener) && !hub.Disarm(members[3], listener));
    SABRE_VERIFY(hub.ArmReadable(members[3], 1, listener) && hub.Disarm(members[3], listener));
    SABRE_VERIFY(!hub.Leave(members[3], 0) && hub.Leave(members[3], 1));
    SABRE_VERIFY(Say(hub, members[1], &words[0]) && hub.Leave(members[1], 0));
  }
  void Names() {
    Registry registry;
    Hub& hub = registry.Enter("a");
    SABRE_VERIFY(&registry.Enter("a") == &hub && &registry.Enter("b") != &hub);
    registry.Exit("a");
    SABRE_VERIFY(&registry.Enter("a") == &hub);
    for (const char* name : {"a", "b", "a"}) registry.Exit(name);
  }
  void Thread(int) {
    FullQueues();
    TheOnlyReceiver();
    LeavingAndCallingOut();
    Names();
  }
};

// Who is told may use the hub at once.
struct ToldUsesHub : Model<ToldUsesHub, 1> {
  struct Talker final : BasicPortListener<S> {
    void OnPortReady() override { hub->Leave(*member, 0); }
    Hub* hub;
    Member* member;
  };
  Data word{1};
  void Thread(int) {
    Hub hub;
    Receiver members[2];
    Talker talker;
    talker.hub = &hub;
    talker.member = &members[1];
    for (Receiver& member : members) hub.Join(member);
    SABRE_VERIFY(hub.ArmReadable(members[1], 0, talker) && Say(hub, members[0], &word));
    SABRE_VERIFY(!hub.Leave(members[1], 0) && hub.Leave(members[0], 0));
  }
};

// Canaries: what was said before one came is not heard; what one has received is not one's own; a name with
// a user does not end.
struct CameTooLate : Model<CameTooLate, 2> {
  Hub hub;
  Receiver speaker;
  Receiver late;
  Listener listener;
  Data word{1};
  void Before() { hub.Join(speaker); }
  void Thread(int id) {
    if (id == 0) {
      Say(hub, speaker, &word);
      return;
    }
    hub.Join(late);
    if (hub.ArmReadable(late, 0, listener)) listener.bell.Park(sabre::kNever);
  }
};
struct WritesWhatAllHear : Model<WritesWhatAllHear, 2> {
  BroadcastHub<Data*, S> hub;
  BroadcastHub<Data*, S>::Member members[3] = {{{}, true}, {{}, true}, {{}, true}};
  Data word{1};
  void Before() {
    for (auto& member : members) hub.Join(member);
    hub.Post(members[0], new BroadcastMessage<Data*, S>(&word, 1));
  }
  void Thread(int id) {
    BroadcastMessage<Data*, S>* message = nullptr;
    if (hub.Pop(members[1 + id], 0, message) != PopResult::kMessage) return;
    message->content->Set(id);
    message->DropReference();
  }
};
struct EndedBeforeItsUsers : Model<EndedBeforeItsUsers, 1> {
  void Thread(int) {
    Registry registry;
    registry.Enter("a");
  }
};

const Suite broadcast(
    "BroadcastHub", {"lib/kernel/broadcast_hub.h", "lib/kernel/broadcast_registry.h"},
    {
        Claim<OneOrderForAll>("2 posters: all hear both in one order, nobody himself",
                              {.searches = {Bound(3, 100'000), Random(20'000)},
                               .reaches = {"1, 2", "2, 1"}}),
        Claim<SleeperHears>("a sleeper hears, with what was written before",
                            {.searches = {Bound(3, 100'000), Random(20'000)},
                             .reaches = {"slept"}}),
        Claim<TwoHearTheSame>("2 receive one message: the last destroys it",
                              {.searches = {Bound(3, 100'000), Random(20'000)}}),
        Claim<PostAgainstLeave>("Post against both Leaves: heard or dropped, no leak",
                                {.searches = {Bound(3, 100'000), Random(20'000)},
                                 .reaches = {"posted", "refused"}}),
        Claim<PostAgainstJoin>("Post against Join: heard from some moment on",
                               {.searches = {Full(), Random(20'000)},
                                .reaches = {"both", "the second", "none"}}),
        Claim<ComeAndGo>("the last of a name ends it, and nothing is left",
                         {.searches = {Bound(3, 100'000), Random(20'000)},
                          .reaches = {"met", "alone"}}),
        Claim<DisarmAgainstPost>("Disarm or the call, not both",
                                 {.searches = {Full(), Random(20'000)},
                                  .reaches = {"taken back", "called"}}),
        Claim<MoveAgainstPost>("Move against Post and an old owner's Leave",
                               {.searches = {Bound(3, 100'000), Random(20'000)},
                                .reaches = {"left", "moved"}}),
        Claim<LookersAgainstPost>("who looks sees before or after",
                                  {.searches = {Full(), Random(20'000)},
                                   .reaches = {"before", "after one", "after both"}}),
        Claim<BroadcastStepByStep>("what each call says, step by step", {.searches = {Random(10)}}),
        Claim<ToldUsesHub>("who is told may use the hub", {.searches = {Random(10)}}),
        Canary<CameTooLate>(FailureKind::kDeadlock, "a receiver that came too late",
                            {.searches = {Full()}}),
        Canary<WritesWhatAllHear>(FailureKind::kDataRace, "a receiver that writes what all hear",
                                  {.searches = {Full()}}),
        Canary<EndedBeforeItsUsers>(FailureKind::kAssertion, "ended before its users",
                                    {.searches = {Full()}}),
    });

}  // namespace
