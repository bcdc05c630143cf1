// sabre/clone/serializer.h: writes values in V8's structured-clone format.
#ifndef SABRE_CLONE_SERIALIZER_H_
#define SABRE_CLONE_SERIALIZER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/clone/byte_buffer.h"
#include "sabre/clone/message.h"
#include "sabre/clone/options.h"
#include "sabre/clone/transferable.h"
#include "sabre/clone/wire_tag.h"
#include "sabre/memory/array_buffer_view.h"

namespace sabre {

class PreparedMessage;
namespace internal {
struct SerializerTables;
}  // namespace internal

// Serializer
//
// Writes one value, in the portable form of version 15 that Node 18 and later read. A `Codec`
// writes a C++ type with it; a `Codec` of your own calls the Write functions in the order of the
// value. A function that returns bool says false after a failure; the writer then stops, adds where
// it was (PrependKey, PrependIndex) and returns false too.
//
// Every object takes an id, in the order of writing, by which later occurrences refer to it; the
// Begin functions and the functions that write an object count them.
//
// Thread-safety: thread-compatible.
// Spec: HTML StructuredSerializeInternal; V8 value-serializer.cc.
class Serializer {
 public:
  // Writes bytes only: shared memory and transferable objects are refused.
  explicit Serializer(const SerializeOptions& options = {}) : options_(options) { WriteHeader(); }
  // Writes into `reuse`, which is emptied first and keeps its memory.
  Serializer(ByteBuffer reuse, const SerializeOptions& options)
      : options_(options), out_(std::move(reuse)) {
    out_.Clear();
    WriteHeader();
  }
  Serializer(const Serializer&) = delete;
  Serializer& operator=(const Serializer&) = delete;
  ~Serializer() {
    if (tables_ != nullptr) FreeTables();
  }

  const SerializeOptions& options() const noexcept { return options_; }

  // ---- Values without identity. ----
  void WriteUndefined() { WriteByte(wire::kUndefined); }
  void WriteNull() { WriteByte(wire::kNull); }
  void WriteBool(bool value) { WriteByte(value ? wire::kTrue : wire::kFalse); }
  void WriteInt32(std::int32_t value) {
    std::uint8_t* at = out_.Reserve(6);
    *at = wire::kInt32;
    const std::uint32_t bits = static_cast<std::uint32_t>(value);
    Finish(PutVarint(at + 1, (bits << 1) ^ (value < 0 ? ~0u : 0u)));
  }
  // Tag `I` if `value` is an int32 (and not -0), else `N`. Every NaN is written alike.
  void WriteNumber(double value);
  // A number if it is exact in a double, else a BigInt.
  void WriteInt64(std::int64_t value);
  void WriteUint64(std::uint64_t value);
  // Magnitude in 64-bit limbs, least significant first.
  bool WriteBigInt(bool negative, std::span<const std::uint64_t> limbs);
  // UTF-8 in memory; on the wire one byte a unit if all characters are below U+0100, else two.
  bool WriteUtf8(std::string_view text);
  // Text whose bytes are the characters U+0000 to U+00FF.
  bool WriteLatin1(std::string_view text);
  // UTF-16; lone surrogates are kept.
  bool WriteUtf16(std::u16string_view text);
  // UTF-16 with a unit above U+00FF: skips the check for it.
  bool WriteTwoByte(std::u16string_view text);

  // ---- Objects. Each Begin needs its End, with the counts of what was written between. ----
  void BeginObject() { BeginContainer(wire::kBeginObject); }
  // The key of a property; the value follows. Keys that are array indices need WriteIndexKey.
  bool WriteKey(std::string_view key) { return WriteUtf8(key); }
  void WriteIndexKey(std::uint32_t index);
  void EndObject(std::uint32_t properties) {
    Counted(wire::kEndObject, properties);
    --depth_;
  }
  // `length` elements follow.
  bool BeginDenseArray(std::size_t length);
  void EndDenseArray(std::uint32_t properties, std::uint32_t length);
  // Pairs of an index key and a value follow, then other properties.
  void BeginSparseArray(std::uint32_t length);
  void EndSparseArray(std::uint32_t properties, std::uint32_t length);
  // Keys and values follow in turn; `size` is the number of pairs.
  void BeginMap() { BeginContainer(wire::kBeginMap); }
  void EndMap(std::uint32_t size) {
    Counted(wire::kEndMap, size * 2);
    --depth_;
  }
  void BeginSet() { BeginContainer(wire::kBeginSet); }
  void EndSet(std::uint32_t size) {
    Counted(wire::kEndSet, size);
    --depth_;
  }
  // `milliseconds` since 1970; NaN is the invalid Date.
  void WriteDate(double milliseconds);
  // A tag and the 8 bytes of a double.
  void WriteTaggedDouble(std::uint8_t tag, double value);

  // ---- Memory. A buffer keeps its identity however often it is written. ----
  // A copy of its bytes; moved, if the transfer list names it; shared, if it is immutable and this is a
  // message. A resizable one stays so (tag `~`, which Node 18 cannot read; in version 13 it becomes fixed).
  bool WriteArrayBuffer(const ArrayBuffer& buffer);
  bool WriteSharedArrayBuffer(const SharedArrayBuffer& buffer);
  // The view and, in the dialect kV8, its buffer. In Node's dialects a copy of the bytes in view.
  bool WriteView(const ArrayBufferView& view);
  // What follows the buffer of a view in the dialect kV8.
  void WriteViewFields(ViewKind kind, std::uint32_t byte_offset, std::uint32_t byte_length,
                       std::uint32_t flags);
  // In Node's dialects; `index` is the type's place in Node's table.
  bool WriteHostView(std::uint32_t index, std::span<const std::byte> bytes);
  // New memory with a copy of `bytes`, seen as a Uint8Array.
  bool WriteBytes(std::span<const std::byte> bytes);
  // An object that the transfer list names, which moves, or a copy (see Transferable::CloneOut). Two
  // objects are told apart by their identity(), so `object` must live until the value is written.
  bool WriteTransferable(const Transferable& object);
  // An object of the transfer list. Errors: a DataCloneError if `identity` is not in the list.
  bool WriteTransferable(const void* identity, const TransferType& type);

