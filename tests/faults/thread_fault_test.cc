// Workers and pools on a system that refuses threads.
#include <cerrno>
#include <memory>
#include <new>
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

TEST_CASE("A CPU or a nice value that the system refuses is an error, and no thread is left") {
  const struct {
    Call call;
    int error;
    WorkerOptions options;
    absl::StatusCode code;
    std::string words;
  } rows[] = {
      {Call::kSetAffinity,
       EINVAL,
       {.cpu_affinity = {0}},
       absl::StatusCode::kOutOfRange,
       "cpu_affinity 0"},
      {Call::kSetPriority, EACCES, {.nice = -5}, absl::StatusCode::kPermissionDenied, "nice -5"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.words);
    const Holdings before = Holdings::Now();
    ArrayBuffer bytes = *ArrayBuffer::Create(3);
    bool ran = false;
    WorkerOptions options = row.options;
    options.transfer = {&bytes};
    const Refusal refusal(row.call, row.error);
    const absl::Status status = Worker::Start(
                                    [&ran](WorkerScope&) {
                                      ran = true;
                                      return absl::OkStatus();
                                    },
                                    bytes, std::move(options))
                                    .status();
    CHECK(refusal.refused() == 1);
    CHECK(status.code() == row.code);
    CHECK(std::string(status.message()).find(row.words) != std::string::npos);
    CHECK(std::string(status.message()).find(absl::StrCat("errno ", row.error)) !=
          std::string::npos);
    CHECK_FALSE(ran);
    CHECK_FALSE(bytes.detached());
    CHECK(Holdings::Now() == before);
  }
}

#if defined(__cpp_exceptions)
TEST_CASE(
    "Whichever allocation of Start fails, it is an error, and nothing of the worker is left") {
  const Holdings before = Holdings::Now();
  int refusals = 0;
  for (bool started = false; !started; ++refusals) {
    REQUIRE(refusals < 100);
    CAPTURE(refusals);
    auto captured = std::make_shared<int>(0);
    const std::weak_ptr<int> entry_lives = captured;
    Worker::Entry entry = [captured = std::move(captured)](WorkerScope&) {
      ++*captured;
      return absl::OkStatus();
    };
    absl::StatusOr<Worker> worker = absl::CancelledError();
    {
      const Refusal refusal(Call::kNew, ENOMEM, /*after=*/refusals, /*times=*/1);
      worker = Worker::Start(std::move(entry));
      started = refusal.refused() == 0;
    }
    if (started) {
      REQUIRE(worker.ok());
      CHECK(worker->Join().ok());
      continue;
    }
    CHECK(absl::IsResourceExhausted(worker.status()));
    CHECK(entry_lives.expired());
    CHECK(Holdings::Now() == before);
  }
  CHECK(refusals > 4);
}

// Has nothing to be moved with.
class Immovable final : public Transferable {
 public:
  absl::Status CanTransfer() const override { return absl::OkStatus(); }
  std::unique_ptr<TransferredObject> TransferOut() override { throw std::bad_alloc(); }
  const void* identity() const noexcept override { return this; }
  const TransferType& type() const noexcept override { return kType; }

 private:
  static constexpr TransferType kType{"Immovable"};
};

TEST_CASE("Data that cannot be detached when the thread is there: an error, and it never runs") {
  const Holdings before = Holdings::Now();
  Immovable immovable;
  auto captured = std::make_shared<int>(0);
  const std::weak_ptr<int> entry_lives = captured;
  const absl::Status status = Worker::Start(
                                  [captured = std::move(captured)](WorkerScope&) {
                                    FAIL("the entry runs");
                                    return absl::OkStatus();
                                  },
                                  1, {.transfer = {&immovable}})
                                  .status();
  CHECK(absl::IsResourceExhausted(status));
  CHECK(entry_lives.expired());
  CHECK(Holdings::Now() == before);
}
#endif

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
