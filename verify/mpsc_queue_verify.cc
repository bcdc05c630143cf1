// Claims about lockfree/mpsc_queue.h.
#include "sabre/lockfree/mpsc_queue.h"

#include <memory>

#include "sabre/verify/model.h"

namespace {

using namespace sabre::verify;

struct Node : sabre::MpscNode<RelacySync> {
  explicit Node(int number) : value(number) {}
  RelacySync::Var<int> value;
};
using Queue = sabre::MpscQueue<Node, RelacySync>;

// Takes what is there, checks that each producer's values (p * 10 + 1, p * 10 + 2, …) come in
// order, and ends each node at once: the queue must be done with it.
struct Consumer {
  int last[2] = {0, 0};
  int count = 0;

  bool Take(Queue& queue) {
    const std::unique_ptr<Node> node(queue.Pop());
    if (node == nullptr) return false;
    const int value = node->value.Get();
    SABRE_VERIFY(value % 10 == last[value / 10] + 1);
    last[value / 10] = value % 10;
    count += 1;
    return true;
  }
};

// Of an empty queue: it says so, more than once, and nodes that come later leave in order.
void IsEmptyAndWorks(Queue& queue) {
  SABRE_VERIFY(queue.Pop() == nullptr && queue.Pop() == nullptr);
  Node nodes[3] = {Node(1), Node(2), Node(3)};
  queue.Push(nodes[0]);
  SABRE_VERIFY(queue.Pop() == &nodes[0] && queue.Pop() == nullptr);
  for (Node& node : nodes) queue.Push(node);
  for (Node& node : nodes) SABRE_VERIFY(queue.Pop() == &node);
  SABRE_VERIFY(queue.Pop() == nullptr);
  // One that had another behind it, and has none now.
  queue.Push(nodes[1]);
  SABRE_VERIFY(queue.Pop() == &nodes[1] && queue.Pop() == nullptr);
}

// Each of two producers pushes kEach nodes; the consumer tries a few pops meanwhile, and takes the
// rest.
template <class Derived, int kEach, int kPops>
struct TwoProducers : Model<Derived, 3> {
  Queue queue;
  Consumer consumer;
  void Thread(int id) {
    if (id < 2) {
      for (int i = 1; i <= kEach; ++i) queue.Push(*new Node(id * 10 + i));
      return;
    }
    for (int i = 0; i < kPops; ++i) Reached(consumer.Take(queue) ? "popped" : "null");
  }
  void After() {
    while (consumer.Take(queue)) {
    }
    SABRE_VERIFY(consumer.count == 2 * kEach);
    IsEmptyAndWorks(queue);
  }
};
struct TwoProducersOneEach : TwoProducers<TwoProducersOneEach, 1, 2> {};
struct TwoProducersTwoEach : TwoProducers<TwoProducersTwoEach, 2, 3> {};

// One producer: the stub goes in and out while nodes arrive.
template <class Derived, int kNodes, int kPops>
struct OneProducer : Model<Derived, 2> {
  Queue queue;
  Consumer consumer;
  void Thread(int id) {
    if (id == 0) {
      for (int i = 1; i <= kNodes; ++i) queue.Push(*new Node(i));
      return;
    }
    for (int i = 0; i < kPops; ++i) Reached(consumer.Take(queue) ? "popped" : "null");
  }
  void After() {
    while (consumer.Take(queue)) {
    }
    SABRE_VERIFY(consumer.count == kNodes);
    IsEmptyAndWorks(queue);
  }
};
struct OneProducerTwoNodes : OneProducer<OneProducerTwoNodes, 2, 2> {};
struct OneProducerThreeNodes : OneProducer<OneProducerThreeNodes, 3, 3> {};

// A consumer that was told of the pushes finds them: it sleeps until the counter says two, and then
// both nodes can be popped.
struct ToldConsumerFindsAll : Model<ToldConsumerFindsAll, 3> {
  Queue queue;
  Consumer consumer;
  RelacySync::Atomic<int> told{0};
  void Thread(int id) {
    if (id < 2) {
      queue.Push(*new Node(id * 10 + 1));
      told.fetch_add(1, RelacySync::kAcqRel);
      return;
    }
    while (told.load(RelacySync::kAcquire) != 2) RelacySync::ThreadYield();
    SABRE_VERIFY(consumer.Take(queue));
    SABRE_VERIFY(consumer.Take(queue));
    SABRE_VERIFY(!consumer.Take(queue));
  }
};

// A popped node can go right back.
struct NodeGoesRound : Model<NodeGoesRound, 2> {
  Queue queue;
  Node first{1};
  Node second{2};
  int popped = 0;
  void Thread(int id) {
    if (id == 0) {
      queue.Push(first);
      return;
    }
    if (Node* const node = queue.Pop()) {
      node->value.Set(node->value.Get() + 10);
      queue.Push(*node);
      Reached("pushed again");
    }
    queue.Push(second);
  }
  void After() {
    int sum = 0;
    int count = 0;
    for (; Node* const node = queue.Pop(); ++count) sum += node->value.Get();
    SABRE_VERIFY(count == 2 && (sum == 3 || sum == 13));
    IsEmptyAndWorks(queue);
  }
};

const Suite suite(
    "MpscQueue", {"sabre/lockfree/mpsc_queue.h"},
    {
        Claim<OneProducerTwoNodes>("1 producer, 2 nodes, 2 pops: FIFO, nodes end at once",
                                   {.searches = {Full(), Random(50'000)},
                                    .reaches = {"popped", "null"}}),
        Claim<OneProducerThreeNodes>("1 producer, 3 nodes, 3 pops: FIFO, nodes end at once",
                                     {.searches = {Bound(3), Random(50'000)},
                                      .reaches = {"popped", "null"}}),
        Claim<TwoProducersOneEach>("2 producers, 1 node each: nothing lost",
                                   {.searches = {Bound(3), Random(50'000)},
                                    .reaches = {"popped", "null"}}),
        Claim<TwoProducersTwoEach>("2 producers, 2 nodes each: FIFO per producer",
                                   {.searches = {Bound(2, 2'000'000), Random(50'000)},
                                    .reaches = {"popped", "null"}}),
        Claim<ToldConsumerFindsAll>("who is told of two pushes pops two nodes",
                                    {.searches = {Bound(2, 2'000'000), Random(50'000)}}),
        Claim<NodeGoesRound>("a popped node may be pushed again at once",
                             {.searches = {Full(), Random(20'000)}, .reaches = {"pushed again"}}),
    });

}  // namespace
