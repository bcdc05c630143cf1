// Claims about ported_queue.h.
#include "ported_queue.h"

#include "sabre/verify/main.h"
#include "sabre/verify/std_names.h"

namespace {

using namespace sabre::verify;

// What is taken is what was put in, in that order, while nodes are used again.
struct FirstInFirstOut : Model<FirstInFirstOut, /*kThreads=*/2> {
  spsc_queue<int, StdNames> queue;
  int taken = 0;

  void Take() {
    int value = 0;
    if (!queue.dequeue(value)) return Reached("empty");
    taken += 1;
    SABRE_VERIFY(value == taken);
  }
  void Thread(int id) {
    for (int i = 1; i <= 3; ++i) {
      if (id == 0) {
        queue.enqueue(i);
      } else {
        Take();
      }
    }
    if (id == 1 && taken == 3) Reached("took all");
  }
  void After() {
    while (taken < 3) Take();
    int value = 0;
    SABRE_VERIFY(!queue.dequeue(value));
  }
};

// A value of which each node makes one.
struct Counted {
  Counted() { made += 1; }
  static inline int made = 0;
};

// Nodes are used again: a queue that never holds more than one value needs two nodes, however long
// it lives.
struct NodesAreUsedAgain : Model<NodesAreUsedAgain, 1> {
  void Thread(int) {
    const Counted given;
    Counted taken;
    Counted::made = 0;
    spsc_queue<Counted, StdNames> queue;
    for (int i = 0; i < 4; ++i) {
      queue.enqueue(given);
      SABRE_VERIFY(queue.dequeue(taken));
    }
    SABRE_VERIFY(Counted::made == 2);
  }
};

const Suite suite("spsc_queue", /*sources=*/{"ported_queue.h"},
                  {
                      Claim<FirstInFirstOut>("what goes in comes out, in that order",
                                             {.searches = {Bound(3), Random(50'000)},
                                              .reaches = {"empty", "took all"}}),
                      Claim<NodesAreUsedAgain>("nodes are used again", {.searches = {Full()}}),
                  });

}  // namespace
