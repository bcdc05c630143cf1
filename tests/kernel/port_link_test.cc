#include "lib/kernel/port_link.h"

#include <doctest/doctest.h>

#include <memory>

namespace sabre::kernel {
namespace {

using Link = PortLink<int>;
using Post = Link::PostResult;
using Pop = Link::PopResult;
constexpr PortSide kA = PortSide::kFirst;
constexpr PortSide kB = PortSide::kSecond;

struct Signals final : PortListener {
  void OnPortReady() override { ++calls; }
  int calls = 0;
};

Post Send(Link& link, PortSide side, int value) {
  auto envelope = std::make_unique<Link::Envelope>(value);
  const Post result = link.Post(side, envelope);
  CHECK((envelope == nullptr) == (result == Post::kPosted));
  return result;
}

TEST_CASE("messages arrive in order, at the other side only") {
  Link link;
  std::unique_ptr<Link::Envelope> got;
  CHECK(Send(link, kA, 1) == Post::kPosted);
  CHECK(Send(link, kA, 2) == Post::kPosted);
  CHECK(link.Pop(kA, got) == Pop::kEmpty);
  for (const int expected : {1, 2}) {
    CHECK(link.Pop(kB, got) == Pop::kMessage);
    CHECK(got->content == expected);
  }
  CHECK(link.Pop(kB, got) == Pop::kEmpty);
}

TEST_CASE("a closed side keeps nothing, its peer gets what was posted before, then the close") {
  Link link;
  std::unique_ptr<Link::Envelope> got;
  Send(link, kA, 1);
  Send(link, kB, 2);
  CHECK(link.Close(kA));
  CHECK_FALSE(link.Close(kA));
  CHECK(link.Pop(kA, got) == Pop::kClosed);
  CHECK(link.Pop(kB, got) == Pop::kMessage);
  CHECK(link.Pop(kB, got) == Pop::kClosed);
  CHECK(Send(link, kA, 3) == Post::kClosed);
  CHECK(Send(link, kB, 3) == Post::kPeerClosed);
  CHECK(link.CanPost(kB) == Post::kPeerClosed);
}

TEST_CASE("a listener hears once of the first message, or of a close on either side") {
  Link link;
  std::unique_ptr<Link::Envelope> got;
  Signals a;
  Signals b;
  CHECK(link.Arm(kB, b));
  Send(link, kA, 1);
  Send(link, kA, 2);
  CHECK(b.calls == 1);
  CHECK_FALSE(link.Arm(kB, b));
  link.Pop(kB, got);
  link.Pop(kB, got);
  CHECK(link.Arm(kB, b));
  CHECK(link.Disarm(kB));
  CHECK_FALSE(link.Disarm(kB));
  Send(link, kA, 3);
  CHECK(b.calls == 1);
  link.Pop(kB, got);
  CHECK(link.Arm(kA, a));
  CHECK(link.Arm(kB, b));
  link.Close(kB);
  CHECK(a.calls == 1);
  CHECK(b.calls == 2);
  CHECK_FALSE(link.Arm(kA, a));
}

}  // namespace
}  // namespace sabre::kernel
