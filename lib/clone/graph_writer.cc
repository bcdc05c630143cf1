// lib/clone/graph_writer.cc
#include "lib/clone/graph_writer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "lib/clone/arena.h"
#include "lib/clone/view_tag.h"
#include "sabre/clone/platform_object.h"
#include "sabre/clone/wire_cursor.h"

namespace sabre::internal {
namespace {

constexpr std::size_t kPathParts = 32;  // of the path to what failed
constexpr std::size_t kLongestVarint = 5;
constexpr std::size_t kShortText = Arena::kFewSteps * Arena::kSlack;  // bytes
constexpr std::size_t kLongestNumber = 9;                             // with its tag
constexpr std::size_t kLeafRoom = 1 + kLongestVarint + kShortText + Arena::kSlack;

// Node's recipe for reaching all readers: dense without holes, otherwise sparse. Where the elements lie
// here does not matter.
bool IsDense(const ArrayNode& array) {
  const std::uint32_t behind = array.properties != nullptr ? array.properties->keys->indexed : 0;
  const auto holes = [&array] {
    return !array.packed() &&
           std::any_of(array.elements, array.elements + array.dense, ValueAccess::IsHole);
  };
  return array.length - array.dense == behind && !holes();
}

std::uint8_t* PutVarint(std::uint8_t* at, std::uint32_t value) {
  while (value >= 0x80) [[unlikely]] {
      *at++ = static_cast<std::uint8_t>(value | 0x80);
      value >>= 7;
    }
  *at++ = static_cast<std::uint8_t>(value);
  return at;
}

// As Serializer::WriteNumber, with room for it.
std::uint8_t* PutNumber(std::uint8_t* at, double value) {
  if (value >= -2147483648.0 && value <= 2147483647.0) {
    const auto whole = static_cast<std::int32_t>(value);
    if (whole == value && (whole != 0 || !std::signbit(value))) {
      *at = wire::kInt32;
      const auto bits = static_cast<std::uint32_t>(whole);
      return PutVarint(at + 1, (bits << 1) ^ (whole < 0 ? ~0u : 0u));
    }
  }
  std::uint64_t bits = std::bit_cast<std::uint64_t>(value);
  if (value != value) bits = WireCursor::kNaN;
  *at = wire::kDouble;
  std::memcpy(at + 1, &bits, sizeof bits);
  return at + kLongestNumber;
}

}  // namespace

GraphWriter::GraphWriter(Serializer& out, Value root) noexcept
    : out_(out),
      root_(root),
      ids_(root.has_identity() ? ValueAccess::node<Node>(root)->index : 0) {}

bool GraphWriter::Write() {
  Resume();
  bool good = WriteValue(root_);
  while (good && !frames_.empty()) good = Continue();
  if (good) {
    Commit();
  } else {
    DescribePath();
  }
  return good;
}

void GraphWriter::Commit() {
  ByteBuffer& bytes = out_.out();
  bytes.Advance(static_cast<std::size_t>(at_ - (bytes.data() + bytes.size())));
}

void GraphWriter::Resume() {
  ByteBuffer& bytes = out_.out();
  at_ = bytes.Reserve(1);
  begin_ = bytes.data();
  limit_ = at_ + (bytes.capacity() - bytes.size());
}

void GraphWriter::Grow(std::size_t count) {
  Commit();
  out_.out().Reserve(count);
  Resume();
}

void GraphWriter::WriteTag(std::uint8_t tag) {
  Reserve(1);
  *at_++ = tag;
}

void GraphWriter::WriteVarint(std::uint32_t value) {
  Reserve(kLongestVarint);
  at_ = PutVarint(at_, value);
}

inline void GraphWriter::WriteCounted(std::uint8_t tag, std::uint32_t count) {
  Reserve(1 + kLongestVarint);
  *at_ = tag;
  at_ = PutVarint(at_ + 1, count);
}

void GraphWriter::WriteNumber(double value) {
  Reserve(kLongestNumber);
  at_ = PutNumber(at_, value);
}

// Writes what is common and small at `at`, where there is kLeafRoom, and moves it behind. False: it is
// neither. The position is the caller's own: what is stored through a pointer to bytes may be any
// member, for all that the compiler knows.
inline bool GraphWriter::PutLeaf(std::uint8_t*& at, Value value) const {
  switch (value.kind()) {
    case ValueKind::kString: {
      const bool two_byte = ValueAccess::two_byte(value);
      const std::size_t bytes = std::size_t{ValueAccess::size(value)} << (two_byte ? 1 : 0);
      if (bytes > kShortText) return false;
      // Even offsets for wide characters, from the start of the buffer: V8 reads them in place.
      if (two_byte && (at - begin_) % 2 != 0) *at++ = wire::kPadding;
      at[0] = two_byte ? wire::kTwoByteString : wire::kOneByteString;
      at[1] = static_cast<std::uint8_t>(bytes);
      Arena::CopyInSteps(ValueAccess::pointer(value), bytes, at + 2);
      at += 2 + bytes;
      return true;
    }
    case ValueKind::kNumber:
      at = PutNumber(at, ValueAccess::number(value));
      return true;
    case ValueKind::kBoolean:
      *at++ = ValueAccess::size(value) != 0 ? wire::kTrue : wire::kFalse;
      return true;
    case ValueKind::kNull:
      *at++ = wire::kNull;
      return true;
    default:
      return false;
  }
}

inline bool GraphWriter::WriteLeaf(Value value) {
  Reserve(kLeafRoom);
  std::uint8_t* at = at_;
  if (!PutLeaf(at, value)) return false;
  at_ = at;
  return true;
}

inline bool GraphWriter::Push(const Node* node, bool dense) {
  if (frames_.size() >= out_.options().max_depth) [[unlikely]]
    return out_.FailDepth(out_.options().max_depth);
  frames_.Reserve(1, unlimited_);
  Frame& frame = frames_.Add();
  frame.node = node;
  frame.next = frame.written = 0;
  frame.dense = dense;
  return true;
}

inline bool GraphWriter::Open(const Node* node, bool dense) {
  TakeId(node);
  return Push(node, dense);
}

bool GraphWriter::WriteString(Value text) {
  const std::uint32_t units = ValueAccess::size(text);
  if (ValueAccess::two_byte(text) || units > wire::kMaxStringLength) [[unlikely]]
    return WriteLongText(text);
  Reserve(1 + kLongestVarint + units);
  *at_ = wire::kOneByteString;
  std::uint8_t* const at = PutVarint(at_ + 1, units);
  if (units > 0) std::memcpy(at, ValueAccess::pointer(text), units);
  at_ = at + units;
  return true;
}

bool GraphWriter::WriteLongText(Value text) {
  const std::uint32_t units = ValueAccess::size(text);
  Commit();
  const bool good = ValueAccess::two_byte(text)
                        ? out_.WriteTwoByte({ValueAccess::units(text), units})
                        : out_.WriteLatin1(std::string_view(
                              static_cast<const char*>(ValueAccess::pointer(text)), units));
  Resume();
  return good;
}

bool GraphWriter::WriteValue(Value value) {
  switch (value.kind()) {
    case ValueKind::kUndefined:
      WriteTag(wire::kUndefined);
      return true;
    case ValueKind::kNull:
      WriteTag(wire::kNull);
      return true;
    case ValueKind::kBoolean:
      WriteTag(ValueAccess::size(value) != 0 ? wire::kTrue : wire::kFalse);
      return true;
    case ValueKind::kNumber:
      WriteNumber(ValueAccess::number(value));
      return true;
    case ValueKind::kString:
      return WriteString(value);
    case ValueKind::kBigInt: {
      Commit();
      const bool good = out_.WriteBigInt(ValueAccess::negative(value),
                                         {ValueAccess::limbs(value), ValueAccess::size(value)});
      Resume();
      return good;
    }
    default:
      return WriteNode(ValueAccess::node<Node>(value));
  }
}

bool GraphWriter::WriteNode(const Node* node) {
  if (const std::uint32_t known = ids_.Get(node->index); known != 0) {
    WriteCounted(wire::kReference, known - 1);
    return true;
  }
  switch (node->kind) {
    case ValueKind::kObject:
      WriteTag(wire::kBeginObject);
      return Open(node);
    case ValueKind::kArray: {
      const auto& array = *static_cast<const ArrayNode*>(node);
      const bool dense = IsDense(array);
      WriteCounted(dense ? wire::kBeginDenseArray : wire::kBeginSparseArray, array.length);
      return Open(node, dense);
    }
    case ValueKind::kMap:
      WriteTag(wire::kBeginMap);
      return Open(node);
    case ValueKind::kSet:
      WriteTag(wire::kBeginSet);
      return Open(node);
    case ValueKind::kError:
      WriteTag(wire::kError);
      if (node->extra != 0) WriteTag(static_cast<std::uint8_t>(node->extra));
      return Open(node);
    default: {
      Commit();
      const bool good = WriteOther(node);
      Resume();
      return good;
    }
  }
}

// Written by the serializer.
bool GraphWriter::WriteOther(const Node* node) {
  // Buffers have an identity beyond the graph, which the serializer keeps.
  switch (node->kind) {
    case ValueKind::kArrayBuffer:
      return out_.WriteArrayBuffer(*static_cast<const BufferNode*>(node)->buffer.array_buffer());
    case ValueKind::kSharedArrayBuffer:
      return out_.WriteSharedArrayBuffer(
          *static_cast<const BufferNode*>(node)->buffer.shared_array_buffer());
    case ValueKind::kView:
      return WriteView(*static_cast<const ViewNode*>(node));
    case ValueKind::kTransferable: {
      const auto& transfer = *static_cast<const TransferNode*>(node);
      if (transfer.object != nullptr) return out_.WriteTransferable(*transfer.object);
      RememberId(node);
      return out_.WriteReceived(const_cast<TransferredObject**>(&transfer.received));
    }
    case ValueKind::kPlatformObject: {
      const std::string type = static_cast<const PlatformNode*>(node)->type.AsString();
      if (FindPlatformType(type) == nullptr) {
        return out_.FailDataClone(
            absl::StrCat("the class ", type, " of a platform object is not registered"));
      }
      RememberId(node);
      return out_.BeginPlatformObject(type) && Push(node);
    }
    default:
      return WriteBoxed(node);
  }
}

// An object around a primitive, or one that is made of primitives.
bool GraphWriter::WriteBoxed(const Node* node) {
  TakeId(node);
  const Value primitive = static_cast<const BoxedNode*>(node)->primitive;
  switch (node->kind) {
    case ValueKind::kDate:
      out_.WriteTaggedDouble(wire::kDate, static_cast<const DateNode*>(node)->milliseconds);
      return true;
    case ValueKind::kBooleanObject:
      out_.WriteByte(node->flags != 0 ? wire::kTrueObject : wire::kFalseObject);
      return true;
    case ValueKind::kRegExp: {
      out_.WriteByte(wire::kRegExp);
      Resume();
      if (!WriteString(static_cast<const RegExpNode*>(node)->source)) return false;
      WriteVarint(node->extra);
      Commit();
      return true;
    }
    case ValueKind::kNumberObject:
      out_.WriteTaggedDouble(wire::kNumberObject, ValueAccess::number(primitive));
      return true;
    case ValueKind::kBigIntObject: {
      // As a BigInt, but for the tag.
      const std::size_t at = out_.out().size();
      if (!out_.WriteBigInt(ValueAccess::negative(primitive),
                            {ValueAccess::limbs(primitive), ValueAccess::size(primitive)})) {
        return false;
      }
      out_.out().Set(at, wire::kBigIntObject);
      return true;
    }
    default: {
      out_.WriteByte(wire::kStringObject);
      Resume();
      const bool good = WriteString(primitive);
      Commit();
      return good;
    }
  }
}

bool GraphWriter::WriteView(const ViewNode& node) {
  const ArrayBufferView view = ValueAccess::Of(&node).view();
  if (out_.options().dialect == Dialect::kV8) {
    if (!out_.WriteView(view)) return false;
    ids_.Set(node.index, out_.next_id());  // behind the buffer's
    return true;
  }
  RememberId(&node);
  if ((node.flags & ViewNode::kNodeBuffer) == 0) return out_.WriteView(view);
  const std::span<const std::byte> bytes = view.buffer.array_buffer()->ConstSpan();
  if (node.byte_offset + node.byte_length > bytes.size()) {
    return out_.FailDataClone("a Buffer is out of the bounds of its memory");
  }
  return out_.WriteHostView(wire::kNodeBufferIndex,
                            bytes.subspan(node.byte_offset, node.byte_length));
}

bool GraphWriter::Continue() {
  switch (frames_.back().node->kind) {
    case ValueKind::kObject:
      return ContinueObject();
    case ValueKind::kArray:
      return ContinueArray();
    case ValueKind::kError:
      return ContinueError();
    case ValueKind::kPlatformObject: {
      Frame& frame = frames_.back();
      if (frame.next++ == 0) {
        return WriteValue(static_cast<const PlatformNode*>(frame.node)->data);
      }
      out_.EndPlatformObject();
      frames_.Pop();
      return true;
    }
    default:
      return ContinueCollection();
  }
}

// Item `first` + i is entry i of the table. Elements of an array in dense form have no keys.
bool GraphWriter::ContinueProperties(const PropertyTable& table, std::uint32_t first) {
  const std::size_t depth = frames_.size();
  Frame& frame = frames_.back();  // stays where it is until something is opened, and then we return
  const std::uint32_t end = first + table.size();
  while (frame.next < end) {
    const std::uint32_t position = frame.next++ - first;
    if (!frame.dense || position >= table.keys->indexed) {
      ++frame.written;
      const Value key = table.keys->keys[position];
      if (!WriteLeaf(key) && !WriteString(key)) return false;
    }
    const Value value = table.values[position];
    if (WriteLeaf(value)) continue;
    if (!WriteValue(value)) return false;
    if (frames_.size() != depth) return true;
  }
  return true;
}

// Objects within objects are written in the same loop.
bool GraphWriter::ContinueObject() {
  while (!frames_.empty() && frames_.back().node->kind == ValueKind::kObject) {
    const std::size_t depth = frames_.size();
    Frame& frame = frames_.back();
    const PropertyTable& table = static_cast<const ObjectNode*>(frame.node)->properties;
    const std::uint32_t size = table.size();
    const Value* const keys = table.keys->keys;
    const Value* const values = table.values;
    // The frame may have moved once another one is open.
    while (frames_.size() == depth && frame.next < size) {
      const std::uint32_t position = frame.next++;
      Reserve(2 * kLeafRoom);
      std::uint8_t* at = at_;
      if (!PutLeaf(at, keys[position])) {
        if (!WriteString(keys[position])) return false;
        Reserve(kLeafRoom);
        at = at_;
      }
      const Value value = values[position];
      const bool leaf = PutLeaf(at, value);
      at_ = at;
      if (leaf) continue;
      if (value.is_object() && ids_.Get(ValueAccess::node<Node>(value)->index) == 0) {
        *at_++ = wire::kBeginObject;
        if (!Open(ValueAccess::node<Node>(value))) return false;
      } else if (!WriteValue(value)) {
        return false;
      }
    }
    if (frames_.size() != depth) continue;
    WriteCounted(wire::kEndObject, size);
    frames_.Pop();
  }
  return true;
}

bool GraphWriter::ContinueArray() {
  const std::size_t depth = frames_.size();
  Frame& frame = frames_.back();
  const auto& array = *static_cast<const ArrayNode*>(frame.node);
  if (frame.dense && array.packed() && frame.next < array.dense) {
    WriteNumbers(array);
    frame.next = array.dense;
  }
  while (frame.next < array.dense) {
    const std::uint32_t index = frame.next++;
    const Value element = array.At(index);
    if (!frame.dense) {
      if (ValueAccess::IsHole(element)) continue;
      ++frame.written;
      WriteNumber(index);
    }
    if (WriteLeaf(element)) continue;
    if (!WriteValue(element)) return false;
    if (frames_.size() != depth) return true;
  }
  if (array.properties != nullptr) {
    if (!ContinueProperties(*array.properties, array.dense)) return false;
    if (frames_.size() != depth) return true;
  }
  WriteCounted(frame.dense ? wire::kEndDenseArray : wire::kEndSparseArray, frame.written);
  WriteVarint(array.length);
  frames_.Pop();
  return true;
}

void GraphWriter::WriteNumbers(const ArrayNode& array) {
  constexpr std::uint32_t kAtOnce = 512;
  for (std::uint32_t i = 0; i < array.dense;) {
    const std::uint32_t end = i + std::min(kAtOnce, array.dense - i);
    Reserve((end - i) * kLongestNumber);
    std::uint8_t* at = at_;
    for (; i < end; ++i) at = PutNumber(at, array.numbers[i]);
    at_ = at;
  }
}

bool GraphWriter::ContinueCollection() {
  const std::size_t depth = frames_.size();
  Frame& frame = frames_.back();
  const auto& node = *static_cast<const CollectionNode*>(frame.node);
  const bool map = node.kind == ValueKind::kMap;
  if (node.size > wire::kMaxCollectionSize) {
    return out_.FailDataClone("a Map or Set exceeds 2^24 entries");
  }
  const std::uint32_t items = node.size * (map ? 2 : 1);
  while (frame.next < items) {
    const Value item = node.items[frame.next++];
    if (WriteLeaf(item)) continue;
    if (!WriteValue(item)) return false;
    if (frames_.size() != depth) return true;
  }
  WriteCounted(map ? wire::kEndMap : wire::kEndSet, items);
  frames_.Pop();
  return true;
}

bool GraphWriter::ContinueError() {
  // The order that all versions of Node read: message, stack, cause.
  constexpr std::uint8_t kParts[] = {ErrorNode::kHasMessage, ErrorNode::kHasStack,
                                     ErrorNode::kHasCause};
  constexpr std::uint8_t kTags[] = {wire::kErrorMessage, wire::kErrorStack, wire::kErrorCause};
  const std::size_t depth = frames_.size();
  Frame& frame = frames_.back();
  const auto& node = *static_cast<const ErrorNode*>(frame.node);
  while (frame.next < 3) {
    const std::uint32_t part = frame.next++;
    if ((node.flags & kParts[part]) == 0) continue;
    WriteTag(kTags[part]);
    if (!WriteValue(part == 0   ? node.parts->message
                    : part == 1 ? node.parts->stack
                                : node.parts->cause)) {
      return false;
    }
    if (frames_.size() != depth) return true;
  }
  WriteTag(wire::kErrorEnd);
  frames_.Pop();
  return true;
}

// From the innermost container outwards; of a deep path only the ends.
void GraphWriter::DescribePath() {
  std::size_t parts = 0;
  for (std::size_t i = frames_.size(); i-- > 0;) {
    if (++parts == kPathParts && i > kPathParts) {
      out_.PrependText("…");
      i = kPathParts;
    }
    const Frame& frame = frames_[i];
    const Value container = ValueAccess::Of(frame.node);
    if (frame.next == 0) continue;  // it is the container itself that fails
    const std::uint32_t at = frame.next - 1;
    switch (frame.node->kind) {
      case ValueKind::kArray:
      case ValueKind::kObject: {
        Value key(at);
        if (container.is_object()) {
          key = container.EntryAt(at).key;
        } else if (const auto& array = *static_cast<const ArrayNode*>(frame.node);
                   at >= array.dense) {
          key = array.properties->keys->keys[at - array.dense];
        }
        if (key.is_number()) {
          out_.PrependIndex(static_cast<std::size_t>(key.AsNumber()));
        } else {
          out_.PrependKey(key.AsString());
        }
        break;
      }
      case ValueKind::kError:
        out_.PrependText(at == 0 ? ".message" : at == 1 ? ".stack" : ".cause");
        break;
      case ValueKind::kPlatformObject:
        out_.PrependText(".<data>");
        break;
      case ValueKind::kMap:
        out_.PrependText(absl::StrCat(at % 2 == 0 ? ".<key " : ".<value ", at / 2, ">"));
        break;
      case ValueKind::kSet:
        out_.PrependText(absl::StrCat(".<value ", at, ">"));
        break;
      default:
        break;
    }
  }
}

}  // namespace sabre::internal
