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
// Reads one value of version 15 or an older one (see the options), by the type that a `Codec` expects,
// without a tree. The bytes may be a stranger's: every length is checked against the bytes left before
// memory is taken, and all memory is charged to one budget. A function that returns bool says false after
// a failure; the reader then stops, adds where it was (PrependKey, PrependIndex) and returns false too.
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
      : options_(options), cursor_(bytes), budget_(Budget()), attachments_(attachments) {}
  Deserializer(const Deserializer&) = delete;
  Deserializer& operator=(const Deserializer&) = delete;
  ~Deserializer() {
    if (tables_ != nullptr) FreeTables();
  }

  const DeserializeOptions& options() const noexcept { return options_; }
  Attachments* attachments() noexcept { return attachments_; }
  // Once the header was read. Version 0 has been rewritten as version 15 then.
  std::uint32_t version() const noexcept { return version_; }
  // Whether views have flags: since version 14, and in some bytes of version 13.
  bool view_flags() const noexcept { return view_flags_; }

  bool ReadHeader() {  // comes first
    static constexpr std::uint8_t kNewest[] = {wire::kVersionTag, wire::kVersion};
    if (options_.oldest_version > wire::kVersion || !TryConstant(kNewest)) return ReadOtherHeader();
    version_ = wire::kVersion;
    header_end_ = sizeof kNewest;
    return true;
  }
  // Checks what follows the value, if the options say so.
  bool ReadEnd();
  // After a failure: whether the bytes may have another meaning. If so, this is at their beginning
  // again, and ReadHeader comes next.
  bool ReadAgain();

  // ---- Values without identity. Each fails if something else stands there. ----
  // The tag of the next value, without passing it; 0 at the end.
  std::uint8_t PeekTag() noexcept { return cursor_.PeekValueTag(); }
  // The same, and for a back reference the tag of what it refers to.
  std::uint8_t PeekReferredTag();
  bool ReadNull();  // undefined or null
  bool ReadBool(bool& value);
  bool ReadNumber(double& value);
  // A number or a BigInt without fraction and in range, whatever its form on the wire.
  bool ReadInt64(std::int64_t& value) {
    if (cursor_.PeekTag() != wire::kInt32) return ReadInt64Slow(value);
    std::int32_t small;
    cursor_.ReadTag();
    if (!cursor_.ReadZigZag(small)) return FailExpected("an int32");
    value = small;
    return true;
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
    if (++depth_ > kMaxCodecDepth || nodes_left_-- == 0) return FailDepth();
    Detour detour;
    const std::uint8_t tag = cursor_.PeekValueTag();
    const bool elsewhere = tag == wire::kReference || tag == wire::kHostObject;
    if (elsewhere && !BeginDetour(detour)) return false;
    const bool good = read() && (detour.target == 0 || EndDetour(detour));
    --depth_;
    return good;
  }

  // Reads `tag`, or fails with "expected `what`".
  bool ReadBegin(std::uint8_t tag, const char* what) {
    return cursor_.ReadValueTag() == tag || FailExpected(what);
  }
  // Whether the next bytes are exactly `bytes`; passes them if so.
  template <std::size_t kSize>
  bool TryConstant(const std::uint8_t (&bytes)[kSize]) noexcept {
    if (cursor_.left() < kSize || std::memcmp(cursor_.at(), bytes, kSize) != 0) return false;
    cursor_.Skip(kSize);
    return true;
  }
  // Inside an object: the next key as UTF-8, or `end` if the closing tag and its count, which must
  // be `properties`, stand here. Lone surrogates in a key become U+FFFD.
  bool ReadKeyOrEnd(std::string& key, bool& end, std::uint32_t properties);
  // After the closing tag: the count.
  bool ReadCount(std::uint32_t expected);

  // An array in either form, dense or sparse, without holes. Properties of its own are skipped.
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
  // The bytes of an ArrayBuffer or of a view with elements of one byte: where they lie now, to be
  // copied at once.
  bool ReadBytes(std::span<const std::byte>& bytes);
  // The state of a transferred object of `type`, which this call takes out of the attachments.
  bool ReadTransferred(const TransferType& type, std::unique_ptr<TransferredObject>& object);

  // ---- Platform objects; see PlatformCodec. ----
  // Up to the object's data, one value, which the caller reads. Call inside ReadObject.
  bool ReadPlatformObject(std::string_view name);
  // After steps that said false: a failure, if they did not say why. Returns false.
  bool FailPlatformObject(std::string_view name);

  // ---- Identity of C++ objects. ----
  // The object of `type` that was registered for the value here, which is passed then, or null.
  bool FindObject(const void* type, std::shared_ptr<void>& object);
  // Registers `object` for the value that begins here. If reading fails, `clear` empties it, so that
  // no cycle is left behind.
  void RegisterObject(const void* type, std::shared_ptr<void> object, void (*clear)(void*));

  // Passes one value of any kind.
  bool SkipValue();

  // Charges `bytes` that the caller is about to take. False, and a failure, if the budget has less.
  bool Charge(std::size_t bytes) {
    if (bytes > budget_) return FailBudget();
    budget_ -= bytes;
    return true;
  }
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
  void PrependPath(std::string_view path);  // ".items[3]"
  absl::Status status() const;

  // For Codec<Graph>, which has a reader of its own: the position, and what it may still charge.
  internal::WireCursor& cursor() noexcept { return cursor_; }
  std::size_t budget() const noexcept { return budget_; }
  // How many ids the objects before this position have taken.
  bool CountIds(std::uint32_t& ids);

 private:
  // Of the 64 KiB that the default adds, 8 are for what is taken without asking: the storage of a
  // Graph, the reader, the reason of a failure.
  std::size_t Budget() const noexcept {
    return options_.max_memory != 0 ? options_.max_memory : cursor_.size() * 32 + 56 * 1024;
  }
  bool RewriteVersion0();
  void PassNative();
  bool ReadInt64Slow(std::int64_t& value);
  bool BeginString(std::uint8_t& tag, std::uint32_t& length);
  bool ReadLongUtf8(std::string& text);
  bool ReadOtherHeader();
  bool SkipProperty();
  bool NextElementSlow(ArrayState& array, bool& end);
  // A back reference: what it refers to, which is read in its place, and where to go on after it.
  struct Detour {
    std::size_t target = 0, return_to = 0;
  };
  bool BeginDetour(Detour& detour);
  bool EndDetour(const Detour& detour);
  bool FollowReference(std::size_t& return_to);
  bool FindPlace(std::size_t& place, std::size_t& after);
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
  std::size_t nodes_left_ = options_.max_nodes;
  std::uint32_t depth_ = 0;
  std::uint32_t version_ = 0;
  bool view_flags_ = true;
  bool again_ = false;  // this is the second reading
  std::size_t header_end_ = 0;
  Attachments* attachments_;
  // What most values never need: buffers, back references, the failure. Created on first use.
  internal::DeserializerTables* tables_ = nullptr;
};

}  // namespace sabre

#endif  // SABRE_CLONE_DESERIALIZER_H_
