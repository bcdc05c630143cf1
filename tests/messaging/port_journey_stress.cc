// tests/messaging/port_journey_stress.cc: numbered messages through ports that are handed from thread to thread,
// closed and opened again, at random and without end; whatever happens, nothing is lost, comes twice or out of
// order.
//
// A route is a channel whose two ends travel, each with the number of its next message. Some threads sleep in a
// Select and in PostWait; others run an event loop, with handlers and coroutines. SABRE_STRESS_SECONDS says for
// how long; then figures are printed, too.
#include "tests/messaging/port_journey.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "sabre/clone/codecs.h"
#include "sabre/messaging/async.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_channel.h"
#include "sabre/messaging/select.h"
#include "tests/support/stress.h"

namespace port_journey {
namespace {

using Clock = std::chrono::steady_clock;

// What is done wrongly on purpose, as the proof that it is noticed.
enum class Mistake { kNone, kLoses, kRepeats, kSwaps, kForgetsLast, kKeepsCoin };

class Journey;

// A thread's share of the journey.
class Station {
 public:
  Station(Journey& journey, unsigned seed) : journey_(journey), random_(seed) {}

 protected:
  bool OneIn(unsigned of) { return random_() % of == 0; }
  unsigned Below(unsigned bound) { return random_() % bound; }
  Stay Arrived(Parcel parcel);
  // To some thread, maybe this one.
  void Forward(Stay& stay);
  // A message has come. Returns false if the port travels on, or is closed, now.
  bool Received(Stay& stay, Cargo cargo);
  // Nothing comes any more.
  void ReceivedAll(Stay& stay, const absl::Status& why);
  // As Received returned false.
  void LeaveReceiver(Stay& stay);
  Cargo Load(const Stay& stay);
  static std::vector<TransferItem> TransfersOf(Cargo& cargo);
  // What a post has returned, if it was not for lack of room. Returns false if the port's time here is over.
  bool Posted(Stay& stay, const Cargo& cargo, const absl::Status& status);
  void LeaveSender(Stay& stay);

  Journey& journey_;

 private:
  void Check(Stay& stay, const Cargo& cargo);

  std::mt19937 random_;
};

class Journey {
 public:
  explicit Journey(Mistake mistake) : mistake_(mistake) {}
  // Opens the routes, lets them travel for so long, and waits until all have ended.
  void Run(std::chrono::duration<double> duration, int routes, bool prints);

  std::int64_t wrong() const { return wrong_; }
  const char* first_wrong() const { return first_wrong_.load(); }
  std::int64_t coins() const { return coins_; }
  std::uint64_t messages() const { return received_; }
  std::uint64_t transfers() const { return transfers_; }
  std::uint64_t channels() const { return channels_; }
  std::uint64_t early_closes() const { return early_closes_; }
  std::uint64_t cargos() const { return cargos_; }
  std::uint64_t refusals() const { return refusals_; }

 private:
  friend class Station;
  friend class SleepingStation;
  friend class LoopStation;

  void Expect(bool right, const char* claim) {
    if (right) return;
    const char* none = nullptr;
    first_wrong_.compare_exchange_strong(none, claim);
    wrong_ += 1;
  }
  void Open(std::mt19937& random);
  void Send(MessagePort port, Route* route, bool sends, std::uint64_t next, unsigned to);
  void EndOfRoute(Route* route, std::mt19937& random);
  void Print(Clock::duration since_start) const;

