// The claims of stack_verify.cc, as far as they apply, about the stack that is wrong. Expect a failure.
#include "wrong_stack.h"

#include <optional>

#include "sabre/verify/main.h"

namespace {

using namespace sabre::verify;

// A value goes to one of two who pop.
struct NothingIsLost : Model<NothingIsLost, /*kThreads=*/2> {
  WrongStack<int, RelacySync> stack;
  int sum[2] = {0, 0};

  void Before() { stack.Push(1); }
  void Thread(int id) {
    if (const std::optional<int> value = stack.Pop()) sum[id] = *value;
  }
  void After() { SABRE_VERIFY(sum[0] + sum[1] == 1); }
};

const Suite suite("WrongStack", /*sources=*/{},
                  {Claim<NothingIsLost>("2 poppers: nothing lost, nothing twice")});

}  // namespace
