#include "lib/kernel/task_state.h"

#include <doctest/doctest.h>

namespace sabre::kernel {
namespace {

struct Settlements final : TaskContinuation {
  void OnTaskSettled() override { ++calls; }
  int calls = 0;
};

TEST_CASE("a task is claimed once") {
  TaskState<> state;
  CHECK_FALSE(state.claimed());
  CHECK(state.Claim());
  CHECK_FALSE(state.Claim());
  CHECK(state.claimed());
}

TEST_CASE("the continuation is called once, when the task is settled") {
  TaskState<> state;
  Settlements counter;
  REQUIRE(state.Claim());
  CHECK(state.Await(counter));
  CHECK_FALSE(state.settled());
  state.Settle();
  CHECK(counter.calls == 1);
  CHECK(state.settled());
  CHECK_FALSE(state.Await(counter));
  CHECK_FALSE(state.StopAwaiting(counter));
  CHECK(counter.calls == 1);
}

TEST_CASE("a continuation that was taken back is not called") {
  TaskState<> state;
  Settlements first;
  Settlements second;
  REQUIRE(state.Claim());
  CHECK(state.Await(first));
  CHECK(state.StopAwaiting(first));
  CHECK(state.Await(second));
  state.Settle();
  CHECK(first.calls == 0);
  CHECK(second.calls == 1);
}

}  // namespace
}  // namespace sabre::kernel
