// Random operations on waits, against a simple reference: lists of numbers, moved by hand.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/atomics.h"
#include "sabre/memory/wait_async.h"
#include "tests/memory/manual_executor.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {

// How waits end, as text.
std::string Describe(const AsyncWait::Result& result) {
  if (!result.ok()) return std::string(result.status().message());
  switch (*result) {
    case WaitResult::kOk:
      return "ok";
    case WaitResult::kNotEqual:
      return "not-equal";
    case WaitResult::kTimedOut:
      return "timed-out";
    case WaitResult::kTerminated:
      return "terminated";
  }
  return "?";
}

// Waits are numbered. What is told of them is a list of lines "number: how".
class Reference {
 public:
  // The result, or nothing if it waits.
  std::optional<std::string> Wait(int number, std::size_t byte, bool equal, std::int64_t due) {
    if (!equal) return "not-equal";
    if (due <= now_) return "timed-out";
    queues_[byte].push_back(number);
    due_[number] = due;
    return std::nullopt;
  }
  std::size_t Notify(std::size_t byte, std::size_t count) {
    std::size_t woken = 0;
    std::deque<int>& queue = queues_[byte];
    for (; woken < count && !queue.empty(); ++woken) End(queue.front(), "ok");
    return woken;
  }
  bool Cancel(int number) {
    if (due_.count(number) == 0) return false;
    End(number, "Atomics.waitAsync: Cancel was called");
    return true;
  }
  void Advance(std::int64_t time) {
    now_ += time;
    const std::map<int, std::int64_t> before = due_;
    for (const auto& [number, due] : before) {
      if (due <= now_) End(number, "timed-out");
    }
  }
  std::size_t Count(std::size_t byte) { return queues_[byte].size(); }
  std::int64_t now() const { return now_; }
  std::vector<std::string> TakeLines() { return std::exchange(lines_, {}); }

 private:
  void End(int number, const char* how) {
    for (auto& [byte, queue] : queues_) {
      queue.erase(std::remove(queue.begin(), queue.end(), number), queue.end());
    }
    due_.erase(number);
    lines_.push_back(std::to_string(number) + ": " + how);
  }

  std::int64_t now_ = 0;
  std::map<std::size_t, std::deque<int>> queues_;
  std::map<int, std::int64_t> due_;  // of those that wait
  std::vector<std::string> lines_;
};

class Run {
 public:
  explicit Run(std::uint32_t seed) : random_(seed) {}

  void Step() {
    switch (Below(8)) {
      case 0:
      case 1:
      case 2:
        return Wait();
      case 3: {
        const std::size_t element = Below(kWide);
        const std::size_t count = Below(5) == 0 ? atomics::kAll : Below(3);
        // Through either view of the byte.
        const std::size_t woken = Below(2) == 0 ? atomics::Notify(wide_, element, count)
                                                : atomics::Notify(narrow_, 2 * element, count);
        CHECK(woken == reference_.Notify(element * 8, count));
        return;
      }
      case 4: {
        if (waits_.empty()) return;
        const int number = static_cast<int>(Below(waits_.size()));
        CHECK(waits_[static_cast<std::size_t>(number)].Cancel() == reference_.Cancel(number));
        return;
      }
      case 5:
        atomics::Store(wide_, Below(kWide), static_cast<std::int64_t>(Below(2)));
        return;
      case 6: {
        const auto time = static_cast<std::int64_t>(Below(4));
        executor_.Advance(absl::Milliseconds(time));
        reference_.Advance(time);
        return;
      }
      default:
        executor_.Turn();
        CHECK(lines_ == reference_.TakeLines());
        lines_.clear();
        for (std::size_t i = 0; i < kWide; ++i) {
          CHECK(atomics::WaiterCount(wide_, i) == reference_.Count(i * 8));
        }
    }
  }

 private:
  static constexpr std::size_t kWide = 3;

  void Wait() {
    const std::size_t element = Below(kWide);
    const auto expected = static_cast<std::int64_t>(Below(2));
    const bool equal = atomics::Load(wide_, element) == expected;
    const bool forever = Below(3) == 0;
    const auto timeout = static_cast<std::int64_t>(Below(6)) - 1;
    const int number = static_cast<int>(waits_.size());
    const absl::Duration duration =
        forever ? absl::InfiniteDuration() : absl::Duration(absl::Milliseconds(timeout));
    // An element of 8 bytes, or its low half.
    waits_.push_back(Below(2) == 0
                         ? atomics::WaitAsync(wide_, element, expected, duration)
                         : atomics::WaitAsync(narrow_, 2 * element,
                                              static_cast<std::int32_t>(expected), duration));
    AsyncWait& wait = waits_.back();
    const std::optional<std::string> at_once = reference_.Wait(
        number, element * 8, equal, forever ? INT64_MAX : reference_.now() + timeout);
    REQUIRE(wait.async() == !at_once.has_value());
    if (at_once.has_value()) {
      CHECK(Describe(*wait.result()) == *at_once);
      return;
    }
    wait.OnComplete([this, number](const AsyncWait::Result& result) {
      lines_.push_back(std::to_string(number) + ": " + Describe(result));
    });
  }

  std::size_t Below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  std::mt19937 random_;
  test::ManualExecutor executor_;
  const SharedArrayBuffer buffer_ = *SharedArrayBuffer::Create(8 * kWide);
  const BigInt64Array wide_ = *BigInt64Array::Over(buffer_);
  const Int32Array narrow_ = *Int32Array::Over(buffer_);
  Reference reference_;
  std::vector<AsyncWait> waits_;
  std::vector<std::string> lines_;
};

TEST_CASE("Waits, notifications, cancels, stores and time, at random: as the reference says") {
  const int runs = test::Rounds(200);
  for (int seed = 0; seed < runs; ++seed) {
    CAPTURE(seed);
    Run run(static_cast<std::uint32_t>(seed));
    for (int step = 0; step < 200; ++step) run.Step();
  }
}

}  // namespace
}  // namespace sabre
