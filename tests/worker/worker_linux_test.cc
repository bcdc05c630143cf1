// What Linux shows of a worker's thread.
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "sabre/clone/codecs.h"
#include "sabre/worker/worker.h"

namespace sabre {
namespace worker_linux_test {
namespace {

std::set<std::string> NamesOfThreads() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(entry.path() / "comm"), name);
    names.insert(name);
  }
  return names;
}

TEST_CASE("top -H shows the worker's name: 15 bytes, cut at the end of a character") {
  const struct {
    std::string name;
    std::string shown;
  } rows[] = {
      {"thumbnails", "thumbnails"},
      {"exactly15bytes!", "exactly15bytes!"},
      {"sixteen bytes!!!", "sixteen bytes!!"},
      {"größer-als-alles", "größer-als-al"},  // 13 and 2 of 2 bytes
      {"四文字の名前です", "四文字の名"},     // 3 bytes each
      {"fourteen bytes€", "fourteen bytes"},  // the last has 3
      {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80",
       "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    absl::StatusOr<Worker> worker = Worker::Start(
        [](WorkerScope& self) -> absl::Status {
          if (absl::Status s = self.PostMessage(0); !s.ok()) return s;
          return self.Receive().status();
        },
        {.name = row.name});
    REQUIRE(worker->Receive().ok());
    CHECK(NamesOfThreads().contains(row.shown));
    CHECK(worker->PostMessage(0).ok());
    CHECK(worker->Join().ok());
  }
}

TEST_CASE("CPU affinity, nice value and stack size are what was wished") {
  cpu_set_t own;
  REQUIRE(sched_getaffinity(0, sizeof own, &own) == 0);
  int cpu = 0;
  while (!CPU_ISSET(static_cast<unsigned>(cpu), &own)) ++cpu;
  absl::StatusOr<Worker> worker = Worker::Start(
      [cpu](WorkerScope&) -> absl::Status {
        cpu_set_t mine;
        if (sched_getaffinity(0, sizeof mine, &mine) != 0) return absl::InternalError("affinity");
        if (CPU_COUNT(&mine) != 1 || !CPU_ISSET(static_cast<unsigned>(cpu), &mine)) {
          return absl::InternalError("another CPU");
        }
        if (getpriority(PRIO_PROCESS, 0) != 19) return absl::InternalError("nice");
        pthread_attr_t attributes;
        std::size_t size = 0;
        pthread_getattr_np(pthread_self(), &attributes);
        pthread_attr_getstacksize(&attributes, &size);
        pthread_attr_destroy(&attributes);
        // A sanitizer adds to it; the default is 8 MiB.
        return size >= 512 * 1024 && size < 4096 * 1024 ? absl::OkStatus()
                                                        : absl::InternalError("stack size");
      },
      {.stack_size = 512 * 1024, .cpu_affinity = {cpu}, .nice = 19});
  REQUIRE(worker.ok());
  CHECK(worker->Join() == absl::OkStatus());
  CHECK(getpriority(PRIO_PROCESS, 0) != 19);
}

}  // namespace
}  // namespace worker_linux_test
}  // namespace sabre
