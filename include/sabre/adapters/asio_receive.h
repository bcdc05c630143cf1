// sabre/adapters/asio_receive.h: a receive through an io_context, from its begin to its completion.
#ifndef SABRE_ADAPTERS_ASIO_RECEIVE_H_
#define SABRE_ADAPTERS_ASIO_RECEIVE_H_

#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <coroutine>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/adapters/asio_core.h"
#include "sabre/messaging/message_event.h"
#include "sabre/messaging/message_port.h"
#include "sabre/messaging/port_awaiters.h"

namespace sabre::internal {

// AsioWait
//
// The coroutine that waits until there is something to receive. It begins at resume(), and destroys itself at
// its end.
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

template <typename Handler>
class AsioCore::Receiving final : public AsioPending {
 public:
  Receiving(AsioCore& core, Handler handler, std::shared_ptr<PortState> port)
      : core_(core),
        port_(std::move(port)),
        handler_(std::move(handler)),
        io_work_(core.context_.get_executor()),
        handler_work_(asio::get_associated_executor(handler_, core.context_.get_executor())) {}

  void Start(Pending::iterator place) {
    place_ = place;
    auto slot = asio::get_associated_cancellation_slot(handler_);
    if (slot.is_connected()) {
      // It stays in the slot, and may be called when this object is gone.
      slot.assign([weak = std::weak_ptr<Receiving*>(self_)](asio::cancellation_type type) {
        const std::shared_ptr<Receiving*> self = weak.lock();
        if (self != nullptr && type != asio::cancellation_type::none) (*self)->Abort();
      });
    }
    TakeLater();
  }

  void Abort() override {
    if (wait_ != nullptr) wait_.destroy();
    CompleteLater(asio::error::operation_aborted);
  }

 private:
  using Executor = asio::associated_executor_t<Handler, asio::io_context::executor_type>;

  static AsioWait Wait(Receiving& self) {
    const absl::Status readable = co_await ReadableAwaiter(self.port_);
    self.wait_ = nullptr;
    readable.ok() ? self.TakeLater() : self.CompleteLater(AsioError(readable));
  }

  // Through the io_context: never inside async_receive or a turn of Sabre's loop. The message is taken as late
  // as can be, so that what is cancelled before (as by the operator || of Asio's awaitables, which drops the
  // second result) has taken none.
  void TakeLater() {
    asio::post(core_.context_, [weak = std::weak_ptr<Receiving*>(self_)] {
      if (const std::shared_ptr<Receiving*> self = weak.lock()) (*self)->Take();
    });
  }

  void Take() {
    NextAwaiter next(port_);
    if (next.await_ready()) {
      absl::StatusOr<MessageEvent> event = next.await_resume();
      const std::error_code error = AsioError(event.status());
      return Complete(error, event.ok() ? *std::move(event) : MessageEvent());
    }
    wait_ = Wait(*this).handle;
    wait_.resume();
  }

  // Never inside a turn of Sabre's loop, or an emit.
  void CompleteLater(std::error_code error) {
    const auto [core, self] = End();
    asio::post(core->context_,
               [work = std::move(handler_work_), handler = std::move(handler_), error]() mutable {
                 Submit(std::move(work), std::move(handler), error, MessageEvent());
               });
    core->Update();
  }

  void Complete(std::error_code error, MessageEvent event) {
    const auto [core, self] = End();
    // Before the handler, which may throw.
    core->Update();
    Submit(std::move(handler_work_), std::move(handler_), error, std::move(event));
  }

  // Hands the handler to its executor, from the io_context as Asio's own operations do.
  static void Submit(asio::executor_work_guard<Executor> work, Handler handler,
                     std::error_code error, MessageEvent event) {
    asio::dispatch(work.get_executor(),
                   [handler = std::move(handler), error, event = std::move(event)]() mutable {
                     std::move(handler)(error, std::move(event));
                   });
  }

  // The core, and this object, which nobody else owns any more.
  std::pair<std::shared_ptr<AsioCore>, std::unique_ptr<AsioPending>> End() {
    std::pair<std::shared_ptr<AsioCore>, std::unique_ptr<AsioPending>> ended(
        core_.shared_from_this(), std::move(*place_));
    core_.pending_.erase(place_);
    return ended;
  }

  AsioCore& core_;
  const std::shared_ptr<PortState> port_;
  Handler handler_;
  asio::executor_work_guard<asio::io_context::executor_type> io_work_;
  asio::executor_work_guard<Executor> handler_work_;
  const std::shared_ptr<Receiving*> self_ = std::make_shared<Receiving*>(this);
  Pending::iterator place_;
  std::coroutine_handle<> wait_;  // while it waits
};

template <typename Handler>
void AsioCore::Receive(Handler handler, const MessagePort& port) {
  auto receiving = std::make_unique<Receiving<Handler>>(*this, std::move(handler), port.state());
  Receiving<Handler>& started = *receiving;
  pending_.push_front(std::move(receiving));
  started.Start(pending_.begin());
  Update();
}

}  // namespace sabre::internal

#endif  // SABRE_ADAPTERS_ASIO_RECEIVE_H_
