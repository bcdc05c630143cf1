// A stack that many threads push to, after R. K. Treiber (IBM RJ 5118, 1986). The file you ship and the
// file that is checked are this one: it is a template on the policy.
#ifndef SABRE_EXAMPLES_VERIFY_YOUR_OWN_STACK_H_
#define SABRE_EXAMPLES_VERIFY_YOUR_OWN_STACK_H_

#include <memory>
#include <utility>
#include <vector>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

// Stack
//
// Reclamation: a node belongs to the stack from Push until PopAll takes every node at once; after that
// nobody else can reach it, so PopAll frees it. Push compares a pointer that may be stale but never
// looks behind it, so it needs no protection, and ABA does no harm: the next pointer is right whenever
// the head is what it was.
//
// Thread-safety: Push and PopAll from any thread.
// Memory ordering: everything before a Push happens before the return of the PopAll that takes its value.
template <class T, sabre::AtomicPolicy S = sabre::StdSync>
class Stack {
 public:
  Stack() = default;
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() { PopAll(); }

  void Push(T value) {
    Node* const node = new Node(std::move(value));
    // Relaxed: only compared.
    Node* head = head_.load(S::kRelaxed);
    for (;;) {
      node->next.Set(head);
      // [T1] Release: pairs with PopAll. Carries: the node's value and next. Relaxed on failure: again.
      if (head_.compare_exchange_weak(head, node, S::kRelease, S::kRelaxed)) return;
      S::SpinHint();
    }
  }

  // The values, newest first.
  std::vector<T> PopAll() {
    std::vector<T> values;
    // [T1] Acquire: pairs with Push.
    std::unique_ptr<Node> node(head_.exchange(nullptr, S::kAcquire));
    while (node != nullptr) {
      values.push_back(node->value.Take());
      node.reset(node->next.Get());
    }
    return values;
  }

 private:
  struct Node {
    explicit Node(T v) : value(std::move(v)) {}
    typename S::template Var<T> value;
    typename S::template Var<Node*> next{nullptr};
  };

  typename S::template Atomic<Node*> head_{nullptr};
};

#endif  // SABRE_EXAMPLES_VERIFY_YOUR_OWN_STACK_H_
