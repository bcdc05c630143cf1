// lib/clone/deserializer.cc: values, references and failures; buffers are in
// deserializer_memory.cc.
#include "sabre/clone/deserializer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "lib/clone/deserializer_tables.h"
#include "lib/clone/graph_reader.h"
#include "lib/clone/number_text.h"
#include "lib/clone/path_text.h"
#include "lib/clone/text.h"
#include "sabre/clone/graph.h"

namespace sabre {
namespace {
absl::string_view TextView(std::string_view text) { return {text.data(), text.size()}; }
constexpr double kMaxDate = 8.64e15;
}  // namespace

internal::DeserializerTables& Deserializer::Tables() {
  if (tables_ == nullptr) tables_ = new internal::DeserializerTables;
  return *tables_;
}

void Deserializer::FreeTables() { delete tables_; }

bool Deserializer::ReadOtherHeader() {
  const bool header = cursor_.left() > 0 && *cursor_.at() == wire::kVersionTag;
  version_ = 0;
  if (header) {
    cursor_.Skip(1);
    if (!cursor_.ReadVarint(version_)) return FailExpected("the number of a version");
  } else if (options_.oldest_version > 0) {
    return FailExpected("a header, which begins with byte ff");
  }
  if (version_ < options_.oldest_version || version_ > wire::kVersion) {
    return FailExpected(absl::StrCat("a version from ", options_.oldest_version, " to ",
                                     wire::kVersion, ", not ", version_));
  }
  if (version_ == 0) return RewriteVersion0();
  view_flags_ = again_ || version_ >= 14;
  header_end_ = cursor_.offset();
  return true;
}

// Version 0 closes objects without opening them, so no type can be expected while reading: it is
// read as a graph first.
bool Deserializer::RewriteVersion0() {
  // No value takes eight times the bytes in version 15.
  if (budget_ / 8 < cursor_.size() || !Charge(cursor_.size() * 8)) return FailBudget();
  Graph graph;
  Value root;
  internal::GraphReader reader(graph.storage(), nullptr, version_, options_, budget_);
  if (!reader.ReadVersion0(cursor_, root)) {
    Tables().path = reader.Path();
    return reader.limit() ? Fail(absl::ResourceExhaustedError(reader.what()))
                          : FailExpected(reader.what());
  }
  // In the form of V8 itself, which is read in every dialect: views of one buffer share its bytes.
  absl::StatusOr<ByteBuffer> bytes = Encode(root, {.max_depth = options_.max_depth});
  if (!bytes.ok()) return Fail(std::move(bytes).status());
  Tables().rewritten = *std::move(bytes);
  cursor_ = internal::WireCursor(tables_->rewritten);
  cursor_.Skip(1);
  cursor_.ReadVarint(version_);
  header_end_ = cursor_.offset();
  return true;
}

// V8 once wrote views with flags under version 13, and reads a value again if its first attempt fails.
// Not after a limit, and not if objects have been taken out of the attachments.
bool Deserializer::ReadAgain() {
  if (again_ || version_ != 13 || tables_ == nullptr || !absl::IsDataLoss(tables_->failure) ||
      (attachments_ != nullptr && !attachments_->objects.empty())) {
    return false;
  }
  // Of the first reading only the failure is kept; its tables would be twice the memory allowed.
  auto first = std::make_unique<internal::DeserializerTables>();
  first->failure = tables_->failure;
  first->failure_offset = tables_->failure_offset;
  first->path = std::move(tables_->path);
  FreeTables();
  tables_ = new internal::DeserializerTables;
  tables_->first = std::move(first);
  again_ = true;
  depth_ = 0;
  nodes_left_ = options_.max_nodes;
  budget_ = Budget();
  cursor_.Seek(0);
  return true;
}

// In IPC a native object comes as its properties, behind `\` and 1.
void Deserializer::PassNative() {
  internal::WireCursor ahead = cursor_;
  std::uint32_t kind;
  while (options_.dialect == Dialect::kNodeIpc && ahead.ReadValueTag() == wire::kHostObject &&
         ahead.ReadVarint(kind) && kind == 1) {
    cursor_ = ahead;
  }
}

bool Deserializer::BeginDetour(Detour& detour) {
  const bool reference = cursor_.PeekValueTag() == wire::kReference;
  if (reference && !FollowReference(detour.return_to)) return false;
  PassNative();
  if (reference) detour.target = cursor_.offset();
  return true;
}

bool Deserializer::EndDetour(const Detour& detour) {
  // Many references to one large object must not take time without limit.
  const std::size_t passed = cursor_.offset() - detour.target;
  cursor_.Seek(detour.return_to);
  return Charge(passed);
}

bool Deserializer::ReadEnd() {
  return !options_.refuse_trailing_bytes || cursor_.ReadTag() == 0 || FailExpected("the end");
}

bool Deserializer::ReadNull() {
  const std::uint8_t tag = cursor_.ReadValueTag();
  return tag == wire::kNull || tag == wire::kUndefined || FailExpected("null or undefined");
}

bool Deserializer::ReadBool(bool& value) {
  const std::uint8_t tag = cursor_.ReadValueTag();
  value = tag == wire::kTrue;
  return tag == wire::kTrue || tag == wire::kFalse || FailExpected("a boolean");
}

bool Deserializer::ReadNumber(double& value) {
  std::int32_t small;
  std::uint32_t large;
  switch (cursor_.ReadValueTag()) {
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
  if (cursor_.PeekValueTag() == wire::kBigInt) {
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
  if (cursor_.PeekValueTag() == wire::kBigInt) {
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
  if (cursor_.ReadValueTag() != wire::kBigInt || !cursor_.ReadVarint(field)) {
    return FailExpected("a BigInt");
  }
  field &= ~(1u << 31);  // of no meaning
  const std::uint32_t bytes = field / 2;
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
  // Short text of ASCII is most of all text.
  const std::uint8_t* const at = cursor_.at();
  if (cursor_.left() >= 2 && at[0] == wire::kOneByteString && at[1] < 0x80 &&
      at[1] <= cursor_.left() - 2 && at[1] <= budget_ && internal::IsAscii(at + 2, at[1])) {
    budget_ -= at[1];
    cursor_.Blame();
    text.assign(reinterpret_cast<const char*>(at + 2), at[1]);
    cursor_.Skip(std::size_t{2} + at[1]);
    return true;
  }
  return ReadLongUtf8(text);
}

// The beginning of a string: its tag and how many bytes follow.
bool Deserializer::BeginString(std::uint8_t& tag, std::uint32_t& length) {
  tag = cursor_.ReadValueTag();
  if ((tag != wire::kOneByteString && tag != wire::kTwoByteString && tag != wire::kUtf8String) ||
      !cursor_.ReadLength(length)) {
    return FailExpected("a string");
  }
  if (tag == wire::kTwoByteString && length % 2 != 0) {
    return FailExpected("an even length of a two-byte string");
  }
  if ((tag == wire::kTwoByteString ? length / 2 : length) > wire::kMaxStringLength) {
    return Fail(absl::ResourceExhaustedError("a string exceeds 2^29 - 24 units"));
  }
  return true;
}

bool Deserializer::ReadLongUtf8(std::string& text) {
  std::uint8_t tag;
  std::uint32_t length;
  if (!BeginString(tag, length)) return false;
  const std::uint8_t* const bytes = cursor_.at();
  if (tag == wire::kOneByteString && internal::IsAscii(bytes, length)) [[likely]] {
    if (!Charge(length)) return false;
    text.assign(reinterpret_cast<const char*>(bytes), length);
    cursor_.Skip(length);
    return true;
  }
  if (!Charge(std::size_t{length} * 3)) return false;
  text.clear();
  // No more memory than this, also while it is written.
  if (tag == wire::kOneByteString) {
    text.reserve(length +
                 static_cast<std::size_t>(std::count_if(
                     bytes, bytes + length, [](std::uint8_t byte) { return byte >= 0x80; })));
  } else {
    text.reserve(std::size_t{length} / (tag == wire::kTwoByteString ? 2 : 1) * 3);
  }
  if (tag == wire::kOneByteString) {
    internal::AppendLatin1AsUtf8(text, bytes, length);
  } else if (tag == wire::kTwoByteString) {
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
  std::uint8_t tag;
  std::uint32_t length;
  if (!BeginString(tag, length) || !Charge(std::size_t{length} * 2)) return false;
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
  std::uint8_t tag = cursor_.PeekTag();
  if (tag == wire::kObjectCount) {
    tag = cursor_.PeekValueTag();
    if (tag == wire::kEndObject) tag = 0;  // counts stand before values only
  }
  switch (tag) {
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
  const std::uint8_t tag = cursor_.ReadValueTag();
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
  std::uint32_t properties = array.sparse ? array.length : 0;
  for (; cursor_.PeekTag() != closing; ++properties) {
    if (!SkipProperty()) return false;
  }
  cursor_.ReadTag();
  end = true;
  return ReadCount(properties) && ReadCount(array.length);
}

// A property of an array that is not an element.
bool Deserializer::SkipProperty() {
  std::string key;
  bool end;
  const std::uint8_t tag = cursor_.PeekTag();
  const bool text =
      tag == wire::kOneByteString || tag == wire::kTwoByteString || tag == wire::kUtf8String;
  cursor_.Blame();
  if (!text || !ReadKeyOrEnd(key, end, 0) || key == "length" || internal::IsArrayIndex(key)) {
    return FailExpected("the end of the array, or a property that is not an element");
  }
  if (SkipValue()) return true;
  PrependKey(key);
  return false;
}

bool Deserializer::ReadDate(double& milliseconds) {
  if (cursor_.ReadValueTag() != wire::kDate || !cursor_.ReadDouble(milliseconds)) {
    return FailExpected("a Date");
  }
  // ECMA-262 TimeClip.
  milliseconds = std::fabs(milliseconds) <= kMaxDate ? std::trunc(milliseconds) + 0.0
                                                     : std::numeric_limits<double>::quiet_NaN();
  return true;
}

bool Deserializer::SkipValue() {
  internal::WireScanner scanner(cursor_, version_, view_flags_, options_.dialect,
                                /*record_ids=*/false);
  std::size_t budget = budget_;  // what skipping takes is free again afterwards
  const bool good = scanner.SkipValue(budget);
  cursor_ = scanner.cursor();
  if (scanner.out_of_memory()) return FailBudget();
  return good || FailExpected("a well-formed value");
}

// Lets the scanner that counts ids catch up with `offset`.
bool Deserializer::ScanTo(std::size_t offset) {
  internal::DeserializerTables& tables = Tables();
  if (!tables.scanner.has_value()) {
    internal::WireCursor start = cursor_;
    start.Seek(header_end_);
    tables.scanner.emplace(start, version_, view_flags_, options_.dialect, /*record_ids=*/true);
  }
  if (!tables.scanner->AdvanceTo(offset, budget_)) {
    if (tables.scanner->out_of_memory()) return FailBudget();
    return FailExpected("a well-formed value before a back reference");
  }
  return true;
}

bool Deserializer::CountIds(std::uint32_t& ids) {
  cursor_.PeekValueTag();
  const std::size_t here = cursor_.offset();
  if (!ScanTo(here)) return false;
  // In the order of their offsets.
  const auto all = tables_->scanner->ids();
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
  const auto ids = tables.scanner->ids();
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
  std::size_t place, after;
  if (!FindPlace(place, after)) return false;
  const auto found = tables_->objects.find({place, type});
  if (found == tables_->objects.end()) return true;
  object = found->second.object;
  if (after == 0) return SkipValue();
  cursor_.Seek(after);
  return true;
}

void Deserializer::RegisterObject(const void* type, std::shared_ptr<void> object,
                                  void (*clear)(void*)) {
  std::size_t place, after;
  if (!FindPlace(place, after)) return;  // then reading fails, too
  using Object = internal::DeserializerTables::Object;
  Tables().objects.try_emplace({place, type}, Object{std::move(object), clear});
}

bool Deserializer::FailExpected(std::string_view what) {
  return Fail(absl::DataLossError(absl::StrCat("expected ", TextView(what))));
}

bool Deserializer::FailValue(std::string_view why) {
  return Fail(absl::DataLossError(TextView(why)));
}

bool Deserializer::FailBudget() {
  return Fail(absl::ResourceExhaustedError(
      absl::StrCat("the value takes more memory than allowed (", Budget(), " bytes)")));
}

bool Deserializer::FailDepth() {
  if (depth_ <= kMaxCodecDepth) {
    return Fail(absl::ResourceExhaustedError(
        absl::StrCat("the value has more than ", options_.max_nodes, " objects")));
  }
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

void Deserializer::PrependPath(std::string_view path) { Tables().path.insert(0, path); }

void Deserializer::PrependKey(std::string_view key) {
  Tables().path.insert(0, internal::PathOfKey(key));
}

void Deserializer::PrependIndex(std::size_t index) {
  std::string& path = Tables().path;
  path.insert(0, absl::StrCat("[", index, "]"));
}

absl::Status Deserializer::status() const {
  if (tables_ == nullptr || tables_->failure.ok()) return absl::OkStatus();
  // Of two readings the first one went by the book.
  const internal::DeserializerTables& tables =
      tables_->first != nullptr ? *tables_->first : *tables_;
  return absl::Status(
      tables.failure.code(),
      absl::StrCat(
          "data", tables.path, ": ", tables.failure.message(), " (at byte ", tables.failure_offset,
          tables.rewritten.size() > 0 ? " of the value as version 15 would have it)" : ")"));
}

}  // namespace sabre
