// lib/clone/deserializer.cc: values, references and failures; buffers are in
// deserializer_memory.cc.
#include "sabre/clone/deserializer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "lib/clone/deserializer_tables.h"
#include "lib/clone/number_text.h"
#include "lib/clone/text.h"

namespace sabre {
namespace {
absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }
constexpr double kMaxDate = 8.64e15;
}  // namespace

internal::DeserializerTables& Deserializer::Tables() {
  if (tables_ == nullptr) tables_ = new internal::DeserializerTables;
  return *tables_;
}

void Deserializer::FreeTables() { delete tables_; }

bool Deserializer::ReadHeader() {
  std::uint8_t tag = 0;
  if (!cursor_.ReadByte(tag) || tag != wire::kVersionTag || !cursor_.ReadVarint(version_) ||
      version_ < wire::kOldestVersion || version_ > wire::kVersion) {
    return FailExpected("the header of version 13, 14 or 15");
  }
  header_end_ = cursor_.offset();
  return true;
}

bool Deserializer::ReadEnd() {
  return !options_.refuse_trailing_bytes || cursor_.PeekTag() == 0 || FailExpected("the end");
}

bool Deserializer::ReadNull() {
  const std::uint8_t tag = cursor_.ReadTag();
  return tag == wire::kNull || tag == wire::kUndefined || FailExpected("null or undefined");
}

bool Deserializer::ReadNumber(double& value) {
  std::int32_t small;
  std::uint32_t large;
  switch (cursor_.ReadTag()) {
    case wire::kInt32:
      if (!cursor_.ReadZigZag(small)) break;
      value = small;
      return true;
    case wire::kUint32:
      if (!cursor_.ReadVarint(large)) break;
      value = large;
      return true;
    case wire::kDouble:
      if (!cursor_.ReadDouble(value)) break;
      return true;
    default:
      break;
  }
  return FailExpected("a number");
}

bool Deserializer::ReadInt64Slow(std::int64_t& value) {
  constexpr std::uint64_t kMinMagnitude = std::uint64_t{1} << 63;
  if (cursor_.PeekTag() == wire::kBigInt) {
    bool negative;
    std::vector<std::uint64_t> limbs;
    if (!ReadBigInt(negative, limbs)) return false;
    const std::uint64_t magnitude = limbs.empty() ? 0 : limbs[0];
    if (limbs.size() > 1 || magnitude > kMinMagnitude - (negative ? 0 : 1)) {
      return FailValue("a BigInt is out of the range of a 64-bit integer");
    }
    value = static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
    return true;
  }
  double number;
  if (!ReadNumber(number)) return false;
  // 2^63 itself is a double; the largest int64 is not.
  if (!(number >= -9223372036854775808.0 && number < 9223372036854775808.0) ||
      number != std::trunc(number)) {
    return FailValue("a number is not a 64-bit integer");
  }
  value = static_cast<std::int64_t>(number);
  return true;
}

bool Deserializer::ReadUint64(std::uint64_t& value) {
  if (cursor_.PeekTag() == wire::kBigInt) {
    bool negative;
    std::vector<std::uint64_t> limbs;
    if (!ReadBigInt(negative, limbs)) return false;
    if (limbs.size() > 1 || negative) {
      return FailValue("a BigInt is out of the range of an unsigned 64-bit integer");
    }
    value = limbs.empty() ? 0 : limbs[0];
    return true;
  }
  double number;
  if (!ReadNumber(number)) return false;
  if (!(number >= 0 && number < 18446744073709551616.0) || number != std::trunc(number)) {
    return FailValue("a number is not an unsigned 64-bit integer");
  }
  value = static_cast<std::uint64_t>(number);
  return true;
}

bool Deserializer::ReadBigInt(bool& negative, std::vector<std::uint64_t>& limbs) {
  std::uint32_t field;
  if (cursor_.ReadTag() != wire::kBigInt || !cursor_.ReadVarint(field)) {
    return FailExpected("a BigInt");
  }
  const std::uint32_t bytes = (field & ~(1u << 31)) / 2;
  if (bytes > cursor_.left() || bytes > wire::kMaxBigIntBytes || field == 1) {
    return FailExpected("the digits of a BigInt");
  }
  if (!Charge(bytes + 8)) return false;
  limbs.assign((bytes + 7) / 8, 0);
  if (bytes > 0) std::memcpy(limbs.data(), cursor_.at(), bytes);
  cursor_.Skip(bytes);
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
  negative = (field & 1) != 0 && !limbs.empty();
  return true;
}

