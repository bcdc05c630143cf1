// sabre/adapters/asio_core.h: what lies behind AsioLoop and async_receive.
#ifndef SABRE_ADAPTERS_ASIO_CORE_H_
#define SABRE_ADAPTERS_ASIO_CORE_H_

#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <coroutine>
#include <exception>
#include <list>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/messaging/message_event.h"
#include "sabre/messaging/message_port.h"

namespace sabre {

// The category of error codes whose value is an absl::StatusCode. Thread-safety: thread-safe.
inline const std::error_category& status_category() noexcept {
  static const class final : public std::error_category {
    const char* name() const noexcept override { return "sabre.status"; }
    std::string message(int code) const override {
      return absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
    }
  } category;
  return category;
}

namespace internal {

inline std::error_code AsioError(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return {};
    case absl::StatusCode::kUnavailable:
      return asio::error::eof;
    case absl::StatusCode::kCancelled:
      return asio::error::operation_aborted;
    default:
      return {static_cast<int>(status.code()), status_category()};
  }
}

// AsioPending
//
// A receive that has not completed. The list of its core owns it.
class AsioPending {
 public:
  virtual ~AsioPending() = default;
  // Ends the wait, and completes with operation_aborted.
  virtual void Abort() = 0;
};

// AsioWait
//
// The coroutine that waits for one message. It begins at resume(), and destroys itself at its end.
struct AsioWait {
  struct promise_type {
    AsioWait get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    // Nothing in it throws, but an allocation that fails.
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<> handle;
};

// AsioCore
//
// Waits, through an io_context, for the descriptor of this thread's event loop, as long as somebody
// wants something of the loop. Thread-safety: the loop's thread.
class AsioCore : public std::enable_shared_from_this<AsioCore> {
 public:
  // That of the calling thread; null if it has none.
  static inline thread_local AsioCore* current = nullptr;

  explicit AsioCore(asio::io_context& context)
      : context_(context), loop_(EventLoop::Current()), descriptor_(context) {}

  // Begins with a first turn, for what is queued already.
  std::error_code Start(int fd) {
    std::error_code error;
    descriptor_.assign(fd, error);
    if (error) return error;
    current = this;
    loop_.set_alive_observer([this] { Update(); });
    waiting_ = true;
    asio::post(context_, [self = shared_from_this()] { self->OnReadable({}); });
    return {};
  }

  void Close() {
    closed_ = true;
    if (current == this) current = nullptr;
    loop_.set_alive_observer(nullptr);
    while (!pending_.empty()) pending_.front()->Abort();
    descriptor_.release();  // it belongs to the event loop
  }

  template <typename Handler>
  void Receive(Handler handler, MessagePort& port);

 private:
  template <typename Handler>
  class Receiving;
  using Pending = std::list<std::unique_ptr<AsioPending>>;

  // Waits, or stops waiting, as is needed now.
  void Update() {
    if (closed_ || polling_) return;
    const bool wanted = !pending_.empty() || loop_.alive();
    if (wanted && !waiting_) {
      waiting_ = true;
      descriptor_.async_wait(
          asio::posix::stream_descriptor::wait_read,
          [self = shared_from_this()](std::error_code error) { self->OnReadable(error); });
    } else if (!wanted && waiting_) {
      std::error_code ignored;
      descriptor_.cancel(ignored);
    }
  }

  void OnReadable(std::error_code error) {
    waiting_ = false;
    if (closed_) return;
    // Also if work throws.
    struct AfterTurn {
      AsioCore& core;
      ~AfterTurn() {
        core.polling_ = false;
        core.Update();
      }
    } after_turn{*this};
    polling_ = true;
    if (error) return;  // cancelled by Update, which may want to wait again
    loop_.Poll();
  }

  asio::io_context& context_;
  EventLoop& loop_;
  asio::posix::stream_descriptor descriptor_;
  Pending pending_;
  bool waiting_ = false;
  bool polling_ = false;
  bool closed_ = false;
};

template <typename Handler>
class AsioCore::Receiving final : public AsioPending {
 public:
  Receiving(AsioCore& core, Handler handler)
      : core_(core),
        handler_(std::move(handler)),
        io_work_(core.context_.get_executor()),
        handler_work_(asio::get_associated_executor(handler_, core.context_.get_executor())) {}

  void Start(Pending::iterator place, MessagePort& port) {
    place_ = place;
    auto slot = asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) {
      // It stays in the slot, and may be called when this object is gone.
      slot.assign([weak = std::weak_ptr<Receiving*>(self_)](asio::cancellation_type type) {
        const std::shared_ptr<Receiving*> self = weak.lock();
        if (self != nullptr && type != asio::cancellation_type::none) (*self)->Abort();
      });
    }
    wait_ = Wait(*this, port).handle;
    wait_.resume();
  }

  void Abort() override {
    wait_.destroy();
    Complete(asio::error::operation_aborted, MessageEvent());
  }

 private:
  using Executor = asio::associated_executor_t<Handler, asio::io_context::executor_type>;

  static AsioWait Wait(Receiving& self, MessagePort& port) {
    absl::StatusOr<MessageEvent> event = co_await port.Next();
    const std::error_code error = AsioError(event.status());
    self.Complete(error, event.ok() ? *std::move(event) : MessageEvent());
  }

  // Hands the handler to its executor, and destroys this object.
  void Complete(std::error_code error, MessageEvent event) {
    const std::shared_ptr<AsioCore> core = core_.shared_from_this();
    const std::unique_ptr<AsioPending> self = std::move(*place_);
    core->pending_.erase(place_);
    // Through the io_context first: never inside async_receive, a turn of Sabre's loop or an emit. From there
    // as Asio's own operations go to the handler's executor.
    asio::post(core->context_, [work = std::move(handler_work_), handler = std::move(handler_),
                                error, event = std::move(event)]() mutable {
      asio::dispatch(work.get_executor(),
                     [handler = std::move(handler), error, event = std::move(event)]() mutable {
                       std::move(handler)(error, std::move(event));
                     });
    });
    core->Update();
  }

  AsioCore& core_;
  Handler handler_;
  asio::executor_work_guard<asio::io_context::executor_type> io_work_;
  asio::executor_work_guard<Executor> handler_work_;
  const std::shared_ptr<Receiving*> self_ = std::make_shared<Receiving*>(this);
  Pending::iterator place_;
  std::coroutine_handle<> wait_;
};

template <typename Handler>
void AsioCore::Receive(Handler handler, MessagePort& port) {
  auto receiving = std::make_unique<Receiving<Handler>>(*this, std::move(handler));
  Receiving<Handler>& started = *receiving;
  pending_.push_front(std::move(receiving));
  started.Start(pending_.begin(), port);
  Update();
}

}  // namespace internal
}  // namespace sabre

#endif  // SABRE_ADAPTERS_ASIO_CORE_H_
