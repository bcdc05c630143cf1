#include "sabre/memory/trace.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "sabre/memory/agent.h"
#include "tests/support/stress.h"

namespace sabre {
namespace {
namespace trace_stress {

// Spans within spans, of which some last from one trace into another.
void Work(const std::atomic<bool>& done) {
  for (std::size_t i = 0; !done.load(); ++i) {
    const TraceSpan outer("outer");
    for (std::size_t j = 0; j < i % 300 && !done.load(); ++j) {
      TraceSpan inner("inner");
      inner.set_value(j);
    }
  }
}

TEST_CASE("traces begin and end beside threads that work, and others that come and go") {
  std::atomic<bool> done{false};
  const auto trace_on_and_off = [&] {
    std::uint64_t events = 0;
    for (int round = 0; round < test::Rounds(400); ++round) {
      // With room for little, and for much.
      REQUIRE(StartTrace({.max_bytes = std::size_t{16 * 1024} << round % 8}).ok());
      for (int i = 0; i < round % 20; ++i) std::this_thread::yield();
      { const TraceSpan mine("mine"); }
      TraceStats stats;
      const absl::StatusOr<std::string> json = StopTrace(&stats);
      REQUIRE(json.ok());
      std::size_t spans = 0;
      for (absl::string_view line : absl::StrSplit(*json, '\n')) {
        if (!absl::StartsWith(line, "{\"ph\":\"X\"")) continue;
        spans += 1;
        // Whole, up to the comma before the next line.
        REQUIRE((absl::EndsWith(line, "}") || absl::EndsWith(line, "},")));
      }
      REQUIRE(spans == stats.events);
      events += stats.events;
    }
    CHECK(events > 0);
    done.store(true);
  };
  const auto come_and_go = [&] {
    while (!done.load()) {
      std::thread([] {
        Agent::Current().set_name("short");
        const TraceSpan span("short");
      }).join();
    }
  };
  test::Together({trace_on_and_off, [&] { Work(done); }, [&] { Work(done); }, come_and_go});
}

}  // namespace trace_stress
}  // namespace
}  // namespace sabre
