// The stack as one writes it at first. It passes its unit tests, and every run on your machine, for
// months. wrong_stack_verify.cc finds what is wrong with it in a second; README.md explains it.
#ifndef SABRE_EXAMPLES_VERIFY_YOUR_OWN_WRONG_STACK_H_
#define SABRE_EXAMPLES_VERIFY_YOUR_OWN_WRONG_STACK_H_

#include <memory>
#include <optional>
#include <utility>

#include "sabre/sync/policy.h"
#include "sabre/sync/std_sync.h"

template <class T, sabre::AtomicPolicy S = sabre::StdSync>
class WrongStack {
 public:
  WrongStack() = default;
  WrongStack(const WrongStack&) = delete;
  WrongStack& operator=(const WrongStack&) = delete;
  ~WrongStack() {
    while (Pop()) {
    }
  }

  void Push(T value) {
    Node* const node = new Node(std::move(value));
    Node* head = head_.load(S::kRelaxed);
    for (;;) {
      node->next.Set(head);
      if (head_.compare_exchange_weak(head, node, S::kRelease, S::kRelaxed)) return;
      S::SpinHint();
    }
  }

  std::optional<T> Pop() {
    Node* head = head_.load(S::kAcquire);
    while (head != nullptr) {
      Node* const next = head->next.Get();
      if (head_.compare_exchange_weak(head, next, S::kAcquire, S::kAcquire)) {
        const std::unique_ptr<Node> node(head);
        return node->value.Take();
      }
      S::SpinHint();
    }
    return std::nullopt;
  }

 private:
  struct Node {
    explicit Node(T v) : value(std::move(v)) {}
    typename S::template Var<T> value;
    typename S::template Var<Node*> next{nullptr};
  };

  typename S::template Atomic<Node*> head_{nullptr};
};

#endif  // SABRE_EXAMPLES_VERIFY_YOUR_OWN_WRONG_STACK_H_
