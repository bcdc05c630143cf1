#include "lib/kernel/loop_wakeup.h"

#include <doctest/doctest.h>

namespace sabre::kernel {
namespace {

using Duty = LoopWakeup<>::Duty;

TEST_CASE("only the first signal after Arm rings") {
  LoopWakeup<> wakeup;
  CHECK(wakeup.Signal() == Duty::kNone);
  CHECK_FALSE(wakeup.Arm());
  wakeup.Collect();
  CHECK(wakeup.Arm());
  CHECK(wakeup.Signal() == Duty::kRing);
  CHECK(wakeup.Signal() == Duty::kNone);
  wakeup.Collect();
  CHECK(wakeup.Signal() == Duty::kNone);
}

TEST_CASE("who signals a closed loop clears its queue") {
  LoopWakeup<> wakeup;
  wakeup.Close();
  CHECK(wakeup.Signal() == Duty::kClear);
  CHECK(wakeup.Signal() == Duty::kNone);  // the first one has it on its hands
  wakeup.Close();
  CHECK(wakeup.Signal() == Duty::kClear);
}

}  // namespace
}  // namespace sabre::kernel
