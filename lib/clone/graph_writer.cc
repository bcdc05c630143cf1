// lib/clone/graph_writer.cc
#include "lib/clone/graph_writer.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "lib/clone/view_tag.h"

namespace sabre::internal {
namespace {

constexpr std::size_t kPathParts = 32;  // of the path to what failed

// Node's recipe for reaching all readers: dense without holes and nothing behind, otherwise sparse.
bool IsDense(const ArrayNode& array) {
  return array.dense == array.length &&
         std::none_of(array.elements, array.elements + array.dense, ValueAccess::IsHole) &&
         (array.properties == nullptr || array.properties->indexed == 0);
}

}  // namespace

bool GraphWriter::Write(Value root) {
  bool good = WriteValue(root);
  while (good && !frames_.empty()) good = Continue();
  if (!good) DescribePath();
  return good;
}

bool GraphWriter::TakeId(const Node* node) {
  if (node->index >= ids_.size()) {
    ids_.resize(std::max<std::size_t>(node->index + std::size_t{1}, ids_.size() * 2), kNoId);
  }
  ids_[node->index] = out_.next_id();
  return true;
}

bool GraphWriter::Push(const Node* node) {
  if (frames_.size() >= out_.options().max_depth) return out_.FailDepth(out_.options().max_depth);
  frames_.push_back({node, 0, 0, false});
  return true;
}

bool GraphWriter::WriteString(Value text) {
  const std::uint32_t units = ValueAccess::size(text);
  if (ValueAccess::two_byte(text)) {
    return out_.WriteTwoByte({ValueAccess::units(text), units});
  }
  return out_.WriteLatin1({static_cast<const char*>(ValueAccess::pointer(text)), units});
}

bool GraphWriter::WriteValue(Value value) {
  switch (value.kind()) {
    case ValueKind::kUndefined:
      out_.WriteUndefined();
      return true;
    case ValueKind::kNull:
      out_.WriteNull();
      return true;
    case ValueKind::kBoolean:
      out_.WriteBool(ValueAccess::size(value) != 0);
      return true;
    case ValueKind::kNumber:
      out_.WriteNumber(ValueAccess::number(value));
      return true;
    case ValueKind::kString:
      return WriteString(value);
    case ValueKind::kBigInt:
      return out_.WriteBigInt(ValueAccess::negative(value),
                              {ValueAccess::limbs(value), ValueAccess::size(value)});
    default:
      break;
  }
  const Node* const node = ValueAccess::node<Node>(value);
  if (node->index < ids_.size() && ids_[node->index] != kNoId) {
    out_.WriteReference(ids_[node->index]);
    return true;
  }
  return WriteNode(node);
}

bool GraphWriter::WriteNode(const Node* node) {
  // Buffers have an identity beyond the graph, which the serializer keeps.
  switch (node->kind) {
    case ValueKind::kArrayBuffer:
    case ValueKind::kSharedArrayBuffer:
      return WriteBuffer(*static_cast<const BufferNode*>(node));
    case ValueKind::kView:
      return WriteView(*static_cast<const ViewNode*>(node));
    case ValueKind::kTransferable: {
      const auto& transfer = *static_cast<const TransferNode*>(node);
      if (transfer.object == nullptr) {
        return out_.FailDataClone("a transferred object was not made usable by its receiver yet");
      }
      return out_.WriteTransferable(transfer.object->identity(), transfer.object->type());
    }
    default:
      break;
  }
  TakeId(node);
  switch (node->kind) {
    case ValueKind::kObject:
      out_.BeginObject();
      return Push(node);
    case ValueKind::kArray: {
      const auto& array = *static_cast<const ArrayNode*>(node);
      const bool dense = IsDense(array);
      if (dense) {
        out_.BeginDenseArray(array.length);
      } else {
        out_.BeginSparseArray(array.length);
      }
      if (!Push(node)) return false;
      frames_.back().dense = dense;
      return true;
    }
    case ValueKind::kMap:
      out_.BeginMap();
      return Push(node);
    case ValueKind::kSet:
      out_.BeginSet();
      return Push(node);
    case ValueKind::kError:
      out_.TakeId();
      out_.WriteByte(wire::kError);
      if (node->extra != 0) out_.WriteByte(static_cast<std::uint8_t>(node->extra));
      return Push(node);
    case ValueKind::kDate:
      out_.WriteDate(static_cast<const DateNode*>(node)->milliseconds);
      return true;
    default:
      break;
  }
  out_.TakeId();
  if (node->kind == ValueKind::kBooleanObject) {
    out_.WriteByte(node->flags != 0 ? wire::kTrueObject : wire::kFalseObject);
    return true;
  }
  if (node->kind == ValueKind::kRegExp) {
    out_.WriteByte(wire::kRegExp);
    if (!WriteString(static_cast<const RegExpNode*>(node)->source)) return false;
    out_.WriteVarint(node->extra);
    return true;
  }
  const Value primitive = static_cast<const BoxedNode*>(node)->primitive;
  switch (node->kind) {
    case ValueKind::kNumberObject:
      out_.WriteTaggedDouble(wire::kNumberObject, ValueAccess::number(primitive));
      return true;
    case ValueKind::kBigIntObject: {
      // As a BigInt, but for the tag.
      const std::size_t at = out_.out().size();
      if (!WriteValue(primitive)) return false;
      out_.out().Set(at, wire::kBigIntObject);
      return true;
    }
    default:
      out_.WriteByte(wire::kStringObject);
      return WriteString(primitive);
  }
}

bool GraphWriter::WriteBuffer(const BufferNode& node) {
  return node.kind == ValueKind::kSharedArrayBuffer
             ? out_.WriteSharedArrayBuffer(*node.buffer.shared_array_buffer())
             : out_.WriteArrayBuffer(*node.buffer.array_buffer());
}

bool GraphWriter::WriteView(const ViewNode& node) {
  const ArrayBufferView view = ValueAccess::Of(&node).view();
  if (out_.options().dialect == Dialect::kV8) {
    if (!out_.WriteView(view)) return false;
    ids_.resize(std::max<std::size_t>(ids_.size(), node.index + std::size_t{1}), kNoId);
    ids_[node.index] = out_.next_id() - 1;  // behind the buffer's
    return true;
  }
  TakeId(&node);
  if ((node.flags & ViewNode::kNodeBuffer) == 0) return out_.WriteView(view);
  const std::span<const std::byte> bytes = view.buffer.array_buffer()->ConstSpan();
  if (node.byte_offset + node.byte_length > bytes.size()) {
    return out_.FailDataClone("a Buffer is out of the bounds of its memory");
  }
  return out_.WriteHostView(wire::kNodeBufferIndex,
                            bytes.subspan(node.byte_offset, node.byte_length));
}

// Writes on in the innermost container, until another one is opened or it is done.
bool GraphWriter::Continue() {
  const std::size_t depth = frames_.size();
  bool done = false;
  while (!done) {
    Frame& frame = frames_.back();
    switch (frame.node->kind) {
      case ValueKind::kObject: {
        const PropertyTable& table = static_cast<const ObjectNode*>(frame.node)->properties;
        if (!ContinueProperties(frame, table, 0, done)) return false;
        if (done) out_.EndObject(table.size);
        break;
      }
      case ValueKind::kArray:
        if (!ContinueArray(frame, *static_cast<const ArrayNode*>(frame.node), done)) return false;
        break;
      case ValueKind::kError:
        if (!ContinueError(frame, *static_cast<const ErrorNode*>(frame.node), done)) return false;
        break;
      default: {
        const auto& node = *static_cast<const CollectionNode*>(frame.node);
        const bool map = node.kind == ValueKind::kMap;
        const std::uint32_t items = node.size * (map ? 2 : 1);
        if (node.size > wire::kMaxCollectionSize) {
          return out_.FailDataClone("a Map or Set exceeds 2^24 entries");
        }
        done = frame.next == items;
        if (done) {
          map ? out_.EndMap(node.size) : out_.EndSet(node.size);
        } else if (const Value item = node.items[frame.next++]; !WriteValue(item)) {
          return false;
        }
        break;
      }
    }
    if (frames_.size() != depth) return true;
  }
  frames_.pop_back();
  return true;
}

// Item `first` + i is entry i of the table.
bool GraphWriter::ContinueProperties(Frame& frame, const PropertyTable& table, std::uint32_t first,
                                     bool& done) {
  const std::uint32_t position = frame.next - first;
  done = position == table.size;
  if (done) return true;
  const Value::Entry& entry = table.entries[position];
  ++frame.next;
  ++frame.written;
  if (entry.key.is_number()) {
    out_.WriteIndexKey(static_cast<std::uint32_t>(ValueAccess::number(entry.key)));
  } else if (!WriteString(entry.key)) {
    return false;
  }
  return WriteValue(entry.value);
}

bool GraphWriter::ContinueArray(Frame& frame, const ArrayNode& array, bool& done) {
  if (frame.next < array.dense) {
    const std::uint32_t index = frame.next++;
    const Value element = array.elements[index];
    if (frame.dense) return WriteValue(element);
    if (ValueAccess::IsHole(element)) return true;
    ++frame.written;
    out_.WriteIndexKey(index);
    return WriteValue(element);
  }
  static constexpr PropertyTable kNone;
  const PropertyTable& table = array.properties != nullptr ? *array.properties : kNone;
  if (!ContinueProperties(frame, table, array.dense, done)) return false;
  if (!done) return true;
  if (frame.dense) {
    out_.EndDenseArray(frame.written, array.length);
  } else {
    out_.EndSparseArray(frame.written, array.length);
  }
  return true;
}

bool GraphWriter::ContinueError(Frame& frame, const ErrorNode& node, bool& done) {
  // The order that all versions of Node read: message, stack, cause.
  constexpr std::uint8_t kParts[] = {ErrorNode::kHasMessage, ErrorNode::kHasStack,
                                     ErrorNode::kHasCause};
  constexpr std::uint8_t kTags[] = {wire::kErrorMessage, wire::kErrorStack, wire::kErrorCause};
  done = frame.next == 3;
  if (done) {
    out_.WriteByte(wire::kErrorEnd);
    return true;
  }
  const std::uint32_t part = frame.next++;
  if ((node.flags & kParts[part]) == 0) return true;
  out_.WriteByte(kTags[part]);
  return WriteValue(part == 0   ? node.parts->message
                    : part == 1 ? node.parts->stack
                                : node.parts->cause);
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
          key = array.properties->entries[at - array.dense].key;
        }
        if (key.is_number()) {
          out_.PrependIndex(static_cast<std::size_t>(key.AsNumber()));
        } else {
          out_.PrependKey(key.AsString());
        }
        break;
      }
      case ValueKind::kError:
        out_.PrependText(".cause");
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
