// sabre/clone/deserializer.h: reads values in V8's structured-clone format straight into C++ types.
#ifndef SABRE_CLONE_DESERIALIZER_H_
#define SABRE_CLONE_DESERIALIZER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "sabre/clone/message.h"
#include "sabre/clone/options.h"
#include "sabre/clone/transferable.h"
#include "sabre/clone/wire_cursor.h"
#include "sabre/clone/wire_tag.h"
#include "sabre/memory/array_buffer_view.h"

namespace sabre {

namespace internal {
struct DeserializerTables;
}  // namespace internal

// Deserializer
//
// Reads one value of version 13, 14 or 15, by the type that a `Codec` expects, without a tree. The
// bytes may be a stranger's: every length is checked against the bytes left before memory is taken,
// and all memory is charged to one budget. A function that returns bool says false after a failure;
// the reader then stops, adds where it was (PrependKey, PrependIndex) and returns false too.
//
// A type that is an object on the wire is read inside `ReadObject`, which follows back references
// and bounds the nesting.
//
// Thread-safety: confined to one thread, like the buffers it makes.
// Spec: HTML StructuredDeserialize; V8 value-serializer.cc.
class Deserializer {
 public:
  // `bytes` and `attachments` (may be null: none) must outlive the deserializer.
  Deserializer(std::span<const std::uint8_t> bytes, Attachments* attachments,
               const DeserializeOptions& options)
      : options_(options),
        cursor_(bytes),
        budget_(options.max_memory != 0 ? options.max_memory : bytes.size() * 32 + 64 * 1024),
        attachments_(attachments) {}
  Deserializer(const Deserializer&) = delete;
  Deserializer& operator=(const Deserializer&) = delete;
  ~Deserializer() {
    if (tables_ != nullptr) FreeTables();
  }

  const DeserializeOptions& options() const noexcept { return options_; }
  Attachments* attachments() noexcept { return attachments_; }
  // 13, 14 or 15, once the header was read.
  std::uint32_t version() const noexcept { return version_; }

  // The version. Comes first.
  bool ReadHeader();
  // Checks what follows the value, if the options say so.
  bool ReadEnd();

  // ---- Values without identity. Each fails if something else stands there. ----
  // The tag of the next value, without passing it; 0 at the end.
  std::uint8_t PeekTag() noexcept { return cursor_.PeekTag(); }
  bool ReadNull();  // undefined or null
  bool ReadUndefined() { return ReadNull(); }
  bool ReadBool(bool& value) {
    const std::uint8_t tag = cursor_.ReadTag();
    value = tag == wire::kTrue;
    return tag == wire::kTrue || tag == wire::kFalse || FailExpected("a boolean");
  }
  // Any number.
  bool ReadNumber(double& value);
  // A number or a BigInt without fraction and in range, whatever its form on the wire.
  bool ReadInt64(std::int64_t& value) {
    if (cursor_.PeekTag() == wire::kInt32) [[likely]] {
      cursor_.ReadTag();
      std::int32_t small;
      if (!cursor_.ReadZigZag(small)) return FailExpected("an int32");
      value = small;
      return true;
    }
    return ReadInt64Slow(value);
  }
  bool ReadUint64(std::uint64_t& value);
  bool ReadBigInt(bool& negative, std::vector<std::uint64_t>& limbs);
  // Text of any width, as UTF-8. Lone surrogates: see DeserializeOptions::invalid_text.
  bool ReadUtf8(std::string& text);
  // Text of any width, as UTF-16. Lone surrogates are kept.
  bool ReadUtf16(std::u16string& text);

  // ---- Objects. ----
  // Calls `read`, which reads an object from its tag on and returns bool. If a back reference
  // stands here, `read` sees the object that it refers to.
  template <class F>
  bool ReadObject(F&& read) {
    if (++depth_ > kMaxCodecDepth) [[unlikely]]
      return FailDepth();
    bool good;
    if (cursor_.PeekTag() == wire::kReference) [[unlikely]] {
      std::size_t return_to;
      if (!FollowReference(return_to)) return false;
      const std::size_t target = cursor_.offset();
      good = read() && Charge(cursor_.offset() - target);
      cursor_.Seek(return_to);
    } else {
      good = read();
    }
    --depth_;
    return good;
  }

