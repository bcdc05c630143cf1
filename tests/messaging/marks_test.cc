#include "sabre/clone/marks.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>

#include "sabre/clone/codecs.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/structured_clone.h"
#include "sabre/memory/array_buffer.h"
#include "sabre/messaging/file_descriptor.h"
#include "sabre/messaging/message_channel.h"

namespace sabre {
namespace {
namespace marks_test {

constexpr TransferType kKeyType{"Key"};

// Can be cloned and transferred; its moves are the compiler's.
class Key final : public Transferable {
 public:
  struct State : TransferredObject {
    const TransferType& type() const noexcept override { return kKeyType; }
  };

  Key() : state_(std::make_unique<State>()) {}
  absl::Status CanTransfer() const override { return absl::OkStatus(); }
  absl::StatusOr<std::unique_ptr<TransferredObject>> CloneOut() const override {
    return std::make_unique<State>();
  }
  std::unique_ptr<TransferredObject> TransferOut() override { return std::move(state_); }
  const void* identity() const noexcept override { return state_.get(); }
  const TransferType& type() const noexcept override { return kKeyType; }

 private:
  std::unique_ptr<State> state_;
};

bool Says(const absl::Status& status, const char* text) {
  CAPTURE(status.ToString());
  return IsDataCloneError(status) && std::string(status.message()).find(text) != std::string::npos;
}

TEST_CASE(
    "a buffer that is marked is copied as before, and not transferred, by any of its handles") {
  auto [here, there] = MessageChannel::Create();
  ArrayBuffer buffer = *ArrayBuffer::Create(8);
  ArrayBuffer other_handle = buffer;
  ArrayBuffer free_one = *ArrayBuffer::Create(8);
  CHECK_FALSE(IsMarkedAsUntransferable(buffer));
  MarkAsUntransferable(buffer);
  MarkAsUntransferable(buffer);
  CHECK(IsMarkedAsUntransferable(other_handle));
  CHECK(Says(here.PostMessage(buffer, {.transfer = {&free_one, &other_handle}}),
             "transfer[1]: an ArrayBuffer is marked as untransferable"));
  CHECK(Says(StructuredClone(buffer, {.transfer = {&buffer}}).status(), "untransferable"));
  CHECK_FALSE((buffer.detached() || free_one.detached()));
  CHECK(here.PostMessage(buffer).ok());
  const ArrayBuffer copy = *there.Receive(absl::Seconds(30))->As<ArrayBuffer>();
  CHECK(copy.byte_length() == 8);
  CHECK_FALSE(IsMarkedAsUntransferable(copy));
  // The buffer's own functions are as before; what they make is a buffer of its own.
  absl::StatusOr<ArrayBuffer> moved = buffer.Transfer();
  REQUIRE(moved.ok());
  CHECK_FALSE(IsMarkedAsUntransferable(*moved));
  CHECK(IsMarkedAsUntransferable(buffer));
  ArrayBuffer none;
  MarkAsUntransferable(none);
  CHECK_FALSE(IsMarkedAsUntransferable(none));
}

TEST_CASE("a port that is marked stays; the mark goes where the handle's port goes") {
  auto [here, there] = MessageChannel::Create();
  MessageChannel other = MessageChannel::Create();
  MarkAsUntransferable(other.port1);
  MessagePort moved = std::move(other.port1);
  CHECK(IsMarkedAsUntransferable(moved));
  CHECK_FALSE(IsMarkedAsUntransferable(other.port1));
  CHECK(Says(here.PostMessage(1, {.transfer = {&moved}}),
             "transfer[0]: a MessagePort is marked as untransferable"));
  MessagePort assigned = MessageChannel::Create().port1;
  assigned = std::move(moved);
  CHECK(Says(here.PostMessage(1, {.transfer = {&assigned}}), "untransferable"));
  CHECK(assigned.PostMessage(2).ok());
  CHECK(*other.port2.Receive(absl::Seconds(30))->As<int>() == 2);
  // The place is free for one without a mark.
  assigned = std::move(other.port2);
  CHECK_FALSE(IsMarkedAsUntransferable(assigned));
  CHECK(here.PostMessage(1, {.transfer = {&assigned}}).ok());
}

TEST_CASE("what is marked as uncloneable can only move; both marks: it stays") {
  auto [here, there] = MessageChannel::Create();
  Key key;
  FileDescriptor descriptor(dup(0));
  CHECK(here.PostMessage(descriptor).ok());
  MarkAsUncloneable(descriptor);
  FileDescriptor moved = std::move(descriptor);
  CHECK(IsMarkedAsUncloneable(moved));
  CHECK_FALSE(IsMarkedAsUncloneable(descriptor));
  CHECK(Says(here.PostMessage(moved), "a FileDescriptor is marked as uncloneable"));
  CHECK(moved.is_open());
  FileDescriptor assigned;
  assigned = std::move(moved);
  CHECK(here.PostMessage(assigned, {.transfer = {&assigned}}).ok());
  CHECK_FALSE(assigned.is_open());
  for (int i = 0; i < 2; ++i) {
    const FileDescriptor arrived = *there.Receive(absl::Seconds(30))->As<FileDescriptor>();
    CHECK(arrived.is_open());
    CHECK_FALSE(IsMarkedAsUncloneable(arrived));
  }
  MarkAsUncloneable(key);
  MarkAsUntransferable(key);
  Key moved_key = std::move(key);
  CHECK((IsMarkedAsUncloneable(moved_key) && IsMarkedAsUntransferable(moved_key)));
  CHECK(Says(here.PostMessage(1, {.transfer = {&moved_key}}),
             "transfer[0]: a Key is marked as untransferable"));
}

}  // namespace marks_test
}  // namespace
}  // namespace sabre
