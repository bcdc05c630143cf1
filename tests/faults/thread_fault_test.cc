// Workers and pools on a system that refuses threads.
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "doctest/doctest.h"
#include "sabre/clone/codecs.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/pool/worker_pool.h"
#include "sabre/worker/worker.h"
#include "tests/faults/faults.h"

namespace sabre {
namespace {

using test::Call;
using test::Holdings;
using test::Refusal;

TEST_CASE("A worker that gets no thread is an error, and nothing of it is left") {
  for (const int error : {EAGAIN, ENOMEM, EPERM}) {
    CAPTURE(error);
    const Holdings before = Holdings::Now();
    auto captured = std::make_shared<int>(0);
    const std::weak_ptr<int> entry_lives = captured;
    absl::Status status;
    {
      const Refusal refusal(Call::kThread, error);
      status = Worker::Start([captured = std::move(captured)](WorkerScope&) {
                 ++*captured;
                 return absl::OkStatus();
               }).status();
      CHECK(refusal.refused() == 1);
    }
    CHECK(absl::IsResourceExhausted(status));
    CHECK(std::string(status.message()).find(absl::StrCat("errno ", error)) != std::string::npos);
    CHECK(entry_lives.expired());
    CHECK(Holdings::Now() == before);
  }
}

TEST_CASE("A worker that gets no thread detaches nothing that was to be its data") {
  ArrayBuffer bytes = *ArrayBuffer::Create(3);
  bytes.Span()[1] = std::byte{9};
  const auto start = [&] {
    return Worker::Start([](WorkerScope&) { return absl::OkStatus(); }, bytes,
                         {.transfer = {&bytes}});
  };
  {
    const Refusal refusal(Call::kThread, EAGAIN);
    CHECK(absl::IsResourceExhausted(start().status()));
  }
  CHECK_FALSE(bytes.detached());
  CHECK(bytes.Span()[1] == std::byte{9});
  absl::StatusOr<Worker> worker = start();
  REQUIRE(worker.ok());
  CHECK(bytes.detached());
  CHECK(worker->Join().ok());
}

TEST_CASE("A pool that gets too few threads is an error, and ends those that it got") {
  constexpr int kThreads = 4;
  const WorkerPoolOptions options{.max_threads = kThreads};
  const Holdings before = Holdings::Now();
  for (int got = 0; got < kThreads; ++got) {
    CAPTURE(got);
    {
      const Refusal refusal(Call::kThread, EAGAIN, /*after=*/got);
      CHECK(absl::IsResourceExhausted(WorkerPool::Create(options).status()));
      CHECK(refusal.refused() == 1);
    }
    CHECK(Holdings::Now() == before);
  }
  absl::StatusOr<WorkerPool> pool = WorkerPool::Create(options);
  REQUIRE(pool.ok());
  CHECK(*pool->Run([](int i) { return i + 1; }, 1).Await() == 2);
  CHECK(Holdings::Now().threads == before.threads + kThreads);
  pool->Destroy();
  CHECK(Holdings::Now() == before);
}

}  // namespace
}  // namespace sabre
