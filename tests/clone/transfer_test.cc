// tests/clone/transfer_test.cc: transfer lists, their order of operations, and what failure leaves.
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "doctest/doctest.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/structured_clone.h"

namespace transfer_test {

using namespace sabre;  // NOLINT: a test

struct Frame {
  int id = 0;
  ArrayBuffer pixels;
  SharedArrayBuffer flags;
};
SABRE_DESCRIBE(Frame, id, pixels, flags)

// A transferable of the simplest kind: a number that only one handle has.
inline constexpr TransferType kTokenType{"Token"};
inline constexpr TransferType kOtherType{"Other"};

struct TokenState : TransferredObject {
  int number = 0;
  const TransferType& type() const noexcept override { return kTokenType; }
};

class Token : public Transferable {
 public:
  Token() = default;
  explicit Token(int number) : state_(std::make_unique<TokenState>()) { state_->number = number; }
  int number() const { return state_ != nullptr ? state_->number : -1; }
  void Close() { closed_ = true; }

  absl::Status CanTransfer() const override {
    return closed_ ? absl::FailedPreconditionError("a Token is closed") : absl::OkStatus();
  }
  std::unique_ptr<TransferredObject> TransferOut() override { return std::move(state_); }
  const void* identity() const noexcept override { return state_.get(); }
  const TransferType& type() const noexcept override { return kTokenType; }

 private:
  friend struct ::sabre::Codec<Token>;
  std::unique_ptr<TokenState> state_;
  bool closed_ = false;
};

// What can be written and not be read.
struct Unreadable {};

}  // namespace transfer_test

template <>
struct sabre::Codec<transfer_test::Unreadable> {
  static bool Write(Serializer& out, const transfer_test::Unreadable&) {
    out.WriteInt32(1);
    return true;
  }
  static bool Read(Deserializer& in, transfer_test::Unreadable&) {
    return in.FailValue("nobody reads it");
  }
};
template <>
struct sabre::Codec<transfer_test::Token> {
  static bool Write(Serializer& out, const transfer_test::Token& token) {
    return out.WriteTransferable(token.identity(), token.type());
  }
  static bool Read(Deserializer& in, transfer_test::Token& token) {
    std::unique_ptr<TransferredObject> object;
    if (!in.ReadTransferred(transfer_test::kTokenType, object)) return false;
    token.state_.reset(static_cast<transfer_test::TokenState*>(object.release()));
    return true;
  }
};

