// run-heavy: a heavy loop in a worker, while the main thread goes on. Beside it lies the same program for Node.
//
//   run-heavy [LIMIT [TICKS]]   counts the primes below LIMIT; stops after TICKS ticks, if it is not done then
#include <cstdint>
#include <cstdio>
#include <functional>

#include "absl/strings/numbers.h"
#include "sabre/sabre.h"

namespace {

bool IsPrime(std::int64_t number) {
  for (std::int64_t divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor == 0) return false;
  }
  return number >= 2;
}

// What the worker does.
absl::Status CountPrimes(sabre::WorkerScope& self) {
  const absl::StatusOr<std::int64_t> limit = self.worker_data<std::int64_t>();
  if (!limit.ok()) return limit.status();
  std::int64_t count = 0;
  for (std::int64_t number = 0; number < *limit; ++number) {
    // Nobody can kill a thread: its loop looks itself whether it should end.
    if (number % 1024 == 0 && self.stop_token().stop_requested()) return absl::OkStatus();
    if (IsPrime(number)) ++count;
  }
  return self.PostMessage(count);
}

}  // namespace

int main(int argc, char** argv) {
  std::int64_t limit = 5'000'000;
  int most_ticks = 0;
  if ((argc > 1 && !absl::SimpleAtoi(argv[1], &limit)) ||
      (argc > 2 && !absl::SimpleAtoi(argv[2], &most_ticks))) {
    std::fprintf(stderr, "usage: run-heavy [LIMIT [TICKS]]\n");
    return 2;
  }

  absl::StatusOr<sabre::Worker> worker =
      sabre::Worker::Start(CountPrimes, limit, {.name = "primes"});
  if (!worker.ok()) {
    std::fprintf(stderr, "run-heavy: %s\n", worker.status().ToString().c_str());
    return 1;
  }

  sabre::EventLoop& loop = sabre::EventLoop::Current();
  int ticks = 0;
  sabre::EventLoop::TimerId ticker = 0;
  const std::function<void()> tick = [&] {
    std::printf("tick %d\n", ++ticks);
    if (ticks == most_ticks) worker->Terminate();
    ticker = loop.PostAfter(absl::Milliseconds(20), tick);
  };
  ticker = loop.PostAfter(absl::Milliseconds(20), tick);

  worker->OnMessage([&](sabre::MessageEvent event) {
    if (const absl::StatusOr<std::int64_t> count = event.As<std::int64_t>(); count.ok()) {
      std::printf("%lld primes below %lld\n", static_cast<long long>(*count),
                  static_cast<long long>(limit));
    }
  });
  worker->OnError([](const sabre::WorkerError& error) {
    std::fprintf(stderr, "run-heavy: %s\n", error.message.c_str());
  });
  worker->OnExit([&](int code) {
    std::printf("exit %d\n", code);
    loop.CancelTimer(ticker);
  });

  loop.Run();
}
