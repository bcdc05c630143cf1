#include "examples/sabre_inspect/outline.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "examples/sabre_inspect/hex.h"
#include "examples/sabre_inspect/quote.h"
#include "lib/clone/number_text.h"
#include "lib/clone/view_tag.h"
#include "sabre/clone/big_int.h"
#include "sabre/clone/wire_tag.h"
#include "sabre/memory/element.h"

namespace sabre_inspect {
namespace {

namespace wire = sabre::wire;

constexpr std::size_t kShownBytes = 16;
constexpr std::size_t kShownLimbs = 16;
constexpr std::size_t kDeepestIndent = 30;

std::string DateText(double milliseconds) {
  if (!(std::fabs(milliseconds) <= 8.64e15)) return "invalid";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ",
                          absl::FromUnixMillis(static_cast<std::int64_t>(milliseconds)),
                          absl::UTCTimeZone());
}

std::string FlagsText(std::uint32_t flags) {
  constexpr char kLetters[] = "gimyusldv";  // by bit
  std::string text;
  for (std::uint32_t bit = 0; bit < 9; ++bit) {
    if ((flags >> bit & 1) != 0) text += kLetters[bit];
  }
  return flags < 512 ? text : absl::StrCat(text, " and unknown flags");
}

const char* ErrorName(std::uint8_t tag) {
  switch (tag) {
    case 'E':
      return "EvalError";
    case 'R':
      return "RangeError";
    case 'F':
      return "ReferenceError";
    case 'S':
      return "SyntaxError";
    case 'T':
      return "TypeError";
    case 'U':
      return "URIError";
    default:
      return "unknown";
  }
}

}  // namespace

bool Outline::Run() {
  if (!Header()) return false;
  if (version_ == 0) {
    while (cursor_.PeekTag() != 0) {
      if (!Version0Token()) return false;
    }
    return true;
  }
  if (!Value("")) return false;
  while (!frames_.empty()) {
    if (!Step()) return false;
  }
  return true;
}

bool Outline::Header() {
  if (cursor_.left() > 0 && *cursor_.at() == wire::kVersionTag) {
    cursor_.Skip(1);
    if (!cursor_.ReadVarint(version_)) return false;
  }
  view_flags_ = view_flags_ || version_ >= 14;
  token_ = 0;
  sink_.Line(absl::StrFormat("%8d     version %d%s", first_offset_, version_,
                             version_ == 0 ? ": no header" : ""));
  return true;
}

void Outline::Show(const char* kind, const std::string& label, const std::string& text) {
  if (*kind != 0) ++counts_[kind];
  const std::size_t depth = frames_.size();
  const char tag = static_cast<char>(cursor_.at()[static_cast<std::ptrdiff_t>(token_) -
                                                  static_cast<std::ptrdiff_t>(cursor_.offset())]);
  std::string line = absl::StrFormat("%8d  %c  ", first_offset_ + token_, tag);
  line.append(2 * std::min(depth, kDeepestIndent), ' ');
  if (depth > kDeepestIndent) absl::StrAppend(&line, "(depth ", depth, ") ");
  sink_.Line(absl::StrCat(line, label, text));
}

void Outline::Open(std::uint8_t end, bool pairs, std::uint32_t remaining) {
  frames_.push_back({end, pairs, false, 0, remaining});
  deepest_ = std::max(deepest_, frames_.size());
}

std::string Outline::TakeId(bool buffer) {
  ids_.push_back(buffer);
  return absl::StrCat(" #", ids_.size() - 1);
}

// What comes next in the innermost open container.
bool Outline::Step() {
  Frame& frame = frames_.back();
  if (frame.end == 0) {  // one value, which has been
    frames_.pop_back();
    return true;
  }
  if (frame.end == wire::kErrorEnd) return ErrorPart();
  if (frame.remaining > 0) {
    --frame.remaining;
    return Value(absl::StrCat("[", frame.index++, "]: "));
  }
  if (frame.has_key) {
    frame.has_key = false;
    return Value("=> ");
  }
  if (cursor_.PeekTag() == frame.end) {
    const bool array = frame.end == wire::kEndDenseArray || frame.end == wire::kEndSparseArray;
    cursor_.Skip(1);
    frames_.pop_back();
    std::uint32_t count;
    return cursor_.ReadVarint(count) && (!array || cursor_.ReadVarint(count));
  }
  if (!frame.pairs) return Value("");
  if (frame.end == wire::kEndMap) {
    frame.has_key = true;
    return Value("");
  }
  std::string label;
  return ReadKey(label) && Value(label + ": ");
}

