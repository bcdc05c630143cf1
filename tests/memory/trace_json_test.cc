// What a trace says: names, and arrows. When it is made: trace_test.cc.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "lib/memory/trace_points.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/trace.h"
#include "tests/memory/trace_helpers.h"

namespace sabre {
namespace {
namespace trace_json_test {

using trace_test::LinesWith;
using trace_test::OfThisThread;

TEST_CASE("trace: threads have the names of their agents, also those that have ended") {
  REQUIRE(StartTrace({.process_name = "a \"quoted\" name"}).ok());
  std::thread([] {
    // A tab, a character of two bytes, a byte that is none, a surrogate, one that is cut short.
    Agent::Current().set_name("a\tb \xc3\xa9 \xff \xed\xa0\x80 \xe2\x82");
    const TraceSpan span("in a thread");
  }).join();
  std::thread([] { const TraceSpan span("in a thread"); }).join();
  TraceStats stats;
  const absl::StatusOr<std::string> json = StopTrace(&stats);
  REQUIRE(json.ok());
  CHECK(stats.threads == 2);
  CHECK(LinesWith(*json, {"process_name", "a \\\"quoted\\\" name"}).size() == 1);
  CHECK(LinesWith(*json, {"thread_name",
                          "a\\u0009b \xc3\xa9 \\ufffd \\ufffd\\ufffd\\ufffd "
                          "\\ufffd\\ufffd"})
            .size() == 1);
  CHECK(LinesWith(*json, {"thread_name", "\"agent "}).size() == 1);
}

TEST_CASE("trace: arrows go from a post to its receipts; one with a missing end is left out") {
  REQUIRE(StartTrace().ok());
  const auto arrow = [] { return internal::NewTraceArrow(TraceCategory::kMessages); };
  const std::uint64_t handled = arrow(), received = arrow(), lost = arrow(), unknown = arrow();
  for (const std::uint64_t number : {handled, received, lost}) {
    const internal::TracedSpan span(internal::kTracePost, number);
  }
  for (const std::uint64_t number : {handled, received, unknown}) {
    const internal::TracedSpan span(internal::kTraceReceive, number);
  }
  { const internal::TracedSpan span(internal::kTraceHandler, handled); }
  const absl::StatusOr<std::string> json = StopTrace();
  REQUIRE(json.ok());
  CHECK(internal::NewTraceArrow(TraceCategory::kMessages) == 0);
  CHECK(LinesWith(*json, {"\"ph\":\"s\""}).size() == 2);
  CHECK(LinesWith(*json, {"\"ph\":\"t\""}).size() == 1);
  CHECK(LinesWith(*json, {"\"ph\":\"f\""}).size() == 2);
}

TEST_CASE("trace: a broadcast has an arrow to each thread") {
  REQUIRE(StartTrace().ok());
  const std::uint64_t number = internal::NewTraceArrow(TraceCategory::kMessages);
  { const internal::TracedSpan span(internal::kTracePost, number); }
  for (int i = 0; i < 3; ++i) {
    std::thread([&] { const internal::TracedSpan span(internal::kTraceReceive, number); }).join();
  }
  const absl::StatusOr<std::string> json = StopTrace();
  REQUIRE(json.ok());
  CHECK(LinesWith(*json, {"\"ph\":\"s\"", OfThisThread()}).size() == 3);
  CHECK(LinesWith(*json, {"\"ph\":\"f\""}).size() == 3);
}

}  // namespace trace_json_test
}  // namespace
}  // namespace sabre