  const Mistake mistake_;
  std::vector<MessagePort> roads_;  // to each station; any thread posts
  std::atomic<bool> stops_{false};
  std::atomic<std::int64_t> wrong_{0};
  std::atomic<const char*> first_wrong_{nullptr};
  std::atomic<std::int64_t> coins_{0};
  std::atomic<std::uint64_t> received_{0}, transfers_{0}, channels_{0}, early_closes_{0},
      cargos_{0}, refusals_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  int routes_ = 0;
  std::vector<Coin> kept_;  // Mistake::kKeepsCoin
};

void Journey::Open(std::mt19937& random) {
  constexpr std::size_t kMost[] = {1, 3, 17, 100};
  QueueLimits limits;
  if (random() % 3 != 0) limits.capacity.messages = kMost[random() % 4];
  if (random() % 3 == 0) limits.capacity.bytes = 200 + random() % 10'000;
  MessageChannel channel = MessageChannel::Create(limits);
  Route* const route = new Route;
  channels_ += 1;
  const unsigned to = static_cast<unsigned>(random());
  Send(std::move(channel.port1), route, /*sends=*/true, 0, to);
  Send(std::move(channel.port2), route, /*sends=*/false, 0, to / 64);
}

void Journey::Send(MessagePort port, Route* route, bool sends, std::uint64_t next, unsigned to) {
  Parcel parcel{std::move(port), reinterpret_cast<std::uintptr_t>(route), sends, next};
  const absl::Status sent =
      roads_[to % roads_.size()].PostMessage(parcel, {.transfer = {&parcel.port}});
  Expect(sent.ok(), "a port can be sent to a thread");
  transfers_ += 1;
}

void Journey::EndOfRoute(Route* route, std::mt19937& random) {
  if (--route->ends > 0) return;
  delete route;
  if (!stops_) return Open(random);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (--routes_ == 0) changed_.notify_all();
}

void Journey::Print(Clock::duration since_start) const {
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  std::printf(
      "%7.1f s: %llu messages, %llu with a buffer, %llu posts refused; %llu transfers of ports; "
      "%llu "
      "channels, %llu closed by the receiver; RSS %zu KiB\n",
      std::chrono::duration<double>(since_start).count(),
      static_cast<unsigned long long>(received_), static_cast<unsigned long long>(cargos_),
      static_cast<unsigned long long>(refusals_), static_cast<unsigned long long>(transfers_),
      static_cast<unsigned long long>(channels_), static_cast<unsigned long long>(early_closes_),
      pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1024);
  std::fflush(stdout);
}

Stay Station::Arrived(Parcel parcel) {
  return {.port = std::move(parcel.port),
          .route = reinterpret_cast<Route*>(static_cast<std::uintptr_t>(parcel.route)),
          .sends = parcel.sends,
          .next = parcel.next,
          .left = 1 + static_cast<int>(Below(100)),
          .held = std::nullopt};
}

void Station::Forward(Stay& stay) {
  stay.gone = true;
  journey_.Send(std::move(stay.port), stay.route, stay.sends, stay.next, random_());
}

void Station::Check(Stay& stay, const Cargo& cargo) {
  journey_.Expect(cargo.number == stay.next, "each message comes once, in its order");
  bool right = cargo.buffer.has_value() == cargo.coin.has_value();
  if (cargo.buffer.has_value()) {
    journey_.cargos_ += 1;
    right = right && cargo.coin->state != nullptr;
    for (const std::byte byte : cargo.buffer->ConstSpan()) {
      right = right && byte == static_cast<std::byte>(cargo.number);
    }
  }
  journey_.Expect(right, "what a message carries is what was sent");
  stay.next += 1;
}

bool Station::Received(Stay& stay, Cargo cargo) {
  stay.left -= 1;
  journey_.received_ += 1;
  if (journey_.mistake_ != Mistake::kNone && OneIn(64)) {
    switch (journey_.mistake_) {
      case Mistake::kNone:
      case Mistake::kForgetsLast:
        break;
      case Mistake::kLoses:
        return stay.left > 0;
      case Mistake::kRepeats:
        Check(stay, cargo);
        break;
      case Mistake::kSwaps:
        if (stay.held.has_value()) break;
        stay.held = std::move(cargo);
        return stay.left > 0;
      case Mistake::kKeepsCoin:
        if (!cargo.coin.has_value()) break;
        Check(stay, cargo);
        const std::lock_guard<std::mutex> lock(journey_.mutex_);
        journey_.kept_.push_back(*std::move(cargo.coin));
        return stay.left > 0;
    }
  }
  Check(stay, cargo);
  if (stay.held.has_value()) Check(stay, *std::exchange(stay.held, std::nullopt));
  return stay.left > 0;
}

void Station::ReceivedAll(Stay& stay, const absl::Status& why) {
  stay.gone = true;
  journey_.Expect(absl::IsUnavailable(why), "only a close ends the receiving");
  journey_.Expect(stay.route->sender_closed, "a channel is closed by somebody");
  journey_.Expect(stay.route->posted == stay.next, "what was posted before the close arrives");
  stay.port = MessagePort();
  journey_.EndOfRoute(stay.route, random_);
}

void Station::LeaveReceiver(Stay& stay) {
  if (journey_.stops_ || !OneIn(20)) return Forward(stay);
  stay.gone = true;
  journey_.early_closes_ += 1;
  stay.route->received = stay.next;
  stay.route->receiver_closed = true;
  stay.port.Close();
  stay.port = MessagePort();
  journey_.EndOfRoute(stay.route, random_);
}

Cargo Station::Load(const Stay& stay) {
  Cargo cargo{stay.next, std::nullopt, std::nullopt};
  if (!OneIn(16)) return cargo;
  cargo.buffer = *ArrayBuffer::Create(1 + Below(1'000));
  for (std::byte& byte : cargo.buffer->Span()) byte = static_cast<std::byte>(stay.next);
  cargo.coin.emplace().state = std::make_unique<CoinState>(journey_.coins_);
  return cargo;
}

std::vector<TransferItem> Station::TransfersOf(Cargo& cargo) {
  if (!cargo.buffer.has_value()) return {};
  return {&*cargo.buffer, &*cargo.coin};
}

bool Station::Posted(Stay& stay, const Cargo& cargo, const absl::Status& status) {
  if (status.ok()) {
    journey_.Expect(!cargo.buffer.has_value() || cargo.buffer->detached(), "a post detaches");
    stay.next += 1;
    if (--stay.left > 0) return true;
    LeaveSender(stay);
    return false;
  }
  journey_.Expect(!cargo.buffer.has_value() || (!cargo.buffer->detached() && cargo.coin->state),
                  "a post that fails detaches nothing");
  if (absl::IsResourceExhausted(status) || absl::IsDeadlineExceeded(status)) {
    journey_.refusals_ += 1;
    return true;
  }
  journey_.Expect(absl::IsUnavailable(status), "only a close ends the posting");
  journey_.Expect(stay.route->receiver_closed, "somebody has closed the channel");
  journey_.Expect(stay.route->received <= stay.next, "nothing comes that was not sent");
  stay.gone = true;
  stay.port = MessagePort();
  journey_.EndOfRoute(stay.route, random_);
  return false;
}

void Station::LeaveSender(Stay& stay) {
  if (!journey_.stops_ && !OneIn(20)) return Forward(stay);
  stay.gone = true;
  stay.route->posted = stay.next + (journey_.mistake_ == Mistake::kForgetsLast ? 1 : 0);
  stay.route->sender_closed = true;
  if (OneIn(2)) stay.port.Close();
  stay.port = MessagePort();
  journey_.EndOfRoute(stay.route, random_);
}

// No more than this waits where there is no limit.
constexpr std::size_t kEnough = 500;

// A thread that sleeps where it waits.
class SleepingStation : Station {
 public:
  using Station::Station;

  void Run(MessagePort road) {
    constexpr Select::Key kRoad = 0;
    journey_.Expect(select_.Add(road, kRoad).ok(), "a free port");
    for (;;) {
      absl::StatusOr<Select::Selected> selected = select_.Next();
      if (!selected.ok()) {
        journey_.Expect(absl::IsUnavailable(selected.status()), "nobody stops a Select");
        return;
      }
      if (selected->key != kRoad) {
        OnSelected(selected->key, selected->message);
      } else if (selected->message.has_value()) {
        OnParcel(*selected->message->As<Parcel>());
      }
    }
  }

 private:
  void OnParcel(Parcel parcel) {
    Stay stay = Arrived(std::move(parcel));
    if (stay.sends) return PostSome(stay);
    if (OneIn(3) && !ReceiveSome(stay)) return;
    const Select::Key key = next_key_++;
    journey_.Expect(select_.Add(stay.port, key).ok(), "a free port");
    stays_.insert_or_assign(key, std::move(stay));
    // One that waits must go before it has got all that it was to get.
    if (!OneIn(8)) return;
    const auto goes = std::next(stays_.begin(), Below(static_cast<unsigned>(stays_.size())));
    if (OneIn(2)) select_.Remove(goes->second.port);
    Forward(goes->second);
    stays_.erase(goes);
  }

  void OnSelected(Select::Key key, std::optional<MessageEvent>& message) {
    const auto found = stays_.find(key);
    journey_.Expect(found != stays_.end(), "a port that has left a Select is silent");
    if (found == stays_.end()) return;
    if (!message.has_value()) {
      ReceivedAll(found->second, absl::UnavailableError("closed"));
    } else if (!Received(found->second, *message->As<Cargo>())) {
      LeaveReceiver(found->second);
    } else {
      return;
    }
    stays_.erase(found);
  }

  void PostSome(Stay& stay) {
    for (Cargo cargo = Load(stay);;) {
      if (stay.port.outgoing_messages() > kEnough) return Forward(stay);
      const std::uint64_t number = stay.next;
      const absl::Duration patience = OneIn(2) ? absl::ZeroDuration() : absl::Milliseconds(1);
      const StructuredSerializeOptions options{.transfer = TransfersOf(cargo)};
      const absl::Status status = OneIn(4) ? stay.port.PostMessage(cargo, options)
                                           : stay.port.PostWait(cargo, options, patience);
      if (!Posted(stay, cargo, status)) return;
      if (stay.next != number) {
        cargo = Load(stay);
      } else if (OneIn(2)) {
        return Forward(stay);  // the cargo that found no room stays behind
      }
    }
  }

  // Returns false if the port is here no longer.
  bool ReceiveSome(Stay& stay) {
    for (;;) {
      absl::StatusOr<std::optional<MessageEvent>> event = std::nullopt;
      if (OneIn(2)) {
        event = stay.port.TryReceive();
      } else {
        absl::StatusOr<MessageEvent> received = stay.port.Receive(absl::Microseconds(500));
        if (received.ok()) {
          event = *std::move(received);
        } else if (!absl::IsDeadlineExceeded(received.status())) {
          event = received.status();
        }
      }
      if (!event.ok()) {
        ReceivedAll(stay, event.status());
        return false;
      }
      if (!event->has_value()) return true;
      if (!Received(stay, *(*event)->As<Cargo>())) {
        LeaveReceiver(stay);
        return false;
      }
    }
  }

  Select select_;
  std::map<Select::Key, Stay> stays_;
  Select::Key next_key_ = 1;
};

// A thread that runs its event loop.
class LoopStation : Station {
 public:
  using Station::Station;

  void Run(MessagePort road) {
    road.OnMessage<Parcel>([this](Parcel parcel) { OnParcel(std::move(parcel)); });
    EventLoop::Current().Run();
  }

 private:
  using SharedStay = std::shared_ptr<Stay>;

  void OnParcel(Parcel parcel) {
    SharedStay stay = std::make_shared<Stay>(Arrived(std::move(parcel)));
    if (stay->sends) {
      if (OneIn(2)) {
        PostInCoroutine(this, std::move(stay));
      } else {
        PostOnDrain(std::move(stay));
      }
      return;
    }
    receivers_.push_back(stay);
    switch (Below(3)) {
      case 0:
        ReceiveInCoroutine(this, stay);
        break;
      case 1:
        ReceiveValues(stay);
        break;
      default:
        ReceiveEvents(stay);
    }
    if (OneIn(8)) {
      SharedStay goes = receivers_[Below(static_cast<unsigned>(receivers_.size()))];
      if (!goes->gone) Forward(*goes);
    }
    std::erase_if(receivers_, [](const SharedStay& one) { return one->gone; });
  }

  void ReceiveValues(const SharedStay& stay) {
    stay->port.set_messages_per_turn(1 + static_cast<int>(Below(20)));
    stay->port.OnMessageError([this](const absl::Status&, MessageEvent) {
      journey_.Expect(false, "a message can be read");
    });
    stay->port.OnClose([this, stay] { ReceivedAll(*stay, absl::UnavailableError("closed")); });
    stay->port.OnMessage<Cargo>([this, stay](Cargo cargo) {
      if (!Received(*stay, std::move(cargo))) LeaveReceiver(*stay);
    });
  }

  // A handler that says of some messages that it could not handle them.
  void ReceiveEvents(const SharedStay& stay) {
    const auto handle = [this, stay](MessageEvent& event) {
      if (!Received(*stay, *event.As<Cargo>())) LeaveReceiver(*stay);
    };
    stay->port.OnClose([this, stay] { ReceivedAll(*stay, absl::UnavailableError("closed")); });
    stay->port.OnMessageError([handle](const absl::Status&, MessageEvent event) { handle(event); });
    stay->port.OnMessage([this, handle](MessageEvent& event) {
      if (OneIn(8)) return absl::InternalError("not now");
      handle(event);
      return absl::OkStatus();
    });
  }

  static Async ReceiveInCoroutine(LoopStation* self, SharedStay stay) {
    for (;;) {
      absl::StatusOr<MessageEvent> event = co_await stay->port.Next();
      if (stay->gone) {
        self->journey_.Expect(!event.ok(), "a port that was sent away receives nothing");
        co_return;
      }
      if (!event.ok()) {
        self->ReceivedAll(*stay, event.status());
        co_return;
      }
      if (self->Received(*stay, *event->As<Cargo>())) continue;
      self->LeaveReceiver(*stay);
      co_return;
    }
  }

  static Async PostInCoroutine(LoopStation* self, SharedStay stay) {
    for (Cargo cargo = self->Load(*stay);;) {
      if (stay->port.outgoing_messages() > kEnough) {
        self->Forward(*stay);
        co_return;
      }
      const std::uint64_t number = stay->next;
      const absl::Status status = stay->port.PostMessage(cargo, {.transfer = TransfersOf(cargo)});
      if (!self->Posted(*stay, cargo, status)) co_return;
      if (stay->next != number) {
        cargo = self->Load(*stay);
        continue;
      }
      const absl::Status room = co_await stay->port.Room();
      self->journey_.Expect(room.ok() || absl::IsUnavailable(room), "room, or a close");
    }
  }

  void PostOnDrain(const SharedStay& stay) {
    // A port that only sends has to hear of its close, too.
    stay->port.OnMessage(
        [this](MessageEvent&) { journey_.Expect(false, "nobody posts against the stream"); });
    stay->port.OnClose([this, stay] { PostUntilFull(*stay); });
    stay->port.OnDrain([this, stay] { PostUntilFull(*stay); });
    PostUntilFull(*stay);
  }
  void PostUntilFull(Stay& stay) {
    while (!stay.gone) {
      Cargo cargo = Load(stay);
      const std::uint64_t number = stay.next;
      const absl::Status status = stay.port.PostMessage(cargo, {.transfer = TransfersOf(cargo)});
      if (!Posted(stay, cargo, status)) return;
      if (stay.next == number && stay.port.needs_drain()) return;
      // Refused, but below high water: no drain may come.
      if (stay.next == number || stay.port.outgoing_messages() > kEnough) Forward(stay);
    }
  }

  std::vector<SharedStay> receivers_;
};

void Journey::Run(std::chrono::duration<double> duration, int routes, bool prints) {
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) {
    MessageChannel road = MessageChannel::Create();
    roads_.push_back(std::move(road.port1));
    threads.emplace_back([this, i, port = std::move(road.port2)]() mutable {
      if (i % 2 == 0) {
        SleepingStation(*this, i).Run(std::move(port));
      } else {
        LoopStation(*this, i).Run(std::move(port));
      }
    });
  }
  std::mt19937 random(99);
  routes_ = routes;
  for (int i = 0; i < routes; ++i) Open(random);
  const Clock::time_point began = Clock::now();
  std::unique_lock<std::mutex> lock(mutex_);
  for (Clock::time_point printed = began; Clock::now() - began < duration;) {
    changed_.wait_for(lock, std::chrono::milliseconds(50));
    if (mistake_ != Mistake::kNone && (wrong_ > 0 || !kept_.empty())) break;
    if (!prints || Clock::now() - printed < duration / 10) continue;
    Print((printed = Clock::now()) - began);
  }
  stops_ = true;
  while (routes_ > 0) {
    const std::uint64_t before = received_ + transfers_;
    if (changed_.wait_for(lock, std::chrono::seconds(60)) == std::cv_status::timeout &&
        received_ + transfers_ == before) {
      std::fputs("port_journey: nothing moves any more\n", stderr);
      std::abort();
    }
  }
  lock.unlock();
  if (prints) Print(Clock::now() - began);
  roads_.clear();
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("a journey of ports between threads: nothing is lost, comes twice or out of order") {
  Journey journey(Mistake::kNone);
  journey.Run(test::Lasting(std::chrono::seconds(2)), /*routes=*/40,
              std::getenv("SABRE_STRESS_SECONDS") != nullptr);
  CAPTURE(journey.first_wrong());
  CHECK(journey.wrong() == 0);
  // Each coin has ended, so none was lost with what carried it, and none was counted twice.
  CHECK(journey.coins() == 0);
  CHECK(journey.messages() > 0);
  CHECK(journey.transfers() > 0);
  CHECK(journey.early_closes() > 0);
  CHECK(journey.cargos() > 0);
  CHECK(journey.refusals() > 0);
  CHECK(journey.channels() > 40);
}

TEST_CASE("a journey on which something is done wrongly is found out") {
  for (const Mistake mistake : {Mistake::kLoses, Mistake::kRepeats, Mistake::kSwaps,
                                Mistake::kForgetsLast, Mistake::kKeepsCoin}) {
    CAPTURE(static_cast<int>(mistake));
    Journey journey(mistake);
    journey.Run(std::chrono::minutes(1), /*routes=*/40, /*prints=*/false);
    CHECK((journey.wrong() > 0 || journey.coins() > 0));
    CHECK((mistake == Mistake::kKeepsCoin) == (journey.coins() > 0));
  }
}

}  // namespace
}  // namespace port_journey