bool Outline::ErrorPart() {
  token_ = cursor_.offset();
  std::uint8_t part;
  if (!cursor_.ReadVarint8(part)) return false;
  switch (part) {
    case wire::kErrorEnd:
      frames_.pop_back();
      return true;
    case wire::kErrorMessage:
      return Value("message: ");
    case wire::kErrorStack:
      return Value("stack: ");
    case wire::kErrorCause:
      return Value("cause: ");
    default:
      Show("", "prototype: ", ErrorName(part));
      return true;
  }
}

// The tag of what comes next, behind the counts that old writers put there. 0: there is none.
std::uint8_t Outline::ReadTag() {
  for (;;) {
    const std::uint8_t tag = cursor_.ReadTag();
    std::uint32_t count;
    if (tag != wire::kObjectCount) return tag;
    if (!cursor_.ReadVarint(count)) return 0;
  }
}

bool Outline::ReadKey(std::string& label) {
  const std::uint8_t tag = ReadTag();
  std::int32_t whole;
  std::uint32_t number;
  double real;
  switch (tag) {
    case wire::kInt32:
      if (!cursor_.ReadZigZag(whole)) return false;
      label = absl::StrCat(whole);
      return true;
    case wire::kUint32:
      if (!cursor_.ReadVarint(number)) return false;
      label = absl::StrCat(number);
      return true;
    case wire::kDouble:
      if (!cursor_.ReadDouble(real)) return false;
      label = sabre::internal::NumberToString(real);
      return true;
    default:
      return StringText(tag, label);
  }
}

bool Outline::Bytes(std::uint32_t count, std::string& text) {
  if (count > cursor_.left()) return false;
  const std::size_t shown = std::min<std::size_t>(count, kShownBytes);
  text = absl::StrCat(count, count == 1 ? " byte" : " bytes");
  if (count > 0) {
    absl::StrAppend(&text, ": ", ToHex({cursor_.at(), shown}), count > shown ? "…" : "");
  }
  cursor_.Skip(count);
  return true;
}

bool Outline::StringText(std::uint8_t tag, std::string& text) {
  std::uint32_t length;
  if (!cursor_.ReadVarint(length) || length > cursor_.left()) return false;
  const std::span<const std::uint8_t> bytes(cursor_.at(), length);
  if (tag == wire::kOneByteString) {
    text = QuoteLatin1(bytes);
  } else if (tag == wire::kTwoByteString && length % 2 == 0) {
    text = QuoteUtf16(bytes);
  } else if (tag == wire::kUtf8String) {
    text = QuoteUtf8(bytes);
  } else {
    return false;
  }
  cursor_.Skip(length);
  return true;
}

bool Outline::RawText(std::string& text) { return StringText(wire::kUtf8String, text); }

bool Outline::BigIntText(std::string& text) {
  std::uint32_t bits;
  if (!cursor_.ReadVarint(bits)) return false;
  const std::uint32_t size = (bits & ~(1u << 31)) / 2;
  if (size > kShownLimbs * 8) {
    text = (bits & 1) != 0 ? "-BigInt of " : "BigInt of ";
    std::string bytes;
    if (!Bytes(size, bytes)) return false;
    text += bytes;
    return true;
  }
  if (size > cursor_.left()) return false;
  std::vector<std::uint64_t> limbs((size + 7) / 8);
  for (std::uint32_t i = 0; i < size; ++i) {
    limbs[i / 8] |= std::uint64_t{cursor_.at()[i]} << (8 * (i % 8));
  }
  cursor_.Skip(size);
  text = sabre::BigInt((bits & 1) != 0, limbs).ToString() + "n";
  return true;
}

