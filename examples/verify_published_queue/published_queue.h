// A queue as published: D. Vyukov's unbounded queue of one producer and one consumer
// (1024cores.net, "Unbounded SPSC Queue"), transcribed to std::atomic. The consumer leaves its
// nodes in the list, and the producer takes them from there again. ported_queue.h is this file with
// other aliases.
#ifndef VERIFY_PUBLISHED_QUEUE_H_
#define VERIFY_PUBLISHED_QUEUE_H_

#include <atomic>

template <class T>
class spsc_queue {
  struct node;
  using link_t = std::atomic<node*>;
  using value_t = T;

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

#endif  // VERIFY_PUBLISHED_QUEUE_H_
