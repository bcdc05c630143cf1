#include "sabre/memory/array_buffer.h"

#include <cassert>
#include <utility>

#include "absl/status/status.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/block_header.h"

namespace sabre {
namespace internal {

// ArrayBufferState
//
// What the handles of one buffer share. Confined to one thread at a time, hence the plain count.
class ArrayBufferState : public BlockHeader {
 public:
  explicit ArrayBufferState(BackingStore store) noexcept
      : BlockHeader(store.data(), store.byte_length(), /*shared=*/false),
        store_(std::move(store)) {}

  void AddReference() noexcept {
    AssertOwner();
    references_ += 1;
  }
  void DropReference() noexcept {
    AssertOwner();
    if (--references_ == 0) delete this;
  }
  bool detached() const noexcept { return detached_; }

  BackingStore Detach() noexcept {
    AssertOwner();
    detached_ = true;
    Clear();
    return std::move(store_);
  }

 private:
  void AssertOwner() const noexcept {
    assert(owner_ == Agent::Current().id() &&
           "an ArrayBuffer is used by a thread that does not own it: transfer it in a message");
  }

  std::uint64_t references_ = 1;
  bool detached_ = false;
  BackingStore store_;
  const std::uint64_t owner_ = Agent::Current().id();
};

}  // namespace internal

ArrayBuffer::ArrayBuffer(const ArrayBuffer& other) noexcept : state_(other.state_) {
  if (state_ != nullptr) state_->AddReference();
}

ArrayBuffer& ArrayBuffer::operator=(const ArrayBuffer& other) noexcept {
  ArrayBuffer copy(other);
  std::swap(state_, copy.state_);
  return *this;
}

ArrayBuffer& ArrayBuffer::operator=(ArrayBuffer&& other) noexcept {
  ArrayBuffer moved(std::move(other));
  std::swap(state_, moved.state_);
  return *this;
}

ArrayBuffer::~ArrayBuffer() {
  if (state_ != nullptr) state_->DropReference();
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::Create(std::size_t byte_length) {
  absl::StatusOr<internal::BackingStore> store = internal::BackingStore::Allocate(byte_length);
  if (!store.ok()) return std::move(store).status();
  return FromBackingStore(*std::move(store));
}

ArrayBuffer ArrayBuffer::FromBackingStore(internal::BackingStore store) {
  return ArrayBuffer(new internal::ArrayBufferState(std::move(store)));
}

std::size_t ArrayBuffer::byte_length() const noexcept {
  return state_ != nullptr ? state_->byte_length() : 0;
}

bool ArrayBuffer::detached() const noexcept { return state_ == nullptr || state_->detached(); }

std::span<std::byte> ArrayBuffer::Span() const noexcept {
  return state_ != nullptr ? std::span<std::byte>(state_->data(), state_->byte_length())
                           : std::span<std::byte>();
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::Transfer() {
  absl::StatusOr<internal::BackingStore> store = Detach();
  if (!store.ok()) return std::move(store).status();
  return FromBackingStore(*std::move(store));
}

const internal::BlockHeader* ArrayBuffer::block() const noexcept { return state_; }

absl::StatusOr<internal::BackingStore> ArrayBuffer::Detach() {
  if (detached()) return absl::FailedPreconditionError("ArrayBuffer: buffer is detached already");
  return state_->Detach();
}

}  // namespace sabre
