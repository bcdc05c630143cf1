#include "sabre/memory/array_buffer.h"

#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/memory/byte_length.h"
#include "sabre/memory/agent.h"
#include "sabre/memory/block_header.h"
#include "sabre/memory/check.h"
#include "sabre/memory/relative_range.h"

namespace sabre {
namespace internal {

// ArrayBufferState
//
// What the handles of one buffer share. Confined to one thread at a time, hence the plain count.
class ArrayBufferState : public BlockHeader {
 public:
  // Detached.
  ArrayBufferState() noexcept : BlockHeader(nullptr, 0, Kind::kUnshared) {}

  void AddReference() noexcept {
    AssertOwner();
    references_ += 1;
  }
  void DropReference() noexcept {
    AssertOwner();
    if (--references_ == 0) delete this;
  }
  const BackingStore& store() const noexcept { return store_; }
  // Also once detached.
  bool resizable() const noexcept { return resizable_; }
  bool untransferable() const noexcept { return untransferable_; }
  void MarkAsUntransferable() noexcept {
    AssertOwner();
    untransferable_ = true;
  }

  absl::Status Resize(std::size_t byte_length) {
    AssertOwner();
    if (absl::Status s = store_.Resize(byte_length); !s.ok()) return s;
    SetUnshared(store_.data(), byte_length, Kind::kUnshared);
    return absl::OkStatus();
  }

  BackingStore Detach() noexcept {
    AssertOwner();
    SetUnshared(nullptr, 0, Kind::kUnshared);
    return std::move(store_);
  }

  // Of a detached one: gives it bytes.
  void Attach(BackingStore store) noexcept {
    store_ = std::move(store);
    resizable_ = store_.resizable();
    SetUnshared(store_.data(), store_.byte_length(),
                store_.immutable() ? Kind::kImmutable : Kind::kUnshared);
  }

 private:
  void AssertOwner() const noexcept {
    assert(owner_ == Agent::Current().id() &&
           "an ArrayBuffer is used by a thread that does not own it: transfer it in a message");
  }

