// What the trace costs, on and off.
#include "sabre/memory/trace.h"

#include <utility>

#include "sabre/messaging/message_channel.h"
#include "tests/bench/messaging/measures.h"

namespace sabre::bench {
namespace {

constexpr int kSpans = 500'000;
constexpr int kTracedMessages = 100'000;
TraceOptions RoomForAll() { return {.max_bytes = std::size_t{1} << 30}; }

// The mean of `count` calls in a trace of nothing else.
template <class F>
Round Traced(int count, F&& call) {
  Pin(0);
  Round round;
  if (!StartTrace(RoomForAll()).ok()) Give("a trace runs already");
  const Usage usage;
  const auto began = Clock::now();
  for (int i = 0; i < count; ++i) call();
  round.nanos = Nanos(Clock::now() - began) / count;
  round.cpu = usage.cpu_nanos() / count;
  const absl::StatusOr<TraceStats> stats = StopTraceTo("/dev/null");
  if (!stats.ok() || stats->dropped > 0) Give("the trace is not whole");
  // Events of one call: the beginning and the end of each span.
  round.amount = 2.0 * static_cast<double>(stats->events) / count;
  return round;
}
template <class F>
Round Untraced(int count, F&& call) {
  Pin(0);
  Round round;
  const auto began = Clock::now();
  for (int i = 0; i < count; ++i) call();
  round.nanos = Nanos(Clock::now() - began) / count;
  return round;
}

void Span() { const TraceSpan span("a span"); }

template <class How>
Round Messages(How how) {
  auto [port1, port2] = MessageChannel::Create();
  return how(kTracedMessages, [&sender = port1, &receiver = port2] {
    if (!sender.PostMessage(kSmall).ok()) Give("a post failed");
    Keep(*(*receiver.TryReceive())->As<Small>());
  });
}

}  // namespace

void AddTrace(Measures& measures) {
  measures["span, traced"] = [] { return Traced(kSpans, Span); };
  measures["span, not traced"] = [] { return Untraced(100 * kSpans, Span); };
  measures["message, traced"] = [] {
    return Messages([](int count, auto call) { return Traced(count, call); });
  };
  measures["message, not traced"] = [] {
    return Messages([](int count, auto call) { return Untraced(count, call); });
  };
}

void UntracedSpans(int count, bool with) {
  for (int i = 0; i < count; ++i) {
    if (with) Span();
    Keep(i);
  }
}

}  // namespace sabre::bench
