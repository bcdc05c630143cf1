// sabre/messaging/message_handler.h: the forms in which a message handler may be written.
#ifndef SABRE_MESSAGING_MESSAGE_HANDLER_H_
#define SABRE_MESSAGING_MESSAGE_HANDLER_H_

#include <concepts>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/clone/codec.h"
#include "sabre/messaging/message_event.h"

namespace sabre::internal {

// What all forms become. The event may be moved from.
using PortMessageHandler = absl::AnyInvocable<absl::Status(MessageEvent&)>;

// Takes a MessageEvent, by value or by reference.
template <class Handler>
concept HandlesEvents =
    std::invocable<Handler&, MessageEvent&> || std::invocable<Handler&, MessageEvent>;

// Calls `handler`; one that returns nothing has succeeded.
template <class Handler, class Argument>
absl::Status CallHandler(Handler& handler, Argument&& argument) {
  using Result = std::invoke_result_t<Handler&, Argument>;
  if constexpr (std::is_void_v<Result>) {
    handler(std::forward<Argument>(argument));
    return absl::OkStatus();
  } else {
    static_assert(std::is_same_v<Result, absl::Status>,
                  "a message handler returns nothing or an absl::Status");
    return handler(std::forward<Argument>(argument));
  }
}

template <HandlesEvents Handler>
PortMessageHandler EventHandler(Handler handler) {
  return [handler = std::move(handler)](MessageEvent& event) mutable {
    if constexpr (std::invocable<Handler&, MessageEvent&>) {
      return CallHandler(handler, event);
    } else {
      return CallHandler(handler, std::move(event));
    }
  };
}

template <Decodable T, class Handler>
PortMessageHandler ValueHandler(Handler handler) {
  return [handler = std::move(handler)](MessageEvent& event) mutable -> absl::Status {
    absl::StatusOr<T> value = event.As<T>();
    if (!value.ok()) return std::move(value).status();
    return CallHandler(handler, *std::move(value));
  };
}

}  // namespace sabre::internal

#endif  // SABRE_MESSAGING_MESSAGE_HANDLER_H_