namespace transfer_test {
namespace {

static_assert(kHasBuffers<Frame> && kHasBuffers<Token>);

ArrayBuffer Buffer(std::size_t size, int first = 0) {
  ArrayBuffer buffer = *ArrayBuffer::Create(size);
  if (size > 0) buffer.Span()[0] = static_cast<std::byte>(first);
  return buffer;
}

TEST_CASE("What the list names moves, shared memory is shared, the rest is copied") {
  Frame frame{7, Buffer(16, 42), *SharedArrayBuffer::Create(8)};
  const std::byte* const memory = frame.pixels.Span().data();
  const ArrayBuffer handle = frame.pixels;
  absl::StatusOr<Frame> clone = StructuredClone(frame, {.transfer = {&frame.pixels}});
  REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
  CHECK(frame.pixels.detached());
  CHECK(handle.detached());
  CHECK(clone->pixels.Span().data() == memory);
  CHECK(clone->flags == frame.flags);
  CHECK(clone->id == 7);

  absl::StatusOr<Frame> copy = StructuredClone(*clone);
  REQUIRE(copy.ok());
  CHECK_FALSE(clone->pixels.detached());
  CHECK(copy->pixels.Span().data() != memory);
  CHECK(copy->pixels.Span()[0] == std::byte{42});
}

TEST_CASE("A listed buffer that is not in the value is detached and travels along") {
  ArrayBuffer buffer = Buffer(4);
  absl::StatusOr<PreparedMessage> prepared = PreparedMessage::Prepare(1, {.transfer = {&buffer}});
  REQUIRE(prepared.ok());
  CHECK_FALSE(buffer.detached());
  CHECK(prepared->transfer().size() == 1);
  const Message message = std::move(*prepared).Commit();
  CHECK(buffer.detached());
  REQUIRE(message.transferred_buffers.size() == 1);
  CHECK(message.transferred_buffers[0].byte_length() == 4);
}

TEST_CASE("A prepared message that is dropped has detached nothing") {
  ArrayBuffer buffer = Buffer(4);
  { auto dropped = PreparedMessage::Prepare(buffer, {.transfer = {&buffer}}); }
  CHECK_FALSE(buffer.detached());
}

TEST_CASE("A bad transfer list is a DataCloneError and detaches nothing") {
  ArrayBuffer good = Buffer(4), gone = Buffer(4), null;
  SharedArrayBuffer shared = *SharedArrayBuffer::Create(8);
  REQUIRE(gone.Transfer().ok());
  ArrayBuffer twin = good;
  const std::vector<std::pair<std::vector<TransferItem>, std::string>> lists = {
      {{&good, &good}, "transfer[1]: listed twice"},
      {{&good, &twin}, "transfer[1]: listed twice"},
      {{&good, &gone}, "transfer[1]: an ArrayBuffer is detached"},
      {{&good, &null}, "transfer[1]: an ArrayBuffer is detached"},
      {{&good, &shared}, "SharedArrayBuffer is not transferable"},
      {{&good, static_cast<ArrayBuffer*>(nullptr)}, "transfer[1]: a null pointer"},
      {{&good, static_cast<Transferable*>(nullptr)}, "transfer[1]: a null pointer"},
  };
  for (const auto& [list, message] : lists) {
    const absl::Status status = PreparedMessage::Prepare(1, {.transfer = list}).status();
    CHECK(IsDataCloneError(status));
    CHECK_MESSAGE(absl::StrContains(status.message(), message), status.ToString());
    CHECK_FALSE(good.detached());
  }
}

TEST_CASE("A detached buffer in the value is an error that says where") {
  std::vector<Frame> frames(2);
  frames[0] = {1, Buffer(4), *SharedArrayBuffer::Create(8)};
  frames[1] = {2, Buffer(4), *SharedArrayBuffer::Create(8)};
  REQUIRE(frames[1].pixels.Transfer().ok());
  const absl::Status status = StructuredClone(frames, {.transfer = {&frames[0].pixels}}).status();
  CHECK(IsDataCloneError(status));
  CHECK(status.message() == "data[1].pixels: an ArrayBuffer is detached");
  CHECK_FALSE(frames[0].pixels.detached());
}

TEST_CASE("A view of a transferred buffer views the buffer that arrives") {
  ArrayBuffer buffer = Buffer(8, 9);
  std::vector<Uint8Array> views = {*Uint8Array::Over(buffer), *Uint8Array::Over(buffer, 4)};
  absl::StatusOr<std::vector<Uint8Array>> clone = StructuredClone(views, {.transfer = {&buffer}});
  REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
  CHECK(views[0].size() == 0);
  CHECK((*clone)[0].Get(0) == 9);
  (*clone)[0].Set(4, 5);
  CHECK((*clone)[1].Get(0) == 5);
}

TEST_CASE("Shared memory and transferred objects need a message") {
  CHECK(IsDataCloneError(Encode(*SharedArrayBuffer::Create(8)).status()));
  CHECK(IsDataCloneError(Encode(Token(1)).status()));
  const std::vector<std::uint8_t> shared = {0xff, 0x0f, 'u', 0};
  CHECK(absl::IsDataLoss(Decode<SharedArrayBuffer>(shared).status()));
  CHECK(absl::IsDataLoss(Decode<Graph>(shared).status()));
}

TEST_CASE("Transferable objects move with the message") {
  Token a(1), b(2);
  std::vector<Token> tokens;
  tokens.push_back(Token(3));
  absl::Status missing = PreparedMessage::Prepare(tokens).status();
  CHECK(IsDataCloneError(missing));
  CHECK(missing.message() == "data[0]: a Token in the value must be in the transfer list too");

  auto prepared = PreparedMessage::Prepare(tokens, {.transfer = {&a, &tokens[0], &b}});
  REQUIRE_MESSAGE(prepared.ok(), prepared.status().ToString());
  CHECK(a.number() == 1);
  Message message = std::move(*prepared).Commit();
  CHECK(a.number() == -1);
  CHECK(message.objects.size() == 3);
  Attachments attachments(message);
  absl::StatusOr<std::vector<Token>> got = Decode<std::vector<Token>>(message.bytes, attachments);
  REQUIRE_MESSAGE(got.ok(), got.status().ToString());
  CHECK((*got)[0].number() == 3);
  // There is one of each.
  CHECK(absl::IsDataLoss(Decode<std::vector<Token>>(message.bytes, attachments).status()));
  CHECK(static_cast<TokenState&>(*attachments.objects[2]).number == 2);
}

TEST_CASE("A transferred object is received as what it is") {
  Token token(1);
  Message message =
      std::move(PreparedMessage::Prepare(token, {.transfer = {&token}}).value()).Commit();
  Attachments attachments(message);
  Deserializer in(message.bytes, &attachments, {});
  std::unique_ptr<TransferredObject> object;
  REQUIRE(in.ReadHeader());
  CHECK_FALSE(in.ReadTransferred(kOtherType, object));
  CHECK(in.status().message() == "data: expected a transferred Other, not a Token (at byte 2)");
  CHECK(Decode<Token>(std::vector<std::uint8_t>{0xff, 0x0f, '0'}).status().message() ==
        "data: expected a transferred Token (at byte 2)");
  CHECK(Decode<Token>(message.bytes, attachments)->number() == 1);
}

TEST_CASE("An object that may not be transferred keeps everything in place") {
  ArrayBuffer buffer = Buffer(4);
  Token closed(1), detached(2);
  closed.Close();
  detached.TransferOut();
  for (Token* token : {&closed, &detached}) {
    const absl::Status status =
        PreparedMessage::Prepare(buffer, {.transfer = {&buffer, token}}).status();
    CHECK(IsDataCloneError(status));
    CHECK_FALSE(buffer.detached());
  }
}

TEST_CASE("A clone that cannot be read gives the buffers back") {
  std::tuple<ArrayBuffer, ArrayBuffer, Unreadable> value{
      Buffer(4, 7), *ArrayBuffer::Create(2, {.max_byte_length = 6}), {}};
  ArrayBuffer& fixed = std::get<0>(value);
  ArrayBuffer& resizable = std::get<1>(value);
  ArrayBuffer elsewhere = Buffer(3, 9);
  const Uint8Array view = *Uint8Array::Over(fixed, 0);
  const Uint8Array tracking = *Uint8Array::Over(resizable);
  const std::byte* const memory = fixed.Span().data();
  // The order of the list is not that of the value.
  const absl::Status status =
      StructuredClone(value, {.transfer = {&elsewhere, &resizable, &fixed}}).status();
  CHECK(absl::IsDataLoss(status));
  CHECK(absl::StrContains(status.message(), "data[2]: nobody reads it"));
  CHECK(fixed.Span().data() == memory);
  CHECK(view.Get(0) == 7);
  REQUIRE(resizable.Resize(6).ok());
  CHECK(tracking.size() == 6);
  CHECK(elsewhere.Span()[0] == std::byte{9});
  CHECK(StructuredClone(fixed, {.transfer = {&fixed}}).ok());
}

TEST_CASE("Values transfer as C++ types do") {
  ArrayBuffer buffer = Buffer(8, 3);
  Token token(5);
  Graph graph;
  const Value bytes = graph.View(Uint8Array::Over(buffer, 2)->AsView());
  const Value frame =
      graph.Object({{"bytes", bytes}, {"again", bytes}, {"buffer", buffer}, {"token", token}});
  CHECK(StructuredClone(frame, {.transfer = {&buffer}}).status().message() ==
        "data.token: a Token in the value must be in the transfer list too");
  absl::StatusOr<Graph> clone = StructuredClone(frame, {.transfer = {&buffer, &token}});
  REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
  CHECK(buffer.detached());
  const Value root = clone->root();
  CHECK(root.Get("again").Same(root.Get("bytes")));
  CHECK(root.Get("bytes").view().buffer == BufferHandle(root.Get("buffer").array_buffer()));
  CHECK(root.Get("buffer").array_buffer().Span()[0] == std::byte{3});
  CHECK(root.Get("token").ToDebugString() == "[transferable]");
  CHECK(DeepEquals(root.Get("token"), root.Get("token")));
  CHECK_FALSE(DeepEquals(root.Get("token"), frame.Get("token")));
  CHECK(StructuredClone(root).status().message() ==
        "data.token: a transferred object was not made usable by its receiver yet");
  CHECK(clone->TakeTransferred(root.Get("token"), kOtherType) == nullptr);
  std::unique_ptr<TransferredObject> taken = clone->TakeTransferred(root.Get("token"), kTokenType);
  REQUIRE(taken != nullptr);
  CHECK(static_cast<TokenState&>(*taken).number == 5);
  CHECK(clone->TakeTransferred(root.Get("token"), kTokenType) == nullptr);
}

TEST_CASE("One message decoded twice gives the same transferred buffer") {
  ArrayBuffer buffer = Buffer(8);
  Message message =
      PreparedMessage::Prepare(buffer, {.transfer = {&buffer}})->transfer().empty()
          ? Message()
          : std::move(*PreparedMessage::Prepare(buffer, {.transfer = {&buffer}})).Commit();
  Attachments attachments(message);
  absl::StatusOr<ArrayBuffer> first = Decode<ArrayBuffer>(message.bytes, attachments);
  absl::StatusOr<Graph> second = Decode<Graph>(message.bytes, attachments);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(second->root().array_buffer() == *first);
}

}  // namespace
}  // namespace transfer_test
