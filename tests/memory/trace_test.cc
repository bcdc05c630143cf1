#include "sabre/memory/trace.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "lib/memory/trace_points.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/mutex.h"
#include "sabre/memory/shared_array_buffer.h"
#include "sabre/memory/typed_array.h"
#include "sabre/memory/wait.h"
#include "tests/memory/trace_helpers.h"

// Whether all of it is well-formed JSON, and what it means, is tested by tests/worker/trace_test.py.
namespace sabre {
namespace {
namespace trace_tests {

using namespace trace_test;

constexpr std::size_t kLeast = 8 * 1024;

TEST_CASE("trace: one at a time, with sensible options") {
  CHECK(absl::IsFailedPrecondition(StopTrace().status()));
  CHECK(absl::IsInvalidArgument(StartTrace({.categories = TraceCategory{}})));
  const absl::Status little = StartTrace({.max_bytes = 100});
  CHECK(absl::IsInvalidArgument(little));
  CHECK(absl::StrContains(little.message(), "max_bytes is 100"));
  CHECK(StartTrace().ok());
  CHECK(absl::IsFailedPrecondition(StartTrace()));
  CHECK(StopTrace().ok());
  CHECK(absl::IsFailedPrecondition(StopTrace().status()));
}

TEST_CASE("trace: spans nest, say their numbers, and are not there while nothing is traced") {
  { const TraceSpan before("before"); }
  REQUIRE(StartTrace().ok());
  {
    const TraceSpan outer("outer");
    TraceSpan inner("inner");
    inner.set_value(42);
  }
  TraceStats stats;
  const absl::StatusOr<std::string> json = StopTrace(&stats);
  { const TraceSpan after("after"); }
  REQUIRE(json.ok());
  CHECK(LinesWith(*json, {Named("before")}).empty());
  CHECK(LinesWith(*json, {Named("after")}).empty());
  CHECK(LinesWith(*json, {"\"ph\":\"X\"", Named("outer"), OfThisThread()}).size() == 1);
  CHECK(LinesWith(*json, {"\"ph\":\"X\"", Named("inner"), "\"value\":42"}).size() == 1);
  CHECK(json->find("outer") < json->find("inner"));
  CHECK(stats.events == 2);
  CHECK(stats.dropped == 0);
  CHECK(stats.threads == 1);
}

TEST_CASE("trace: only the categories that were asked for") {
  REQUIRE(StartTrace({.categories = TraceCategory::kWaits | TraceCategory::kLoops}).ok());
  { const TraceSpan span("the program's own"); }
  { const internal::TracedSpan span(internal::kTraceJoin); }
  { const internal::TracedSpan span(internal::kTracePost); }
  const absl::StatusOr<std::string> json = StopTrace();
  REQUIRE(json.ok());
  CHECK(LinesWith(*json, {Named("the program's own")}).empty());
  CHECK(LinesWith(*json, {Named("Worker::Join")}).size() == 1);
  CHECK(LinesWith(*json, {Named("post")}).empty());
}

TEST_CASE("trace: what does not fit is dropped and counted") {
  constexpr int kSpans = 1000;
  REQUIRE(StartTrace({.max_bytes = kLeast}).ok());
  for (int i = 0; i < kSpans; ++i) const TraceSpan span("one of many");
  // Another thread finds no room at all.
  std::thread([] { const TraceSpan span("too late"); }).join();
  TraceStats stats;
  const absl::StatusOr<std::string> json = StopTrace(&stats);
  REQUIRE(json.ok());
  CHECK(stats.dropped > 0);
  CHECK(stats.events > 0);
  CHECK(stats.events + stats.dropped == kSpans + 1);
  CHECK(LinesWith(*json, {Named("one of many")}).size() == stats.events);
  CHECK(LinesWith(*json, {Named("too late")}).empty());
  CHECK(absl::StrContains(*json, absl::StrCat("\"dropped_events\":", stats.dropped)));
}

TEST_CASE("trace: a span that goes on is unfinished, and may end in another trace") {
  constexpr int kFillsChunks = 1000;
  REQUIRE(StartTrace().ok());
  {
    const TraceSpan span("across traces");
    // The span's chunk is not the thread's last one.
    for (int i = 0; i < kFillsChunks; ++i) const TraceSpan filler("filler");
    absl::StatusOr<std::string> json = StopTrace();
    REQUIRE(json.ok());
    CHECK(LinesWith(*json, {Named("across traces"), "\"unfinished\":true"}).size() == 1);
    REQUIRE(StartTrace().ok());
    const TraceSpan other("in the second");
  }
  TraceStats stats;
  const absl::StatusOr<std::string> json = StopTrace(&stats);
  REQUIRE(json.ok());
  CHECK(stats.events == 1);
  CHECK(LinesWith(*json, {Named("in the second")}).size() == 1);
  CHECK(LinesWith(*json, {"unfinished"}).empty());
}

TEST_CASE("trace: waits say what they wait for") {
  const Int32Array cells = *Int32Array::Over(*SharedArrayBuffer::Create(256));
  REQUIRE(StartTrace().ok());
  CHECK(atomics::Wait(cells, 16, 0, absl::Microseconds(1)) == WaitResult::kTimedOut);
  const atomics::Mutex mutex = *atomics::Mutex::Over(cells, 0);
  atomics::UnlockToken token = *mutex.Lock();
  std::thread([&] { CHECK_FALSE(mutex.LockIfAvailable(absl::Microseconds(1))->locked()); }).join();
  const absl::StatusOr<std::string> json = StopTrace();
  REQUIRE(json.ok());
  CHECK(
      LinesWith(*json, {Named("atomics::Wait"), "\"cat\":\"wait\"", "\"byte_index\":64"}).size() ==
      1);
  // As often as it went to sleep.
  CHECK(!LinesWith(*json, {Named("Mutex::Lock"), "\"byte_index\":0"}).empty());
}

TEST_CASE("trace: into a file; one that cannot be written is an error, and the trace is over") {
  const std::string path =
      std::filesystem::temp_directory_path() /
      absl::StrCat("sabre_trace_", std::chrono::steady_clock::now().time_since_epoch().count());
  REQUIRE(StartTrace().ok());
  { const TraceSpan span("in a file"); }
  const absl::StatusOr<TraceStats> stats = StopTraceTo(path);
  REQUIRE(stats.ok());
  CHECK(stats->events == 1);
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(LinesWith(text, {Named("in a file")}).size() == 1);
  std::filesystem::remove(path);

  REQUIRE(StartTrace().ok());
  const absl::Status failed = StopTraceTo("/no/such/folder/trace.json").status();
  CHECK(absl::IsNotFound(failed));
  CHECK(absl::StrContains(failed.message(), "/no/such/folder/trace.json"));
  CHECK(absl::IsFailedPrecondition(StopTraceTo(path).status()));
  CHECK_FALSE(std::ifstream(path).good());
}

}  // namespace trace_tests
}  // namespace
}  // namespace sabre
