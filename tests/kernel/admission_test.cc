#include "lib/kernel/admission.h"

#include <doctest/doctest.h>

namespace sabre::kernel {
namespace {

using Result = Admission<>::Result;

TEST_CASE("as many enter as the limit says; who leaves makes room") {
  Admission<> admission;
  CHECK(admission.TryEnter(2) == Result::kEntered);
  CHECK(admission.TryEnter(2) == Result::kEntered);
  CHECK(admission.TryEnter(2) == Result::kFull);
  CHECK(admission.inside() == 2);
  CHECK_FALSE(admission.Leave());
  CHECK(admission.TryEnter(2) == Result::kEntered);
}

TEST_CASE("nobody enters a closed admission; the last to leave says so") {
  Admission<> admission;
  admission.TryEnter(2);
  admission.TryEnter(2);
  CHECK(admission.Close());
  CHECK_FALSE(admission.Close());
  CHECK(admission.TryEnter(9) == Result::kClosed);
  CHECK_FALSE(admission.Leave());
  CHECK_FALSE(admission.drained());
  CHECK(admission.Leave());
  CHECK(admission.drained());
  CHECK(admission.inside() == 0);
}

TEST_CASE("an empty admission is drained as soon as it is closed") {
  Admission<> admission;
  CHECK_FALSE(admission.drained());
  admission.Close();
  CHECK(admission.drained());
}

}  // namespace
}  // namespace sabre::kernel