  std::uint64_t references_ = 1;
  bool resizable_ = false;
  bool untransferable_ = false;
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

absl::StatusOr<ArrayBuffer> ArrayBuffer::Create(std::size_t byte_length, BufferOptions options) {
  absl::StatusOr<internal::BackingStore> store =
      internal::BackingStore::Allocate(byte_length, options.max_byte_length);
  return Wrap(std::move(store));
}

ArrayBuffer ArrayBuffer::FromBackingStore(internal::BackingStore store) {
  auto* const state = new internal::ArrayBufferState;
  state->Attach(std::move(store));
  return ArrayBuffer(state);
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::Detached() {
  auto* const state = new (std::nothrow) internal::ArrayBufferState;
  if (state == nullptr) return absl::ResourceExhaustedError("ArrayBuffer: no memory for a handle");
  return ArrayBuffer(state);
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::Wrap(absl::StatusOr<internal::BackingStore> store) {
  if (!store.ok()) return std::move(store).status();
  absl::StatusOr<ArrayBuffer> buffer = Detached();
  if (buffer.ok()) buffer->state_->Attach(*std::move(store));
  return buffer;
}

std::size_t ArrayBuffer::byte_length() const noexcept {
  return state_ != nullptr ? state_->byte_length() : 0;
}

std::size_t ArrayBuffer::max_byte_length() const noexcept {
  return detached() ? 0 : state_->store().max_byte_length();
}

bool ArrayBuffer::resizable() const noexcept { return state_ != nullptr && state_->resizable(); }

bool ArrayBuffer::immutable() const noexcept { return state_ != nullptr && state_->immutable(); }

bool ArrayBuffer::detached() const noexcept { return state_ == nullptr || state_->detached(); }

void ArrayBuffer::MarkAsUntransferable() noexcept {
  if (state_ != nullptr) state_->MarkAsUntransferable();
}

bool ArrayBuffer::marked_as_untransferable() const noexcept {
  return state_ != nullptr && state_->untransferable();
}

std::span<std::byte> ArrayBuffer::Span() const noexcept {
  if (state_ == nullptr) return {};
  if (state_->immutable()) internal::CallerBug("ArrayBuffer::Span of an immutable buffer");
  return {state_->data(), state_->byte_length()};
}

std::span<const std::byte> ArrayBuffer::ConstSpan() const noexcept {
  if (state_ == nullptr) return {};
  return {state_->data(), state_->byte_length()};
}

absl::Status ArrayBuffer::Resize(std::size_t byte_length) {
  if (!resizable()) {
    return absl::FailedPreconditionError(absl::StrCat("ArrayBuffer.resize: buffer is ",
                                                      immutable() ? "immutable" : "not resizable"));
  }
  if (absl::Status s = internal::CheckByteLength("ArrayBuffer.resize", byte_length); !s.ok()) {
    return s;
  }
  if (detached()) return absl::FailedPreconditionError("ArrayBuffer.resize: buffer is detached");
  if (byte_length > max_byte_length()) {
    return absl::OutOfRangeError(absl::StrCat("ArrayBuffer.resize: byte_length ", byte_length,
                                              " exceeds max_byte_length ", max_byte_length()));
  }
  return state_->Resize(byte_length);
}

absl::Status ArrayBuffer::CheckMayTransfer(const char* what, std::size_t byte_length) const {
  if (absl::Status s = internal::CheckByteLength(what, byte_length); !s.ok()) return s;
  if (detached()) {
    return absl::FailedPreconditionError(absl::StrCat(what, ": buffer is detached already"));
  }
  if (immutable()) {
    return absl::FailedPreconditionError(absl::StrCat(what, ": buffer is immutable"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::Transfer(std::optional<std::size_t> byte_length) {
  const std::size_t length = byte_length.value_or(this->byte_length());
  if (absl::Status s = CheckMayTransfer("ArrayBuffer.transfer", length); !s.ok()) return s;
  if (resizable() && length > max_byte_length()) {
    return absl::OutOfRangeError(absl::StrCat("ArrayBuffer.transfer: byte_length ", length,
                                              " exceeds max_byte_length ", max_byte_length()));
  }
  return Moved([&](internal::BackingStore& store) {
    return std::move(store).ResizedTo(length, /*keep_resizable=*/true);
  });
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::TransferToFixedLength(
    std::optional<std::size_t> byte_length) {
  const std::size_t length = byte_length.value_or(this->byte_length());
  if (absl::Status s = CheckMayTransfer("ArrayBuffer.transferToFixedLength", length); !s.ok()) {
    return s;
  }
  return Moved([&](internal::BackingStore& store) {
    return std::move(store).ResizedTo(length, /*keep_resizable=*/false);
  });
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::TransferToImmutable(
    std::optional<std::size_t> byte_length) {
  const std::size_t length = byte_length.value_or(this->byte_length());
  if (absl::Status s = CheckMayTransfer("ArrayBuffer.transferToImmutable", length); !s.ok()) {
    return s;
  }
  return Moved(
      [&](internal::BackingStore& store) { return std::move(store).MadeImmutable(length); });
}

template <class Move>
absl::StatusOr<ArrayBuffer> ArrayBuffer::Moved(Move move) {
  // First what may fail and is easily undone.
  absl::StatusOr<ArrayBuffer> target = Detached();
  if (!target.ok()) return target;
  internal::BackingStore store = state_->Detach();
  absl::StatusOr<internal::BackingStore> moved = move(store);
  if (!moved.ok()) {
    // A store that could not be moved is as it was.
    state_->Attach(std::move(store));
    return std::move(moved).status();
  }
  target->state_->Attach(*std::move(moved));
  return target;
}

absl::StatusOr<internal::BackingStore> ArrayBuffer::CopyOf(const char* what, std::int64_t start,
                                                           std::optional<std::int64_t> end) const {
  if (detached()) return absl::FailedPreconditionError(absl::StrCat(what, ": buffer is detached"));
  const internal::Range range = internal::ClampRelative(start, end, byte_length());
  absl::StatusOr<internal::BackingStore> copy =
      internal::BackingStore::AllocateUninitialized(range.size());
  if (copy.ok() && range.size() > 0) {
    std::memcpy(copy->data(), state_->data() + range.begin, range.size());
  }
  return copy;
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::Slice(std::int64_t start,
                                               std::optional<std::int64_t> end) const {
  return Wrap(CopyOf("ArrayBuffer.slice", start, end));
}

absl::StatusOr<ArrayBuffer> ArrayBuffer::SliceToImmutable(std::int64_t start,
                                                          std::optional<std::int64_t> end) const {
  absl::StatusOr<internal::BackingStore> copy = CopyOf("ArrayBuffer.sliceToImmutable", start, end);
  if (!copy.ok()) return std::move(copy).status();
  const std::size_t length = copy->byte_length();
  return Wrap((*std::move(copy)).MadeImmutable(length));
}

const internal::BlockHeader* ArrayBuffer::block() const noexcept { return state_; }

absl::StatusOr<internal::BackingStore> ArrayBuffer::Detach() {
  if (absl::Status s = CheckMayTransfer("ArrayBuffer", 0); !s.ok()) return s;
  return state_->Detach();
}

void ArrayBuffer::Reattach(internal::BackingStore store) noexcept {
  state_->Attach(std::move(store));
}

internal::BackingStore ArrayBuffer::ShareImmutable() const noexcept {
  return state_->store().Share();
}

}  // namespace sabre
