#include "lib/kernel/port_link.h"

#include <doctest/doctest.h>

#include <cstddef>
#include <deque>
#include <utility>

namespace sabre::kernel {
namespace {

class IntQueue {
 public:
  bool empty() const { return items_.empty(); }
  std::size_t count() const { return items_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t front_bytes() const { return items_.front().second; }
  void Push(int& message, std::size_t bytes) {
    items_.emplace_back(message, bytes);
    bytes_ += bytes;
  }
  void PopFront(int& message) {
    message = items_.front().first;
    bytes_ -= front_bytes();
    items_.pop_front();
  }
  void Swap(IntQueue& other) {
    items_.swap(other.items_);
    std::swap(bytes_, other.bytes_);
  }

 private:
  std::deque<std::pair<int, std::size_t>> items_;
  std::size_t bytes_ = 0;
};

using Link = PortLink<IntQueue>;
constexpr PortEnd kA{PortSide::kFirst};
constexpr PortEnd kB{PortSide::kSecond};

struct Signals final : PortListener {
  void OnPortReady() override { ++calls; }
  int calls = 0;
};

PostResult Send(Link& link, PortEnd end, int value) { return link.Post(end, value, 1); }

TEST_CASE("messages arrive in order, at the other side only") {
  Link link;
  int got = 0;
  CHECK(Send(link, kA, 1) == PostResult::kPosted);
  CHECK(Send(link, kA, 2) == PostResult::kPosted);
  CHECK(link.Pop(kA, got) == PopResult::kEmpty);
  for (const int expected : {1, 2}) {
    CHECK(link.Pop(kB, got) == PopResult::kMessage);
    CHECK(got == expected);
  }
  CHECK(link.Pop(kB, got) == PopResult::kEmpty);
}

TEST_CASE("a closed side keeps nothing, its peer gets what was posted before, then the close") {
  Link link;
  int got = 0;
  Send(link, kA, 1);
  Send(link, kB, 2);
  CHECK(link.Close(kA));
  CHECK_FALSE(link.Close(kA));
  CHECK(link.Pop(kA, got) == PopResult::kClosed);
  CHECK(link.Pop(kB, got) == PopResult::kMessage);
  CHECK(link.Pop(kB, got) == PopResult::kClosed);
  CHECK(Send(link, kA, 3) == PostResult::kClosed);
  CHECK(Send(link, kB, 3) == PostResult::kPeerClosed);
}

TEST_CASE("listeners hear once of the first message, or of a close on either side") {
  Link link;
  int got = 0;
  Signals a;
  Signals b[2];
  CHECK(link.ArmReadable(kB, b[0]));
  CHECK(link.ArmReadable(kB, b[1]));
  Send(link, kA, 1);
  Send(link, kA, 2);
  CHECK(b[0].calls == 1);
  CHECK(b[1].calls == 1);
  CHECK_FALSE(link.ArmReadable(kB, b[0]));
  link.Pop(kB, got);
  link.Pop(kB, got);
  CHECK(link.ArmReadable(kB, b[0]));
  CHECK(link.Disarm(kB.side, b[0]));
  CHECK_FALSE(link.Disarm(kB.side, b[0]));
  CHECK(link.ArmReadable(kA, a));
  CHECK(link.ArmReadable(kB, b[0]));
  link.Close(kB);
  CHECK(a.calls == 1);
  CHECK(b[0].calls == 2);
  CHECK_FALSE(link.ArmReadable(kA, a));
}

TEST_CASE("limits: what is full, who is told of room, when a queue has drained") {
  struct Row {
    PortLimits limits;
    std::size_t bytes;  // of each message
    int fit;            // messages before kFull
    int until_drained;  // pops
  };
  const PortLoad none;
  for (const Row& row : {Row{{{3, SIZE_MAX}, {3, SIZE_MAX}, {1, SIZE_MAX}}, 1, 3, 2},
                         Row{{{SIZE_MAX, 10}, {SIZE_MAX, 10}, {SIZE_MAX, 5}}, 4, 2, 0},
                         Row{{{SIZE_MAX, 10}, {SIZE_MAX, 8}, {SIZE_MAX, 4}}, 4, 2, 1},
                         Row{{{SIZE_MAX, 10}, {SIZE_MAX, 10}, {SIZE_MAX, 5}}, 99, 1, 1},
                         Row{{{1, SIZE_MAX}, {1, SIZE_MAX}, {0, SIZE_MAX}}, 1, 1, 1},
                         Row{{{4, SIZE_MAX}, {2, SIZE_MAX}, {0, SIZE_MAX}}, 1, 4, 4}}) {
    Link link(row.limits);
    CAPTURE(row.bytes);
    CAPTURE(row.fit);
    int message = 0;
    int posted = 0;
    while (posted < 100 && link.Post(kA, message, row.bytes) == PostResult::kPosted) ++posted;
    CHECK(posted == row.fit);
    CHECK(link.CanPost(kA, row.bytes) == PostResult::kFull);
    CHECK(link.Reserve(kA, row.bytes) == PostResult::kFull);
    CHECK(link.drains(kA.side).needed == (row.until_drained > 0));
    Signals room;
    Signals drained;
    CHECK(link.ArmRoom(kA, room, row.bytes));
    CHECK(link.ArmDrain(kA, drained, 0));
    CHECK(link.Pop(kB, message) == PopResult::kMessage);
    CHECK(room.calls == 1);
    for (int popped = 1; popped < row.until_drained; ++popped) {
      CHECK(drained.calls == 0);
      link.Pop(kB, message);
    }
    CHECK(drained.calls == (row.until_drained > 0 ? 1 : 0));
    CHECK_FALSE(link.drains(kA.side).needed);
  }
  CHECK_FALSE(PortLimits{.capacity = none}.any());
}

TEST_CASE("an end that has moved is its next owner's") {
  Link link;
  int got = 0;
  Signals waiting;
  Send(link, kA, 1);
  CHECK(link.ArmReadable(kA, waiting));
  const PortEnd next = link.Move(kB);
  CHECK(waiting.calls == 0);
  CHECK(link.Pop(kB, got) == PopResult::kMoved);
  CHECK(Send(link, kB, 1) == PostResult::kClosed);
  CHECK_FALSE(link.Close(kB));
  CHECK(link.Pop(next, got) == PopResult::kMessage);
  CHECK(Send(link, next, 2) == PostResult::kPosted);
  CHECK(waiting.calls == 1);
}

}  // namespace
}  // namespace sabre::kernel
