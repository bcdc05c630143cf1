#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "sabre/messaging/event_loop.h"

namespace sabre {
namespace {

bool Readable(int fd, int timeout_ms) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1;
}

TEST_CASE("the descriptor is readable when Poll would run something, and only then") {
  std::thread([] {
    EventLoop& loop = EventLoop::Current();
    const absl::StatusOr<int> fd = loop.native_handle();
    REQUIRE(fd.ok());
    CHECK(*loop.native_handle() == *fd);
    CHECK((fcntl(*fd, F_GETFD) & FD_CLOEXEC) != 0);
    loop.Poll();
    CHECK_FALSE(Readable(*fd, 0));

    std::thread([&loop] { loop.Post([] {}); }).join();
    CHECK(Readable(*fd, 10'000));
    CHECK(loop.Poll() == 1);
    CHECK_FALSE(Readable(*fd, 0));

    loop.PostAfter(absl::Milliseconds(2), [] {});
    loop.Poll();
    CHECK(Readable(*fd, 10'000));
    while (loop.Poll() == 0) {
    }
    CHECK_FALSE(Readable(*fd, 0));

    // Work that is posted by the work itself is not forgotten.
    loop.Post([&loop] { loop.Post([] {}); });
    std::size_t ran = 0;
    while (ran < 2 && Readable(*fd, 10'000)) ran += loop.Poll();
    CHECK(ran == 2);
  }).join();
}

TEST_CASE("out of descriptors is an error, and the loop works on without one") {
  std::thread([] {
    rlimit old{};
    getrlimit(RLIMIT_NOFILE, &old);
    const int used = dup(0);
    REQUIRE(used >= 0);
    rlimit none = old;
    none.rlim_cur = static_cast<rlim_t>(used);
    setrlimit(RLIMIT_NOFILE, &none);
    EventLoop& loop = EventLoop::Current();
    const absl::Status refused = loop.native_handle().status();
    setrlimit(RLIMIT_NOFILE, &old);
    CHECK(absl::IsResourceExhausted(refused));
    bool ran = false;
    loop.Post([&] { ran = true; });
    loop.Run();
    CHECK(ran);
    CHECK(loop.native_handle().ok());
    close(used);
  }).join();
}

}  // namespace
}  // namespace sabre
