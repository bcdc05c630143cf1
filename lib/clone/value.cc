// lib/clone/value.cc
#include "sabre/clone/value.h"

#include <cstring>

#include "lib/clone/graph_storage.h"
#include "lib/clone/node.h"
#include "lib/clone/text.h"
#include "sabre/memory/check.h"

namespace sabre {

using internal::ArrayNode;
using internal::BoxedNode;
using internal::BufferNode;
using internal::CollectionNode;
using internal::DateNode;
using internal::ErrorNode;
using internal::Node;
using internal::ObjectNode;
using internal::PlatformNode;
using internal::PropertyTable;
using internal::RegExpNode;
using internal::ViewNode;
using Access = internal::ValueAccess;

namespace {

constexpr std::size_t kKeyBytes = 256;  // keys to look up need no memory up to this length

// Calls use(key) with the key of a property made of UTF-8, without a graph to hold it. Longer keys
// and those beyond ASCII take a detour.
template <class F>
auto WithKey(std::string_view utf8, F&& use) {
  // No key is as long as that; and lengths have 32 bits.
  if (utf8.size() > 0x7fffffff) return decltype(use(Value()))();
  if (internal::IsAscii(utf8.data(), utf8.size())) {
    return use(internal::GraphStorage::NormalizeKey(
        Access::String(utf8.data(), static_cast<std::uint32_t>(utf8.size()), false)));
  }
  const internal::Utf8Extent extent = internal::MeasureUtf8(utf8);
  const bool two_byte = !extent.one_byte || !extent.valid;
  alignas(char16_t) std::uint8_t fixed[kKeyBytes];
  std::u16string large;
  std::uint8_t* text = fixed;
  if (extent.units * 2 > kKeyBytes) {
    large.resize(extent.units);
    text = reinterpret_cast<std::uint8_t*>(large.data());
  }
  if (two_byte) {
    internal::Utf8ToUtf16(utf8, text);
  } else {
    internal::Utf8ToLatin1(utf8, text);
  }
  return use(Access::String(text, static_cast<std::uint32_t>(extent.units), two_byte));
}

const PropertyTable* Properties(Value value) noexcept {
  if (value.is_object()) return &Access::node<ObjectNode>(value)->properties;
  if (value.is_array()) return Access::node<ArrayNode>(value)->properties;
  return nullptr;
}

bool IsCollection(Value value) noexcept {
  return value.kind() == ValueKind::kMap || value.kind() == ValueKind::kSet;
}

// Whether an object or array has this property; gives it.
bool Find(Value container, Value key, Value& value) noexcept {
  if (!key.is_number() && !key.is_string()) return false;
  if (key.is_number()) {
    // A number that is no array index names no element, and converts to none.
    const double number = Access::number(key);
    if (!(number >= 0 && number <= 4294967294.0)) return false;
    if (number != static_cast<double>(static_cast<std::uint32_t>(number))) return false;
  }
  if (container.is_array() && key.is_number()) {
    const ArrayNode& array = *Access::node<ArrayNode>(container);
    const double index = Access::number(key);
    if (index < array.dense) {
      const Value element = array.At(static_cast<std::uint32_t>(index));
      if (Access::IsHole(element)) return false;
      value = element;
      return true;
    }
  }
  const PropertyTable* const table = Properties(container);
  const Value* const found = table != nullptr ? FindProperty(*table, key) : nullptr;
  if (found != nullptr) value = *found;
  return found != nullptr;
}

}  // namespace

const char* ValueKindName(ValueKind kind) noexcept {
  constexpr const char* kNames[] = {"undefined",
                                    "null",
                                    "boolean",
                                    "number",
                                    "bigint",
                                    "string",
                                    "Object",
                                    "Array",
                                    "Map",
                                    "Set",
                                    "Date",
                                    "Boolean object",
                                    "Number object",
                                    "BigInt object",
                                    "String object",
                                    "RegExp",
                                    "Error",
                                    "ArrayBuffer",
                                    "SharedArrayBuffer",
                                    "view",
                                    "transferable",
                                    "platform object"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool Value::Same(Value other) const noexcept {
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case ValueKind::kUndefined:
    case ValueKind::kNull:
      return true;
    case ValueKind::kBoolean:
      return size_ == other.size_;
    case ValueKind::kNumber:
      return number_ == other.number_ || (number_ != number_ && other.number_ != other.number_);
    case ValueKind::kBigInt:
      return size_ == other.size_ && flags_ == other.flags_ &&
             (size_ == 0 || std::memcmp(pointer_, other.pointer_, std::size_t{size_} * 8) == 0);
    case ValueKind::kString:
      return size_ == other.size_ && flags_ == other.flags_ &&
             (size_ == 0 ||
              std::memcmp(pointer_, other.pointer_,
                          std::size_t{size_} << (Access::two_byte(*this) ? 1 : 0)) == 0);
    default:
      return pointer_ == other.pointer_;
  }
}

bool Value::AsBool() const noexcept {
  if (kind_ == ValueKind::kBoolean) return size_ != 0;
  if (kind_ != ValueKind::kBooleanObject) internal::CallerBug("Value::AsBool: not a boolean");
  return Access::node<Node>(*this)->flags != 0;
}

double Value::AsNumber() const noexcept {
  if (kind_ == ValueKind::kNumber) return number_;
  if (kind_ == ValueKind::kDate) return Access::node<DateNode>(*this)->milliseconds;
  if (kind_ != ValueKind::kNumberObject) internal::CallerBug("Value::AsNumber: not a number");
  return Access::number(Access::node<BoxedNode>(*this)->primitive);
}

std::string Value::AsString() const {
  if (kind_ == ValueKind::kStringObject) {
    return Access::node<BoxedNode>(*this)->primitive.AsString();
  }
  if (kind_ != ValueKind::kString) internal::CallerBug("Value::AsString: not a string");
  std::string text;
  if (Access::two_byte(*this)) {
    internal::AppendUtf16AsUtf8(text, Access::one_byte(*this), size_);
  } else {
    internal::AppendLatin1AsUtf8(text, Access::one_byte(*this), size_);
  }
  return text;
}

std::u16string Value::AsU16String() const {
  if (kind_ == ValueKind::kStringObject) {
    return Access::node<BoxedNode>(*this)->primitive.AsU16String();
  }
  if (kind_ != ValueKind::kString) internal::CallerBug("Value::AsU16String: not a string");
  if (Access::two_byte(*this)) return std::u16string(Access::units(*this), size_);
  return std::u16string(Access::one_byte(*this), Access::one_byte(*this) + size_);
}

BigInt Value::AsBigInt() const {
  if (kind_ == ValueKind::kBigIntObject) {
    return Access::node<BoxedNode>(*this)->primitive.AsBigInt();
  }
  if (kind_ != ValueKind::kBigInt) internal::CallerBug("Value::AsBigInt: not a BigInt");
  return BigInt(Access::negative(*this), {Access::limbs(*this), size_});
}

bool Value::IsText(std::string_view utf8) const noexcept {
  if (kind_ != ValueKind::kString) return false;
  if (!Access::two_byte(*this) && internal::IsAscii(utf8.data(), utf8.size())) {
    return size_ == utf8.size() && (size_ == 0 || std::memcmp(pointer_, utf8.data(), size_) == 0);
  }
  return AsString() == utf8;
}

std::size_t Value::size() const noexcept {
  switch (kind_) {
    case ValueKind::kString:
      return size_;
    case ValueKind::kObject:
      return Access::node<ObjectNode>(*this)->properties.size();
    case ValueKind::kArray:
      return Access::node<ArrayNode>(*this)->length;
    case ValueKind::kMap:
    case ValueKind::kSet:
      return Access::node<CollectionNode>(*this)->size;
    default:
      return 0;
  }
}

Value Value::Get(std::string_view key) const noexcept {
  Value value;
  if (is_object() || is_array()) WithKey(key, [&](Value k) { return Find(*this, k, value); });
  return value;
}

bool Value::Has(std::string_view key) const noexcept {
  Value value;
  return (is_object() || is_array()) &&
         WithKey(key, [&](Value k) { return Find(*this, k, value); });
}

Value Value::Get(Value key) const noexcept {
  Value value;
  Find(*this, internal::GraphStorage::NormalizeKey(key), value);
  return value;
}

bool Value::Has(Value key) const noexcept {
  Value value;
  return Find(*this, internal::GraphStorage::NormalizeKey(key), value);
}

Value Value::At(std::size_t index) const noexcept {
  Value value;
  return index <= 0xfffffffe && Find(*this, Value(index), value) ? value : Value();
}

bool Value::HasIndex(std::size_t index) const noexcept {
  Value value;
  return index <= 0xfffffffe && Find(*this, Value(index), value);
}

Value Value::MapGet(Value key) const noexcept {
  if (kind_ != ValueKind::kMap) return {};
  const CollectionNode& node = *Access::node<CollectionNode>(*this);
  const std::int64_t at = FindKey(node, key);
  return at < 0 ? Value() : node.items[static_cast<std::size_t>(at) * 2 + 1];
}

Value Value::MapGet(std::string_view key) const noexcept {
  if (kind_ != ValueKind::kMap) return {};
  return WithKey(key, [&](Value normalized) {
    // As the key of a Map, text stays text.
    if (normalized.is_number()) {
      return MapGet(Access::String(key.data(), static_cast<std::uint32_t>(key.size()), false));
    }
    return MapGet(normalized);
  });
}

absl::Time Value::AsTime() const noexcept {
  if (kind_ != ValueKind::kDate) internal::CallerBug("Value::AsTime: not a Date");
  const double milliseconds = AsNumber();
  return milliseconds == milliseconds
             ? absl::FromUnixMillis(static_cast<std::int64_t>(milliseconds))
             : absl::InfiniteFuture();
}

bool Value::MapHas(Value key) const noexcept {
  return IsCollection(*this) && FindKey(*Access::node<CollectionNode>(*this), key) >= 0;
}

Value::Entry Value::EntryAt(std::size_t position) const noexcept {
  return !is_array() && position < PlacesEnd() ? EntryAtPlace(position) : Entry();
}

// The elements that an array stores in a row come first, then properties.
std::size_t Value::PlacesEnd() const noexcept {
  if (IsCollection(*this)) return Access::node<CollectionNode>(*this)->size;
  const PropertyTable* const table = Properties(*this);
  const std::size_t properties = table != nullptr ? table->size() : 0;
  return is_array() ? Access::node<ArrayNode>(*this)->dense + properties : properties;
}

std::size_t Value::SkipHoles(std::size_t place) const noexcept {
  if (!is_array()) return place;
  const ArrayNode& array = *Access::node<ArrayNode>(*this);
  if (array.packed()) return place;
  while (place < array.dense && Access::IsHole(array.elements[place])) ++place;
  return place;
}

Value::Entry Value::EntryAtPlace(std::size_t place) const noexcept {
  if (IsCollection(*this)) {
    const CollectionNode& node = *Access::node<CollectionNode>(*this);
    const Value* const item = node.items + place * Stride(node);
    return {item[0], kind_ == ValueKind::kMap ? item[1] : item[0]};
  }
  if (is_array()) {
    const ArrayNode& array = *Access::node<ArrayNode>(*this);
    if (place < array.dense) return {Value(place), array.At(static_cast<std::uint32_t>(place))};
    place -= array.dense;
  }
  const PropertyTable& table = *Properties(*this);
  return {table.keys->keys[place], table.values[place]};
}

Value Value::regexp_source() const noexcept {
  return kind_ == ValueKind::kRegExp ? Access::node<RegExpNode>(*this)->source : Value();
}

std::uint32_t Value::regexp_flags() const noexcept {
  return kind_ == ValueKind::kRegExp ? Access::node<RegExpNode>(*this)->extra : 0u;
}

const char* Value::error_name() const noexcept {
  if (kind_ != ValueKind::kError) return "";
  switch (Access::node<ErrorNode>(*this)->extra) {
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
      return "Error";
  }
}

Value Value::error_message() const noexcept {
  if (kind_ != ValueKind::kError) return {};
  const ErrorNode& node = *Access::node<ErrorNode>(*this);
  return (node.flags & ErrorNode::kHasMessage) != 0 ? node.parts->message : Value();
}

Value Value::error_stack() const noexcept {
  if (kind_ != ValueKind::kError) return {};
  const ErrorNode& node = *Access::node<ErrorNode>(*this);
  return (node.flags & ErrorNode::kHasStack) != 0 ? node.parts->stack : Value();
}

Value Value::error_cause() const noexcept {
  return error_has_cause() ? Access::node<ErrorNode>(*this)->parts->cause : Value();
}

bool Value::error_has_cause() const noexcept {
  return kind_ == ValueKind::kError &&
         (Access::node<ErrorNode>(*this)->flags & ErrorNode::kHasCause) != 0;
}

Value Value::platform_type() const noexcept {
  return kind_ == ValueKind::kPlatformObject ? Access::node<PlatformNode>(*this)->type : Value();
}

Value Value::platform_data() const noexcept {
  return kind_ == ValueKind::kPlatformObject ? Access::node<PlatformNode>(*this)->data : Value();
}

ArrayBuffer Value::array_buffer() const noexcept {
  return kind_ == ValueKind::kArrayBuffer ? *Access::node<BufferNode>(*this)->buffer.array_buffer()
                                          : ArrayBuffer();
}

SharedArrayBuffer Value::shared_array_buffer() const noexcept {
  return kind_ == ValueKind::kSharedArrayBuffer
             ? *Access::node<BufferNode>(*this)->buffer.shared_array_buffer()
             : SharedArrayBuffer();
}

ArrayBufferView Value::view() const noexcept {
  if (kind_ != ValueKind::kView) return {};
  const ViewNode& node = *Access::node<ViewNode>(*this);
  const auto view_kind = static_cast<ViewKind>(node.extra);
  const bool tracking = (node.flags & ViewNode::kTracking) != 0;
  std::size_t byte_length = node.byte_length;
  if (tracking) {
    const std::size_t now = node.buffer->buffer.byte_length();
    byte_length = now > node.byte_offset ? now - node.byte_offset : 0;
  }
  return {view_kind, node.buffer->buffer, node.byte_offset, byte_length / ElementSize(view_kind),
          tracking};
}

Value Value::view_buffer() const noexcept {
  return kind_ == ValueKind::kView ? Access::Of(Access::node<ViewNode>(*this)->buffer) : Value();
}

std::size_t Value::max_byte_length() const noexcept {
  const bool buffer = kind_ == ValueKind::kArrayBuffer || kind_ == ValueKind::kSharedArrayBuffer;
  return buffer ? Access::node<BufferNode>(*this)->buffer.max_byte_length() : 0;
}

bool Value::resizable() const noexcept {
  const bool buffer = kind_ == ValueKind::kArrayBuffer || kind_ == ValueKind::kSharedArrayBuffer;
  return buffer && Access::node<BufferNode>(*this)->buffer.resizable();
}

}  // namespace sabre