bool Deserializer::ReadUtf8(std::string& text) {
  const std::uint8_t tag = cursor_.ReadTag();
  std::uint32_t length;
  if ((tag != wire::kOneByteString && tag != wire::kTwoByteString && tag != wire::kUtf8String) ||
      !cursor_.ReadLength(length)) {
    return FailExpected("a string");
  }
  const std::uint8_t* const bytes = cursor_.at();
  if (tag == wire::kOneByteString && internal::IsAscii(bytes, length)) [[likely]] {
    if (!Charge(length)) return false;
    text.assign(reinterpret_cast<const char*>(bytes), length);
    cursor_.Skip(length);
    return true;
  }
  if (!Charge(std::size_t{length} * 3)) return false;
  text.clear();
  if (tag == wire::kOneByteString) {
    internal::AppendLatin1AsUtf8(text, bytes, length);
  } else if (tag == wire::kTwoByteString) {
    if (length % 2 != 0) return FailExpected("an even length of a two-byte string");
    if (!internal::AppendUtf16AsUtf8(text, bytes, length / 2) &&
        options_.invalid_text == InvalidText::kRefuse) {
      return FailValue("a string has a lone surrogate, which UTF-8 cannot hold");
    }
  } else {
    const std::uint8_t* at = bytes;
    while (at != bytes + length) {
      char32_t character;
      if (!internal::DecodeUtf8(at, bytes + length, character)) {
        character = internal::kReplacementCharacter;
      }
      internal::AppendUtf8(text, character);
    }
  }
  cursor_.Skip(length);
  return true;
}

bool Deserializer::ReadUtf16(std::u16string& text) {
  const std::uint8_t tag = cursor_.ReadTag();
  std::uint32_t length;
  if ((tag != wire::kOneByteString && tag != wire::kTwoByteString && tag != wire::kUtf8String) ||
      !cursor_.ReadLength(length) || (tag == wire::kTwoByteString && length % 2 != 0)) {
    return FailExpected("a string");
  }
  if (!Charge(std::size_t{length} * 2)) return false;
  const std::uint8_t* const bytes = cursor_.at();
  if (tag == wire::kOneByteString) {
    text.assign(bytes, bytes + length);
  } else if (tag == wire::kTwoByteString) {
    text.resize(length / 2);
    if (length > 0) std::memcpy(text.data(), bytes, length);
  } else {
    const std::string_view utf8(reinterpret_cast<const char*>(bytes), length);
    text.resize(internal::MeasureUtf8(utf8).units);
    internal::Utf8ToUtf16(utf8, reinterpret_cast<std::uint8_t*>(text.data()));
  }
  cursor_.Skip(length);
  return true;
}

bool Deserializer::ReadKeyOrEnd(std::string& key, bool& end, std::uint32_t properties) {
  end = false;
  switch (cursor_.PeekTag()) {
    case wire::kEndObject:
      end = true;
      cursor_.ReadTag();
      return ReadCount(properties);
    case wire::kOneByteString:
    case wire::kUtf8String:
      return ReadUtf8(key);
    case wire::kTwoByteString: {
      cursor_.ReadTag();
      std::uint32_t length;
      if (!cursor_.ReadLength(length) || length % 2 != 0) return FailExpected("a key");
      if (!Charge(std::size_t{length} * 2)) return false;
      key.clear();
      internal::AppendUtf16AsUtf8(key, cursor_.at(), length / 2);
      cursor_.Skip(length);
      return true;
    }
    case wire::kInt32:
    case wire::kUint32:
    case wire::kDouble: {
      double number;
      if (!ReadNumber(number)) return false;
      key = internal::NumberToString(number);
      return true;
    }
    default:
      cursor_.ReadTag();  // the failure is here
      return FailExpected("a key or the end of the object");
  }
}

bool Deserializer::ReadCount(std::uint32_t expected) {
  std::uint32_t count;
  if (!cursor_.ReadVarint(count) || count != expected) {
    return FailExpected(absl::StrCat("a count of ", expected));
  }
  return true;
}

bool Deserializer::BeginArray(ArrayState& array) {
  const std::uint8_t tag = cursor_.ReadTag();
  array.next = 0;
  array.sparse = tag == wire::kBeginSparseArray;
  if ((tag != wire::kBeginDenseArray && !array.sparse) || !cursor_.ReadVarint(array.length)) {
    return FailExpected("an array");
  }
  // Each element takes a byte at least. A sparse length promises nothing, but holes are refused.
  if (array.length > cursor_.left()) return FailExpected("as many elements as the array's length");
  return true;
}

bool Deserializer::NextElementSlow(ArrayState& array, bool& end) {
  const std::uint8_t closing = array.sparse ? wire::kEndSparseArray : wire::kEndDenseArray;
  end = false;
  if (array.sparse && array.next < array.length) {
    double index;
    if (cursor_.PeekTag() == closing) return FailValue("an array has holes");
    if (!ReadNumber(index)) return false;
    if (index != array.next) return FailValue("an array has holes, or is out of order");
    ++array.next;
    return true;
  }
  if (cursor_.PeekTag() != closing) {
    return FailExpected("the end of the array, without other properties");
  }
  cursor_.ReadTag();
  end = true;
  return ReadCount(array.sparse ? array.length : 0) && ReadCount(array.length);
}

bool Deserializer::ReadDate(double& milliseconds) {
  if (cursor_.ReadTag() != wire::kDate || !cursor_.ReadDouble(milliseconds)) {
    return FailExpected("a Date");
  }
  // ECMA-262 TimeClip.
  milliseconds = std::fabs(milliseconds) <= kMaxDate ? std::trunc(milliseconds) + 0.0
                                                     : std::numeric_limits<double>::quiet_NaN();
  return true;
}

