// Claims about stack.h.
#include "stack.h"

#include <vector>

#include "sabre/verify/main.h"

namespace {

using namespace sabre::verify;

// Two threads push, a third takes what is there: nothing is lost, nothing comes twice.
struct NothingIsLost : Model<NothingIsLost, /*kThreads=*/3> {
  Stack<int, RelacySync> stack;
  std::vector<int> taken;

  void Thread(int id) {
    if (id < 2) {
      stack.Push(1 << id);
      return;
    }
    taken = stack.PopAll();
    Reached(taken.empty() ? "took none" : taken.size() == 1 ? "took one" : "took both");
  }
  void After() {
    int sum = 0;
    for (const int value : taken) sum += value;
    for (const int value : stack.PopAll()) sum += value;
    SABRE_VERIFY(sum == 3);
  }
};

// What one thread pushes comes out newest first.
struct NewestFirst : Model<NewestFirst, 2> {
  Stack<int, RelacySync> stack;
  void Thread(int id) {
    if (id == 0) {
      stack.Push(1);
      stack.Push(2);
      return;
    }
    const std::vector<int> taken = stack.PopAll();
    if (taken.size() == 2) {
      SABRE_VERIFY(taken[0] == 2 && taken[1] == 1);
      Reached("took both");
    }
  }
};

const Suite suite("Stack", /*sources=*/{"stack.h"},
                  {
                      Claim<NothingIsLost>("2 pushers, 1 taker: nothing lost, nothing twice",
                                           {.searches = {Bound(3), Random(50'000)},
                                            .reaches = {"took none", "took one", "took both"}}),
                      Claim<NewestFirst>("newest first", {.searches = {Full(), Random(20'000)},
                                                          .reaches = {"took both"}}),
                  });

}  // namespace