  // What a Graph has received and nobody took; only in a conversion, which moves it.
  bool WriteReceived(TransferredObject** object);

  // ---- Platform objects; see PlatformCodec. ----
  // One value follows, the object's data, then EndPlatformObject.
  bool BeginPlatformObject(std::string_view name);
  void EndPlatformObject() { --depth_; }
  // After steps that said false: a DataCloneError, if they did not say why. Returns false.
  bool FailPlatformObject(std::string_view name);

  // ---- Identity. ----
  // The id that the next object gets.
  std::uint32_t next_id() const noexcept { return next_id_; }
  void TakeId() noexcept { ++next_id_; }
  // Remembers that the object at `address`, seen as `type` (any address that stands for the type),
  // has `id`.
  void RegisterId(const void* address, const void* type, std::uint32_t id);
  // Writes a back reference if RegisterId was called for it.
  bool WriteReferenceIfKnown(const void* address, const void* type);
  void WriteReference(std::uint32_t id) { Counted(wire::kReference, id); }

  // ---- Failure. ----
  // Records that what is being written cannot be cloned, and why. Returns false.
  bool FailDataClone(std::string_view why);
  bool Fail(absl::Status status);
  // False, and a failure, if the containers now open are more than kMaxCodecDepth.
  bool CheckDepth() { return depth_ <= kMaxCodecDepth || FailDepth(kMaxCodecDepth); }
  bool FailDepth(std::size_t limit);
  // A pointer counts as a level: reading through it takes one.
  void EnterPointer() { ++depth_; }
  void LeavePointer() { --depth_; }
  // Say where the failure happened, innermost first: `.key`, `[index]`, or any text.
  void PrependKey(std::string_view key);
  void PrependIndex(std::size_t index);
  void PrependText(std::string_view text);
  // OK, or the failure: "data.items[3].when: …".
  absl::Status status() const { return tables_ == nullptr ? absl::OkStatus() : Failure(); }

  // ---- The steps of a message; used by PreparedMessage and Encode. ----
  // Allows attachments, and checks the transfer list: no null, no shared memory, nothing twice.
  absl::Status BeginMessage(std::span<const TransferItem> transfer);
  bool bytes_only() const noexcept { return tables_ == nullptr; }  // the message, so far
  // The second check of the list, after the value was written.
  absl::StatusOr<PreparedMessage> FinishMessage();
  // The steps of a conversion: nothing is copied or detached, all that bytes cannot carry goes into
  // `attachments`. `received`: where each of the objects is owned, null for those that are not.
  void BeginConversion();
  void FinishConversion(Attachments& attachments, std::vector<TransferredObject**>& received);
  ByteBuffer TakeBytes() { return std::move(out_); }  // the serializer is of no use afterwards

  // ---- Raw bytes, for codecs that know their keys at compile time. ----
  void WriteByte(std::uint8_t byte) {
    *out_.Reserve(1) = byte;
    out_.Advance(1);
  }
  template <std::size_t kSize>
  void WriteConstant(const std::uint8_t (&bytes)[kSize]) {
    std::memcpy(out_.Reserve(kSize), bytes, kSize);
    out_.Advance(kSize);
  }
  void WriteVarint(std::uint32_t value) { Finish(PutVarint(out_.Reserve(5), value)); }
  void WriteRaw(const void* bytes, std::size_t count) {
    if (count == 0) return;
    std::memcpy(out_.Reserve(count), bytes, count);
    out_.Advance(count);
  }
  ByteBuffer& out() noexcept { return out_; }

 private:
  void WriteHeader() {
    if (options_.version != 15 && options_.version != 13) FailVersion();
    WriteByte(wire::kVersionTag);
    WriteByte(static_cast<std::uint8_t>(options_.version));
  }
  void FailVersion();
  absl::Status Failure() const;
  static std::uint8_t* PutVarint(std::uint8_t* at, std::uint32_t value) {
    while (value >= 0x80) {
      *at++ = static_cast<std::uint8_t>(value | 0x80);
      value >>= 7;
    }
    *at++ = static_cast<std::uint8_t>(value);
    return at;
  }
  void Finish(const std::uint8_t* end) {
    out_.Advance(static_cast<std::size_t>(end - (out_.data() + out_.size())));
  }
  void Counted(std::uint8_t tag, std::uint32_t count) {
    std::uint8_t* at = out_.Reserve(6);
    *at = tag;
    Finish(PutVarint(at + 1, count));
  }
  void BeginContainer(std::uint8_t tag) {
    WriteByte(tag);
    ++next_id_;
    ++depth_;
  }
  // As an index among the buffers that travel beside the bytes.
  bool WriteBufferIndex(const ArrayBuffer& buffer, std::uint32_t index);
  internal::SerializerTables& Tables();
  void FreeTables();

  const SerializeOptions options_;
  ByteBuffer out_;
  std::uint32_t next_id_ = 0;
  std::uint32_t depth_ = 0;
  bool attachments_ = false;  // whether there is a message to attach anything to
  // What most values never need: identities, attachments, the failure. Created on first use.
  internal::SerializerTables* tables_ = nullptr;
};

}  // namespace sabre

#endif  // SABRE_CLONE_SERIALIZER_H_