  // Reads `tag`, or fails with "expected `what`".
  bool ReadBegin(std::uint8_t tag, const char* what) {
    return cursor_.ReadTag() == tag || FailExpected(what);
  }
  // Whether the next bytes are exactly `bytes`; passes them if so.
  template <std::size_t kSize>
  bool TryConstant(const std::uint8_t (&bytes)[kSize]) noexcept {
    if (cursor_.left() < kSize || std::memcmp(cursor_.at(), bytes, kSize) != 0) return false;
    cursor_.Skip(kSize);
    return true;
  }
  bool TryByte(std::uint8_t byte) noexcept {
    if (cursor_.left() == 0 || *cursor_.at() != byte) return false;
    cursor_.Skip(1);
    return true;
  }
  // Inside an object: the next key as UTF-8, or `end` if the closing tag and its count, which must
  // be `properties`, stand here. Lone surrogates in a key become U+FFFD.
  bool ReadKeyOrEnd(std::string& key, bool& end, std::uint32_t properties);
  // After the closing tag: the count.
  bool ReadCount(std::uint32_t expected);

  // An array in either form, dense or sparse, without holes and without properties of its own.
  struct ArrayState {
    std::uint32_t length = 0;
    std::uint32_t next = 0;  // index of the element to read
    bool sparse = false;
  };
  // `length` is at most the number of bytes left.
  bool BeginArray(ArrayState& array);
  // Whether element `array.next` follows (then read it), or sets `end` after the array was closed.
  bool NextElement(ArrayState& array, bool& end) {
    if (!array.sparse && array.next < array.length) [[likely]] {
      ++array.next;
      end = false;
      return true;
    }
    return NextElementSlow(array, end);
  }

  // Milliseconds since 1970 of a Date, whole, within +-8.64e15; NaN for the invalid Date.
  bool ReadDate(double& milliseconds);

  // ---- Memory. The same buffer on the wire gives handles of the same buffer. ----
  bool ReadArrayBuffer(ArrayBuffer& buffer);
  bool ReadSharedArrayBuffer(SharedArrayBuffer& buffer);
  bool ReadView(ArrayBufferView& view);
  // The bytes of an ArrayBuffer or of a view with elements of one byte.
  bool ReadBytes(std::vector<std::byte>& bytes);
  // The state of a transferred object of `type`, which this call takes out of the attachments.
  bool ReadTransferred(const TransferType& type, std::unique_ptr<TransferredObject>& object);

  // ---- Identity of C++ objects. ----
  // The object of `type` that was registered for the value here, or null. If there is one, the
  // value is passed.
  bool FindObject(const void* type, std::shared_ptr<void>& object);
  // Registers `object` for the value that begins here. Call inside ReadObject.
  void RegisterObject(const void* type, std::shared_ptr<void> object);

  // Passes one value of any kind.
  bool SkipValue();

  // Charges `bytes` of memory that the caller is about to take. False, and a failure, if the budget
  // has not so much left.
  bool Charge(std::size_t bytes) {
    if (bytes > budget_) [[unlikely]]
      return FailBudget();
    budget_ -= bytes;
    return true;
  }
  std::size_t left() const noexcept { return cursor_.left(); }
  std::size_t offset() const noexcept { return cursor_.offset(); }
  // Where the first value begins.
  std::size_t header_end() const noexcept { return header_end_; }

  // ---- Failure. ----
  // Records a kDataLoss: "expected `what` at byte …". Returns false.
  bool FailExpected(std::string_view what);
  // Records a kDataLoss of the value itself: "`why` at byte …".
  bool FailValue(std::string_view why);
  bool Fail(absl::Status status);
  void PrependKey(std::string_view key);
  void PrependIndex(std::size_t index);
  absl::Status status() const;

  // For Codec<Graph>, which has a reader of its own: the position, and what it may still charge.
  internal::WireCursor& cursor() noexcept { return cursor_; }
  std::size_t budget() const noexcept { return budget_; }
  // How many ids the objects before this position have taken.
  bool CountIds(std::uint32_t& ids);

 private:
  bool ReadInt64Slow(std::int64_t& value);
  bool NextElementSlow(ArrayState& array, bool& end);
  bool FollowReference(std::size_t& return_to);
  bool ScanTo(std::size_t offset);
  bool ReadBuffer(BufferHandle& buffer);
  bool ReadBufferItself(BufferHandle& buffer);
  bool ReadHostView(ArrayBufferView& view);
  bool ReadViewFields(ArrayBufferView& view);
  bool FailBudget();
  bool FailDepth();
  internal::DeserializerTables& Tables();
  void FreeTables();

  const DeserializeOptions options_;
  internal::WireCursor cursor_;
  std::size_t budget_;
  std::uint32_t depth_ = 0;
  std::uint32_t version_ = 0;
  std::size_t header_end_ = 0;
  Attachments* attachments_;
  // What most values never need: buffers, back references, the failure. Created on first use.
  internal::DeserializerTables* tables_ = nullptr;
};

}  // namespace sabre

#endif  // SABRE_CLONE_DESERIALIZER_H_
