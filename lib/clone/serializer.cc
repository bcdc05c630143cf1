// lib/clone/serializer.cc: values, identity and failures; buffers are in serializer_memory.cc.
#include "sabre/clone/serializer.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "lib/clone/path_text.h"
#include "lib/clone/serializer_tables.h"
#include "lib/clone/text.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/wire_cursor.h"

namespace sabre {
namespace {

constexpr std::uint64_t kMaxSafeInteger = (std::uint64_t{1} << 53) - 1;

}  // namespace

internal::SerializerTables& Serializer::Tables() {
  if (tables_ == nullptr) tables_ = new internal::SerializerTables;
  return *tables_;
}

void Serializer::FreeTables() { delete tables_; }

void Serializer::WriteNumber(double value) {
  if (value >= -2147483648.0 && value <= 2147483647.0) {
    const std::int32_t whole = static_cast<std::int32_t>(value);
    if (whole == value && (whole != 0 || !std::signbit(value))) return WriteInt32(whole);
  }
  WriteTaggedDouble(wire::kDouble, value);
}

void Serializer::WriteTaggedDouble(std::uint8_t tag, double value) {
  std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  if (value != value) bits = internal::WireCursor::kNaN;  // a payload would leak memory's content
  std::uint8_t* const at = out_.Extend(9);
  *at = tag;
  std::memcpy(at + 1, &bits, sizeof bits);
}

void Serializer::WriteInt64(std::int64_t value) {
  const bool negative = value < 0;
  const std::uint64_t magnitude =
      negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  if (magnitude <= kMaxSafeInteger) return WriteNumber(static_cast<double>(value));
  WriteBigInt(negative, {&magnitude, 1});
}

void Serializer::WriteUint64(std::uint64_t value) {
  if (value <= kMaxSafeInteger) return WriteNumber(static_cast<double>(value));
  WriteBigInt(false, {&value, 1});
}

bool Serializer::WriteBigInt(bool negative, std::span<const std::uint64_t> limbs) {
  while (!limbs.empty() && limbs.back() == 0) limbs = limbs.first(limbs.size() - 1);
  if (limbs.size() > wire::kMaxBigIntBytes / 8) {
    return FailDataClone(
        absl::StrCat("a BigInt of ", limbs.size() * 8, " bytes exceeds ", wire::kMaxBigIntBytes));
  }
  // Negative zero does not exist, and Node 20 refuses to read it.
  const std::uint32_t sign = negative && !limbs.empty() ? 1 : 0;
  Counted(wire::kBigInt, static_cast<std::uint32_t>(limbs.size() * 16) | sign);
  WriteRaw(limbs.data(), limbs.size_bytes());
  return true;
}

bool Serializer::WriteUtf8(std::string_view text) {
  if (internal::IsAscii(text.data(), text.size())) {
    if (text.size() >= 0x80) return WriteLatin1(text);
    std::uint8_t* const at = out_.Extend(text.size() + 2);
    at[0] = wire::kOneByteString;
    at[1] = static_cast<std::uint8_t>(text.size());
    if (!text.empty()) std::memcpy(at + 2, text.data(), text.size());
    return true;
  }
  const internal::Utf8Extent extent = internal::MeasureUtf8(text);
  if (!extent.valid && options_.invalid_text == InvalidText::kRefuse) {
    return FailDataClone(
        absl::StrCat("invalid UTF-8 at byte ", extent.invalid_offset, " of a string"));
  }
  if (extent.units > wire::kMaxStringLength) {
    return FailDataClone(
        absl::StrCat("a string of ", extent.units, " units exceeds ", wire::kMaxStringLength));
  }
  const std::uint32_t units = static_cast<std::uint32_t>(extent.units);
  if (extent.one_byte) {
    Counted(wire::kOneByteString, units);
    internal::Utf8ToLatin1(text, out_.Extend(units));
    return true;
  }
  // Even offsets for the characters, from the start of the buffer: V8 reads them in place.
  const std::size_t length_bytes = units < 0x40        ? 1
                                   : units < 0x2000    ? 2
                                   : units < 0x100000  ? 3
                                   : units < 0x8000000 ? 4
                                                       : 5;
  if ((out_.size() + 1 + length_bytes) % 2 != 0) WriteByte(wire::kPadding);
  Counted(wire::kTwoByteString, units * 2);
  internal::Utf8ToUtf16(text, out_.Extend(std::size_t{units} * 2));
  return true;
}

bool Serializer::WriteLatin1(std::string_view text) {
  if (text.size() > wire::kMaxStringLength) [[unlikely]] {
    return FailDataClone(
        absl::StrCat("a string of ", text.size(), " units exceeds ", wire::kMaxStringLength));
  }
  std::uint8_t* at = out_.Reserve(text.size() + 6);
  *at = wire::kOneByteString;
  at = PutVarint(at + 1, static_cast<std::uint32_t>(text.size()));
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  Finish(at + text.size());
  return true;
}

bool Serializer::WriteUtf16(std::u16string_view text) {
  char16_t all = 0;
  for (const char16_t unit : text) all |= unit;
  if (all > 0xff) return WriteTwoByte(text);
  if (text.size() > wire::kMaxStringLength) {
    return FailDataClone(
        absl::StrCat("a string of ", text.size(), " units exceeds ", wire::kMaxStringLength));
  }
  Counted(wire::kOneByteString, static_cast<std::uint32_t>(text.size()));
  std::uint8_t* at = out_.Extend(text.size());
  for (const char16_t unit : text) *at++ = static_cast<std::uint8_t>(unit);
  return true;
}

bool Serializer::WriteTwoByte(std::u16string_view text) {
  if (text.size() > wire::kMaxStringLength) {
    return FailDataClone(
        absl::StrCat("a string of ", text.size(), " units exceeds ", wire::kMaxStringLength));
  }
  const std::size_t bytes = text.size() * 2;
  const std::size_t length_bytes = bytes < 0x80         ? 1
                                   : bytes < 0x4000     ? 2
                                   : bytes < 0x200000   ? 3
                                   : bytes < 0x10000000 ? 4
                                                        : 5;
  if ((out_.size() + 1 + length_bytes) % 2 != 0) WriteByte(wire::kPadding);
  Counted(wire::kTwoByteString, static_cast<std::uint32_t>(bytes));
  WriteRaw(text.data(), bytes);
  return true;
}

void Serializer::WriteIndexKey(std::uint32_t index) {
  if (index <= static_cast<std::uint32_t>(std::numeric_limits<std::int32_t>::max())) {
    return WriteInt32(static_cast<std::int32_t>(index));
  }
  WriteTaggedDouble(wire::kDouble, index);
}

bool Serializer::BeginDenseArray(std::size_t length) {
  if (length > 0xffffffff) {
    return FailDataClone(absl::StrCat("an array of ", length, " elements exceeds 4294967295"));
  }
  Counted(wire::kBeginDenseArray, static_cast<std::uint32_t>(length));
  ++next_id_;
  ++depth_;
  return true;
}

void Serializer::EndDenseArray(std::uint32_t properties, std::uint32_t length) {
  Counted(wire::kEndDenseArray, properties);
  WriteVarint(length);
  --depth_;
}

void Serializer::BeginSparseArray(std::uint32_t length) {
  Counted(wire::kBeginSparseArray, length);
  ++next_id_;
  ++depth_;
}

void Serializer::EndSparseArray(std::uint32_t properties, std::uint32_t length) {
  Counted(wire::kEndSparseArray, properties);
  WriteVarint(length);
  --depth_;
}

void Serializer::WriteDate(double milliseconds) {
  WriteTaggedDouble(wire::kDate, milliseconds);
  ++next_id_;
}

void Serializer::RegisterId(const void* address, const void* type, std::uint32_t id) {
  Tables().ids.try_emplace({address, type}, id);
}

bool Serializer::WriteReferenceIfKnown(const void* address, const void* type) {
  if (tables_ == nullptr) return false;
  const auto found = tables_->ids.find({address, type});
  if (found == tables_->ids.end()) return false;
  WriteReference(found->second);
  return true;
}

bool Serializer::FailDataClone(std::string_view why) { return Fail(DataCloneError(why)); }

bool Serializer::Fail(absl::Status status) {
  if (Tables().failure.ok()) Tables().failure = std::move(status);
  out_.Clear();
  return false;
}

bool Serializer::FailDepth(std::size_t limit) {
  return Fail(absl::ResourceExhaustedError(
      absl::StrCat("the value nests more than ", limit, " levels deep")));
}

void Serializer::PrependKey(std::string_view key) {
  std::string& path = Tables().path;
  path.insert(0, internal::PathOfKey(key));
}

void Serializer::PrependIndex(std::size_t index) {
  std::string& path = Tables().path;
  path.insert(0, absl::StrCat("[", index, "]"));
}

void Serializer::PrependText(std::string_view text) { Tables().path.insert(0, text); }

void Serializer::FailVersion() {
  Fail(absl::InvalidArgumentError(
      absl::StrCat("SerializeOptions::version is ", options_.version, ", not 15 or 13")));
}

absl::Status Serializer::Failure() const {
  if (tables_->failure.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat("data", tables_->path, ": ", tables_->failure.message());
  if (IsDataCloneError(tables_->failure)) return DataCloneError(message);
  return absl::Status(tables_->failure.code(), message);
}

}  // namespace sabre
