// Messages that go one way: between two threads, and through a queue that grows.
#include <concurrentqueue/blockingconcurrentqueue.h>
#include <malloc.h>

#include <string>
#include <utility>

#include "sabre/messaging/message_channel.h"
#include "tests/bench/messaging/measures.h"

namespace sabre::bench {
namespace {

constexpr int kMessages = 400'000;
constexpr int kBatch = 1'000;  // messages between two looks at the clock

void Check(const Small& got) {
  if (got.id != kSmall.id || got.name != kSmall.name) Give("a message came back changed");
}

// `send` and what `make_receive` makes in the receiver's thread, where its memory is no neighbour of the
// sender's, move one message; on CPUs 0 and 1, both going at full speed.
template <class Send, class MakeReceive>
Round Stream(Send send, MakeReceive make_receive) {
  Round round;
  std::vector<double> batches;
  const Usage usage;
  const auto began = Clock::now();
  std::thread receiver([&] {
    Pin(1);
    auto receive = make_receive();
    for (int left = kMessages; left > 0; left -= kBatch) {
      const auto batch_began = Clock::now();
      for (int i = 0; i < kBatch; ++i) receive();
      batches.push_back(Nanos(Clock::now() - batch_began) / kBatch);
    }
  });
  Pin(0);
  for (int i = 0; i < kMessages; ++i) send();
  receiver.join();
  round.nanos = Nanos(Clock::now() - began) / kMessages;
  round.percentile = Quantile(batches, 0.99);
  round.cpu = usage.cpu_nanos() / kMessages;
  round.switches = usage.switches();
  return round;
}

Round SabreOneWay() {
  auto [port1, port2] = MessageChannel::Create();
  return Stream(
      [&sender = port1] {
        if (!sender.PostMessage(kSmall).ok()) Give("a post failed");
      },
      [&port = port2] {
        return [receiver = std::move(port)]() mutable {
          absl::StatusOr<MessageEvent> event = receiver.Receive();
          if (!event.ok()) Give(event.status().ToString());
          Check(*event->As<Small>());
        };
      });
}

// The same bytes of the same codec, each in a buffer of its own that moves through the queue. With tokens,
// which is how moodycamel is fastest.
template <class Bytes, class Pack, class Unpack>
Round MoodycamelOneWay(Pack pack, Unpack unpack) {
  moodycamel::BlockingConcurrentQueue<Bytes> queue;
  moodycamel::ProducerToken producer(queue);
  return Stream(
      [&] {
        absl::StatusOr<ByteBuffer> bytes = Encode(kSmall);
        if (!bytes.ok()) Give(bytes.status().ToString());
        queue.enqueue(producer, pack(*std::move(bytes)));
      },
      [&] {
        return [&queue, &unpack, consumer = moodycamel::ConsumerToken(queue)]() mutable {
          Bytes bytes;
          queue.wait_dequeue(consumer, bytes);
          Check(*Decode<Small>(unpack(bytes)));
        };
      });
}
Round MoodycamelBuffers() {
  return MoodycamelOneWay<ByteBuffer>(
      [](ByteBuffer bytes) { return bytes; },
      [](const ByteBuffer& bytes) { return std::span(bytes.data(), bytes.size()); });
}
Round MoodycamelStrings() {
  return MoodycamelOneWay<std::string>(
      [](const ByteBuffer& bytes) {
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      },
      [](const std::string& bytes) {
        return std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      });
}

// Bytes that malloc has given out.
double HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

// One thread: no wake-ups, only the work and what the queue takes. A post and a receipt are one message.
Round Depth(int depth) {
  constexpr int kTotal = 1'000'000;
  Pin(0);
  auto [port1, port2] = MessageChannel::Create();
  Round round;
  const Usage usage;
  const double bytes_before = HeapBytes();
  const auto began = Clock::now();
  for (int done = 0; done < kTotal; done += depth) {
    for (int i = 0; i < depth; ++i) {
      if (!port1.PostMessage(kSmall).ok()) Give("a post failed");
    }
    if (done == 0) round.amount = (HeapBytes() - bytes_before) / depth;
    for (int i = 0; i < depth; ++i) Check(*(*port2.TryReceive())->As<Small>());
  }
  round.nanos = Nanos(Clock::now() - began) / kTotal;
  round.cpu = usage.cpu_nanos() / kTotal;
  return round;
}

}  // namespace

void AddOneWay(Measures& measures) {
  measures["one-way"] = SabreOneWay;
  measures["one-way moodycamel buffers"] = MoodycamelBuffers;
  measures["one-way moodycamel strings"] = MoodycamelStrings;
  measures["depth 1"] = [] { return Depth(1); };
  measures["depth 1000000"] = [] { return Depth(1'000'000); };
}

void Transfer(std::size_t bytes, int count) {
  auto [port1, port2] = MessageChannel::Create();
  absl::StatusOr<ArrayBuffer> buffer = ArrayBuffer::Create(bytes);
  if (!buffer.ok()) Give(buffer.status().ToString());
  for (int i = 0; i < count; ++i) {
    MessagePort& from = i % 2 == 0 ? port1 : port2;
    MessagePort& to = i % 2 == 0 ? port2 : port1;
    if (!from.PostMessage(*buffer, {.transfer = {&*buffer}}).ok()) Give("a post failed");
    buffer = (*to.TryReceive())->As<ArrayBuffer>();
    if (!buffer.ok() || buffer->byte_length() != bytes) Give("the buffer did not arrive");
  }
}

}  // namespace sabre::bench