bool Outline::Value(const std::string& label) {
  const std::uint8_t tag = ReadTag();
  std::int32_t whole;
  std::uint32_t number;
  double real;
  std::string text;
  if (tag == 0) return false;
  token_ = cursor_.tag_offset();
  switch (tag) {
    case wire::kHole:
      Show("hole", label, "hole");
      return true;
    case wire::kUndefined:
      Show("undefined", label, "undefined");
      return true;
    case wire::kNull:
      Show("null", label, "null");
      return true;
    case wire::kTrue:
    case wire::kFalse:
      Show("boolean", label, tag == wire::kTrue ? "true" : "false");
      return true;
    case wire::kInt32:
      if (!cursor_.ReadZigZag(whole)) return false;
      Show("number", label, absl::StrCat(whole));
      return true;
    case wire::kUint32:
      if (!cursor_.ReadVarint(number)) return false;
      Show("number", label, absl::StrCat(number));
      return true;
    case wire::kDouble:
      if (!cursor_.ReadDouble(real)) return false;
      Show("number", label,
           real == 0 && std::signbit(real) ? "-0" : sabre::internal::NumberToString(real));
      return true;
    case wire::kBigInt:
      if (!BigIntText(text)) return false;
      Show("BigInt", label, text);
      return true;
    case wire::kOneByteString:
    case wire::kTwoByteString:
    case wire::kUtf8String:
      if (!StringText(tag, text)) return false;
      Show("string", label, text);
      return true;
    case wire::kArrayBuffer:
    case wire::kResizableArrayBuffer:
    case wire::kImmutableArrayBuffer:
    case wire::kArrayBufferTransfer:
    case wire::kSharedArrayBuffer:
    case wire::kReference:
      return Buffer(tag, label);
    case wire::kHostObject:
      return Host(label);
    default:
      return Object(tag, label);
  }
}

bool Outline::Buffer(std::uint8_t tag, const std::string& label) {
  std::uint32_t number, max;
  std::string text;
  if (!cursor_.ReadVarint(number)) return false;
  bool buffer = true;
  switch (tag) {
    case wire::kReference:
      buffer = number < ids_.size() && ids_[number];
      Show("reference", label, absl::StrCat("the same as #", number));
      break;
    case wire::kArrayBuffer:
    case wire::kImmutableArrayBuffer:
      if (!Bytes(number, text)) return false;
      Show("ArrayBuffer", label,
           absl::StrCat("ArrayBuffer", TakeId(true),
                        tag == wire::kArrayBuffer ? ", " : ", immutable, ", text));
      break;
    case wire::kResizableArrayBuffer:
      if (!cursor_.ReadVarint(max) || !Bytes(number, text)) return false;
      Show("ArrayBuffer", label,
           absl::StrCat("ArrayBuffer", TakeId(true), ", resizable to ", max, ", ", text));
      break;
    case wire::kArrayBufferTransfer:
      Show("ArrayBuffer", label,
           absl::StrCat("ArrayBuffer", TakeId(true), ", transferred, attachment ", number));
      break;
    default:
      Show("SharedArrayBuffer", label,
           absl::StrCat("SharedArrayBuffer", TakeId(true), ", attachment ", number));
      break;
  }
  return !buffer || cursor_.PeekTag() != wire::kArrayBufferView || View(label);
}

bool Outline::View(const std::string& label) {
  cursor_.ReadTag();
  token_ = cursor_.tag_offset();
  std::uint8_t kind_tag;
  std::uint32_t offset, length, flags = 0;
  sabre::ViewKind kind;
  if (!cursor_.ReadVarint8(kind_tag) || !cursor_.ReadVarint(offset) ||
      !cursor_.ReadVarint(length) || (view_flags_ && !cursor_.ReadVarint(flags)) ||
      !sabre::internal::ViewKindOfTag(kind_tag, kind)) {
    return false;
  }
  Show("view", label,
       absl::StrCat(sabre::ViewName(kind), TakeId(false), " of that buffer, offset ", offset, ", ",
                    length, " bytes",
                    (flags & wire::kViewLengthTracking) != 0 ? ", tracks its length" : ""));
  return true;
}

bool Outline::Host(const std::string& label) {
  std::uint32_t index, length;
  if (!cursor_.ReadVarint(index)) return false;
  if (index == wire::kPlatformObjectIndex) {
    std::string name;
    if (!StringText(ReadTag(), name)) return false;
    Show("platform object", label, absl::StrCat("platform object", TakeId(false), " ", name));
    Open(0, false);
    return Value("data: ");
  }
  if (dialect_ == sabre::Dialect::kV8) {
    Show("platform object", label,
         absl::StrCat("transferred object", TakeId(false), ", attachment ", index));
    return true;
  }
  if (dialect_ == sabre::Dialect::kNodeIpc) {
    if (index == 1) {
      Show("host object", label, absl::StrCat("native object", TakeId(false)));
      Open(0, false);
      return Value("properties: ");
    }
    if (index != 0 || !cursor_.ReadVarint(index)) return false;
  }
  sabre::ViewKind kind;
  std::string text;
  if (!sabre::internal::ViewKindOfHostIndex(index, kind) || !cursor_.ReadVarint(length) ||
      !Bytes(length, text)) {
    return false;
  }
  Show("view", label,
       absl::StrCat(index == wire::kNodeBufferIndex ? "Buffer" : sabre::ViewName(kind),
                    TakeId(false), ", ", text));
  return true;
}

