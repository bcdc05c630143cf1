// Round trips of a small number between two threads.
#include <concurrentqueue/blockingconcurrentqueue.h>

#include <string>
#include <utility>

#include "sabre/messaging/message_channel.h"
#include "tests/bench/messaging/measures.h"

namespace sabre::bench {
namespace {

// Where the two run, and whether the one that answers has gone to sleep before it is asked.
struct Regime {
  const char* name;
  int partner_cpu;  // the other is on CPU 0
  bool asleep;
  int trips;
};
constexpr Regime kRegimes[] = {
    {"running", 1, false, 40'000}, {"asleep", 1, true, 400}, {"one CPU", 0, false, 10'000}};
// Longer than anybody spins.
constexpr std::chrono::microseconds kUntilAsleep{400};
// Before the first that counts: the threads have to find out in which regime they are.
constexpr int kWarm = 200;

// A channel has Ask, which sends a number and takes the answer, and Answer, which takes one and sends it back.

class Ports {
 public:
  void Ask(int number) {
    Send(channel_.port1, number);
    if (Take(channel_.port1) != number) Give("a wrong answer");
  }
  void Answer(int) { Send(channel_.port2, Take(channel_.port2)); }

 private:
  static void Send(MessagePort& port, int number) {
    if (!port.PostMessage(number).ok()) Give("a post failed");
  }
  static int Take(MessagePort& port) { return *port.Receive()->As<int>(); }

  MessageChannel channel_ = MessageChannel::Create();
};

// The number itself, not encoded.
class Moodycamel {
 public:
  void Ask(int number) {
    int answer;
    ask_.enqueue(number);
    answer_.wait_dequeue(answer);
    if (answer != number) Give("a wrong answer");
  }
  void Answer(int) {
    int number;
    ask_.wait_dequeue(number);
    answer_.enqueue(number);
  }

 private:
  moodycamel::BlockingConcurrentQueue<int> ask_;
  moodycamel::BlockingConcurrentQueue<int> answer_;
};

// The words count from 1: 0 is where they begin.
class Futexes {
 public:
  void Ask(int number) {
    Change(0, number);
    FutexWait(words_[1], static_cast<std::uint32_t>(number));
  }
  void Answer(int number) {
    FutexWait(words_[0], static_cast<std::uint32_t>(number));
    Change(1, number);
  }

 private:
  void Change(int word, int number) {
    words_[word].store(static_cast<std::uint32_t>(number) + 1);
    FutexWake(words_[word]);
  }
  Words words_;
};

class Spins {
 public:
  void Ask(int number) {
    words_[0].store(static_cast<std::uint32_t>(number) + 1);
    SpinWhile(words_[1], static_cast<std::uint32_t>(number));
  }
  void Answer(int number) {
    SpinWhile(words_[0], static_cast<std::uint32_t>(number));
    words_[1].store(static_cast<std::uint32_t>(number) + 1);
  }

 private:
  Words words_;
};

template <class Channel>
Round RoundTrip(const Regime& regime) {
  Channel channel;
  Round round;
  // First without a look at the clock in each trip, for the mean; then with, for the percentile. Who sleeps takes
  // so long that the looks do not matter.
  const int timed = regime.asleep ? regime.trips : regime.trips / 4;
  const int untimed = regime.asleep ? 0 : regime.trips;
  std::thread partner([&] {
    Pin(regime.partner_cpu);
    for (int i = 0; i < kWarm + untimed + timed; ++i) channel.Answer(i);
  });
  Pin(0);
  int trip = 0;
  for (; trip < kWarm; ++trip) channel.Ask(trip);
  const Usage usage;
  const auto began = Clock::now();
  for (; trip < kWarm + untimed; ++trip) channel.Ask(trip);
  round.nanos = Nanos(Clock::now() - began) / std::max(untimed, 1);
  std::vector<double> trips;
  for (; trip < kWarm + untimed + timed; ++trip) {
    if (regime.asleep) std::this_thread::sleep_for(kUntilAsleep);
    const auto asked = Clock::now();
    channel.Ask(trip);
    trips.push_back(Nanos(Clock::now() - asked));
  }
  partner.join();
  if (regime.asleep) round.nanos = Median(trips);
  round.percentile = Quantile(trips, 0.99);
  round.cpu = usage.cpu_nanos() / (untimed + timed);
  round.switches = usage.switches();
  return round;
}

template <class Channel>
void Add(Measures& measures, const std::string& name) {
  for (const Regime& regime : kRegimes) {
    measures["round trip, " + std::string(regime.name) + ": " + name] = [&regime] {
      return RoundTrip<Channel>(regime);
    };
  }
}

}  // namespace

void AddRoundTrips(Measures& measures) {
  Add<Ports>(measures, "ports");
  Add<Moodycamel>(measures, "moodycamel");
  Add<Futexes>(measures, "futexes");
  Add<Spins>(measures, "spinning");
}

}  // namespace sabre::bench
