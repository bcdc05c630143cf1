// published_queue.h with its types taken from a bundle of names: sabre::StdNames, the std ones, in
// production, and sabre::verify::StdNames under the checker. Nothing else has changed:
// ported_queue_test.py compares.
#ifndef VERIFY_PORTED_QUEUE_H_
#define VERIFY_PORTED_QUEUE_H_

#include <atomic>

#include "sabre/sync/std_names.h"

template <class T, class names = sabre::StdNames>
class spsc_queue {
  struct node;
  using link_t = typename names::template atomic<node*>;
  using value_t = typename names::template plain<T>;

 public:
  spsc_queue() {
    node* const n = new node;
    tail_.store(n, std::memory_order_relaxed);
    head_ = n;
    first_ = n;
    tail_copy_ = n;
  }
  spsc_queue(const spsc_queue&) = delete;
  spsc_queue& operator=(const spsc_queue&) = delete;
  ~spsc_queue() {
    node* n = first_;
    while (n != nullptr) {
      node* const next = n->next_.load(std::memory_order_relaxed);
      delete n;
      n = next;
    }
  }

  // By the producer.
  void enqueue(T value) {
    node* const n = alloc_node();
    n->next_.store(nullptr, std::memory_order_relaxed);
    n->value_ = value;
    head_->next_.store(n, std::memory_order_release);
    head_ = n;
  }

  // By the consumer. Returns false if the queue is empty.
  bool dequeue(T& value) {
    node* const tail = tail_.load(std::memory_order_relaxed);
    node* const next = tail->next_.load(std::memory_order_consume);
    if (next == nullptr) return false;
    value = next->value_;
    tail_.store(next, std::memory_order_release);
    return true;
  }

 private:
  struct node {
    link_t next_{nullptr};
    value_t value_{};
  };

  // From the nodes that the consumer has left, or a new one.
  node* alloc_node() {
    if (first_ == tail_copy_) tail_copy_ = tail_.load(std::memory_order_consume);
    if (first_ == tail_copy_) return new node;
    node* const n = first_;
    first_ = n->next_.load(std::memory_order_relaxed);
    return n;
  }

  link_t tail_{nullptr};  // of the consumer; the producer reads it now and then
  node* head_{nullptr};   // these are of the producer alone
  node* first_{nullptr};  // the oldest node
  node* tail_copy_{nullptr};
};

#endif  // VERIFY_PORTED_QUEUE_H_