bool Outline::Object(std::uint8_t tag, const std::string& label) {
  std::uint32_t number;
  double real;
  std::string text;
  switch (tag) {
    case wire::kBeginObject:
      Show("object", label, "object" + TakeId(false));
      Open(wire::kEndObject, true);
      return true;
    case wire::kBeginDenseArray:
    case wire::kBeginSparseArray:
      if (!cursor_.ReadVarint(number)) return false;
      if (tag == wire::kBeginDenseArray && number > cursor_.left()) return false;
      Show("array", label,
           absl::StrCat(tag == wire::kBeginDenseArray ? "array" : "sparse array", TakeId(false),
                        ", length ", number));
      if (tag == wire::kBeginDenseArray) {
        Open(wire::kEndDenseArray, true, number);
      } else {
        Open(wire::kEndSparseArray, true);
      }
      return true;
    case wire::kBeginMap:
      Show("Map", label, "Map" + TakeId(false));
      Open(wire::kEndMap, true);
      return true;
    case wire::kBeginSet:
      Show("Set", label, "Set" + TakeId(false));
      Open(wire::kEndSet, false);
      return true;
    case wire::kError:
      Show("Error", label, "Error" + TakeId(false));
      Open(wire::kErrorEnd, false);
      return true;
    case wire::kDate:
      if (!cursor_.ReadDouble(real)) return false;
      Show("Date", label, absl::StrCat("Date", TakeId(false), " ", DateText(real)));
      return true;
    case wire::kTrueObject:
    case wire::kFalseObject:
      Show("boxed", label,
           absl::StrCat("Boolean", TakeId(false), tag == wire::kTrueObject ? " true" : " false"));
      return true;
    case wire::kNumberObject:
      if (!cursor_.ReadDouble(real)) return false;
      Show("boxed", label,
           absl::StrCat("Number", TakeId(false), " ", sabre::internal::NumberToString(real)));
      return true;
    case wire::kBigIntObject:
      if (!BigIntText(text)) return false;
      Show("boxed", label, absl::StrCat("BigInt", TakeId(false), " ", text));
      return true;
    case wire::kStringObject:
      if (!(version_ < 12 ? RawText(text) : StringText(cursor_.ReadTag(), text))) return false;
      Show("boxed", label, absl::StrCat("String", TakeId(false), " ", text));
      return true;
    case wire::kRegExp:
      if (!(version_ < 12 ? RawText(text) : StringText(cursor_.ReadTag(), text))) return false;
      if (!cursor_.ReadVarint(number)) return false;
      Show("RegExp", label,
           absl::StrCat("RegExp", TakeId(false), " ", text, " flags '", FlagsText(number), "'"));
      return true;
    default:
      return false;
  }
}

// Version 0 closes containers without opening them: what they hold has come before.
bool Outline::Version0Token() {
  const std::uint8_t tag = cursor_.PeekTag();
  std::uint32_t count, length = 0;
  if (tag != wire::kEndObject && tag != wire::kEndSparseArray) {
    if (!Value("")) return false;
    while (!frames_.empty()) {
      if (!Step()) return false;
    }
    return true;
  }
  cursor_.ReadTag();
  token_ = cursor_.tag_offset();
  if (!cursor_.ReadVarint(count)) return false;
  if (tag == wire::kEndSparseArray) {
    std::swap(count, length);
    if (!cursor_.ReadVarint(count)) return false;
  }
  Show(tag == wire::kEndObject ? "object" : "array", "",
       absl::StrCat(tag == wire::kEndObject ? "object" : "array", TakeId(false), " of the ",
                    2 * std::size_t{count}, " values before",
                    tag == wire::kEndObject ? "" : absl::StrCat(", length ", length)));
  return true;
}

}  // namespace sabre_inspect
