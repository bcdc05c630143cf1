// tests/messaging/port_journey.h: what travels in port_journey_stress.cc.
#ifndef SABRE_TESTS_MESSAGING_PORT_JOURNEY_H_
#define SABRE_TESTS_MESSAGING_PORT_JOURNEY_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "sabre/clone/codecs.h"
#include "sabre/clone/describe.h"
#include "sabre/clone/transferable.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/messaging/message_port.h"

namespace port_journey {

using namespace sabre;  // NOLINT: a test

// An object of which every one that is made must end, wherever it is then.
inline constexpr TransferType kCoinType{"Coin"};

struct CoinState : TransferredObject {
  explicit CoinState(std::atomic<std::int64_t>& counter) : alive(counter) { ++alive; }
  ~CoinState() override { --alive; }
  const TransferType& type() const noexcept override { return kCoinType; }
  std::atomic<std::int64_t>& alive;
};

struct Coin final : Transferable {
  absl::Status CanTransfer() const override { return absl::OkStatus(); }
  std::unique_ptr<TransferredObject> TransferOut() override { return std::move(state); }
  const void* identity() const noexcept override { return state.get(); }
  const TransferType& type() const noexcept override { return kCoinType; }
  std::unique_ptr<CoinState> state;
};

// What travels through a route.
struct Cargo {
  std::uint64_t number = 0;
  std::optional<ArrayBuffer> buffer;  // filled with the number
  std::optional<Coin> coin;
};
SABRE_DESCRIBE(Cargo, number, buffer, coin)

// What the two ends tell each other when they end.
struct Route {
  std::atomic<bool> sender_closed{false};
  std::atomic<bool> receiver_closed{false};
  std::atomic<std::uint64_t> posted{0};    // once sender_closed
  std::atomic<std::uint64_t> received{0};  // once receiver_closed
  std::atomic<int> ends{2};
};

// An end of a route while it is in a thread.
struct Stay {
  MessagePort port;
  Route* route = nullptr;
  bool sends = false;
  std::uint64_t next = 0;
  int left = 0;  // messages until it travels on
  bool gone = false;
  std::optional<Cargo> held = std::nullopt;  // to be checked after the next one
};

// An end of a route, on its way between two threads.
struct Parcel {
  MessagePort port;
  std::uint64_t route = 0;  // its address
  bool sends = false;
  std::uint64_t next = 0;
};
SABRE_DESCRIBE(Parcel, port, route, sends, next)

}  // namespace port_journey

template <>
struct sabre::Codec<port_journey::Coin> {
  static bool Write(Serializer& out, const port_journey::Coin& coin) {
    return out.WriteTransferable(coin);
  }
  static bool Read(Deserializer& in, port_journey::Coin& coin) {
    std::unique_ptr<TransferredObject> object;
    if (!in.ReadTransferred(port_journey::kCoinType, object)) return false;
    coin.state.reset(static_cast<port_journey::CoinState*>(object.release()));
    return true;
  }
};

#endif  // SABRE_TESTS_MESSAGING_PORT_JOURNEY_H_