bool Deserializer::SkipValue() {
  internal::WireScanner scanner(cursor_, version_, options_.dialect, /*record_ids=*/false);
  const bool good = scanner.SkipValue(budget_);
  cursor_ = scanner.cursor();
  if (scanner.out_of_memory()) return FailBudget();
  return good || FailExpected("a well-formed value");
}

// Lets the scanner that counts ids catch up with `offset`.
bool Deserializer::ScanTo(std::size_t offset) {
  internal::DeserializerTables& tables = Tables();
  if (!tables.scanner.has_value()) {
    internal::WireCursor start = cursor_;
    std::uint32_t version;
    start.Seek(1);
    start.ReadVarint(version);
    tables.scanner.emplace(start, version_, options_.dialect, /*record_ids=*/true);
  }
  const std::size_t before = tables.scanner->memory();
  if (!tables.scanner->AdvanceTo(offset, budget_ + before)) {
    if (tables.scanner->out_of_memory()) return FailBudget();
    return FailExpected("a well-formed value before a back reference");
  }
  if (!Charge(tables.scanner->memory() - before)) return false;
  return true;
}

bool Deserializer::CountIds(std::uint32_t& ids) {
  cursor_.PeekTag();
  const std::size_t here = cursor_.offset();
  if (!ScanTo(here)) return false;
  // In the order of their offsets.
  const auto& all = tables_->scanner->ids();
  const auto first_after = std::lower_bound(
      all.begin(), all.end(), here,
      [](const internal::WireScanner::Id& id, std::size_t offset) { return id.offset < offset; });
  ids = static_cast<std::uint32_t>(first_after - all.begin());
  return true;
}

bool Deserializer::FollowReference(std::size_t& return_to) {
  const std::size_t here = cursor_.offset();
  std::uint32_t id;
  cursor_.ReadTag();
  if (!cursor_.ReadVarint(id)) return FailExpected("the id of a back reference");
  return_to = cursor_.offset();
  // The reference was met before it was counted: ids in front of it are all there are.
  if (!ScanTo(here)) return false;
  internal::DeserializerTables& tables = Tables();
  const auto& ids = tables.scanner->ids();
  // The scanner may have gone past `here` by one token, so the place is compared too.
  if (id >= ids.size() || ids[id].offset >= here) {
    return FailExpected("the id of an object before it");
  }
  tables.followed = ids[id].kind;
  cursor_.Seek(ids[id].offset);
  return true;
}

bool Deserializer::FindObject(const void* type, std::shared_ptr<void>& object) {
  object = nullptr;
  if (tables_ == nullptr || tables_->objects.empty()) return true;
  const bool reference = cursor_.PeekTag() == wire::kReference;
  const std::size_t here = cursor_.offset();
  std::size_t return_to = 0;
  if (reference && !FollowReference(return_to)) return false;
  const auto found = tables_->objects.find({cursor_.offset(), type});
  if (found != tables_->objects.end()) object = found->second;
  if (!reference) return object == nullptr || SkipValue();
  cursor_.Seek(object != nullptr ? return_to : here);
  return true;
}

void Deserializer::RegisterObject(const void* type, std::shared_ptr<void> object) {
  cursor_.PeekTag();
  Tables().objects.try_emplace({cursor_.offset(), type}, std::move(object));
}

bool Deserializer::FailExpected(std::string_view what) {
  return Fail(absl::DataLossError(absl::StrCat("expected ", View(what))));
}

bool Deserializer::FailValue(std::string_view why) { return Fail(absl::DataLossError(View(why))); }

bool Deserializer::FailBudget() {
  return Fail(absl::ResourceExhaustedError(
      absl::StrCat("the value takes more memory than allowed (",
                   options_.max_memory != 0 ? options_.max_memory : cursor_.size() * 32 + 64 * 1024,
                   " bytes)")));
}

bool Deserializer::FailDepth() {
  return Fail(absl::ResourceExhaustedError(
      absl::StrCat("the value nests more than ", kMaxCodecDepth, " levels deep")));
}

bool Deserializer::Fail(absl::Status status) {
  internal::DeserializerTables& tables = Tables();
  if (tables.failure.ok()) {
    tables.failure = std::move(status);
    tables.failure_offset = cursor_.tag_offset();
  }
  return false;
}

void Deserializer::PrependKey(std::string_view key) {
  std::string& path = Tables().path;
  path.insert(0, absl::StrCat(".", View(key)));
}

void Deserializer::PrependIndex(std::size_t index) {
  std::string& path = Tables().path;
  path.insert(0, absl::StrCat("[", index, "]"));
}

absl::Status Deserializer::status() const {
  if (tables_ == nullptr || tables_->failure.ok()) return absl::OkStatus();
  return absl::Status(tables_->failure.code(),
                      absl::StrCat("data", tables_->path, ": ", tables_->failure.message(),
                                   " (at byte ", tables_->failure_offset, ")"));
}

}  // namespace sabre
