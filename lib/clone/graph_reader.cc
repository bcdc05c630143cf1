// lib/clone/graph_reader.cc: containers; leaves are in graph_reader_leaf.cc.
#include "lib/clone/graph_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "lib/clone/number_text.h"

namespace sabre::internal {

GraphReader::GraphReader(GraphStorage& storage, Attachments* attachments, std::uint32_t version,
                         const DeserializeOptions& options, std::size_t budget)
    : storage_(storage),
      attachments_(attachments),
      version_(version),
      options_(options),
      budget_(budget) {
  storage_.arena().SetBudget(&budget_);
}

GraphReader::~GraphReader() {
  storage_.arena().SetBudget(nullptr);
  if (pending_ != first_pending_) std::free(pending_);
}

bool GraphReader::Read(WireCursor& cursor, Value& root, std::uint32_t first_id, bool view_flags) {
  cursor_ = cursor;
  first_id_ = first_id;
  view_flags_ = view_flags;
  bool good = ReadValue(&root);
  while (good && !frames_.empty()) {
    switch (frames_.back().step) {
      case Step::kElements:
        good = RunElements();
        break;
      case Step::kPairs:
        good = RunPairs();
        break;
      case Step::kValues:
        good = RunValues();
        break;
      case Step::kError:
        good = RunError();
        break;
    }
  }
  cursor = cursor_;
  return good;
}

bool GraphReader::Charge(std::size_t bytes) {
  if (bytes > budget_) return Full();
  budget_ -= bytes;
  return true;
}

bool GraphReader::GrowIds() {
  if (!Charge(kIdChunk * sizeof(Node*) + 2 * sizeof(ids_[0]))) return false;
  ids_.push_back(std::make_unique<Node*[]>(kIdChunk));
  return true;
}

bool GraphReader::TakeId(Node* node) {
  if (next_id_ >= kFirstIds && (next_id_ - kFirstIds) % kIdChunk == 0 && !GrowIds()) return false;
  *IdSlot(next_id_++) = node;
  return true;
}

bool GraphReader::Pend(Value value) {
  if (pending_size_ == pending_capacity_) {
    const std::size_t larger = pending_capacity_ + pending_capacity_ / 2;
    if (!Charge((larger - pending_capacity_) * sizeof(Value))) return false;
    // realloc moves large blocks by remapping them: no second copy at the worst moment.
    void* const moved =
        std::realloc(pending_ == first_pending_ ? nullptr : pending_, larger * sizeof(Value));
    if (moved == nullptr) return Full();
    if (pending_ == first_pending_) {
      std::copy_n(first_pending_, pending_size_, static_cast<Value*>(moved));
    }
    pending_ = static_cast<Value*>(moved);
    pending_capacity_ = larger;
  }
  pending_[pending_size_++] = value;
  return true;
}

// Gives a container its id and its place, and goes on inside it.
bool GraphReader::Open(Node* node, Step step, std::uint8_t end, std::uint32_t length, Value* slot) {
  if (node == nullptr) return Full();
  if (frames_.size() >= options_.max_depth) return Limit("the value nests too deeply");
  *slot = ValueAccess::Of(node);
  if (!TakeId(node)) return false;
  if (frames_.size() == frames_.capacity()) {
    const std::size_t larger = std::max<std::size_t>(16, frames_.capacity() * 2);
    if (!Charge((larger - frames_.capacity()) * sizeof(Frame))) return false;
    frames_.reserve(larger);
  }
  frames_.push_back({node, 0, length, pending_size_, step, end});
  return true;
}

bool GraphReader::ReadValue(Value* slot) {
  for (;;) {
    const std::uint8_t tag = cursor_.ReadTag();
    std::uint32_t number;
    std::int32_t small;
    double real;
    switch (tag) {
      case wire::kObjectCount:
        if (!cursor_.ReadVarint(number)) return Malformed("a count");
        continue;
      case wire::kUndefined:
        *slot = Value();
        return true;
      case wire::kNull:
        *slot = Value(nullptr);
        return true;
      case wire::kTrue:
        *slot = Value(true);
        return true;
      case wire::kFalse:
        *slot = Value(false);
        return true;
      case wire::kInt32:
        if (!cursor_.ReadZigZag(small)) return Malformed("an int32");
        *slot = Value(small);
        return true;
      case wire::kUint32:
        if (!cursor_.ReadVarint(number)) return Malformed("a uint32");
        *slot = Value(number);
        return true;
      case wire::kDouble:
        if (!cursor_.ReadDouble(real)) return Malformed("the 8 bytes of a double");
        *slot = Value(real);
        return true;
      case wire::kBigInt:
        return ReadBigInt(slot);
      case wire::kOneByteString:
      case wire::kTwoByteString:
      case wire::kUtf8String:
        return ReadString(tag, slot);
      case wire::kReference:
        return Reference(slot);
      case wire::kHostObject:
        if (options_.dialect == Dialect::kNodeIpc) {
          // Another native object: its properties as a value, which is read in its place.
          if (!cursor_.ReadVarint(number) || number > 1) return Malformed("a kind of host object");
          if (number == 1) {
            if (!TakeId(nullptr)) return false;
            continue;
          }
        }
        return ReadHost(slot);
      default:
        return ReadObject(tag, slot);
    }
  }
}

bool GraphReader::ReadObject(std::uint8_t tag, Value* slot) {
  std::uint32_t length;
  switch (tag) {
    case wire::kBeginObject:
      return Open(storage_.NewNode<ObjectNode>(ValueKind::kObject), Step::kPairs, wire::kEndObject,
                  0, slot);
    case wire::kBeginMap:
      return Open(storage_.NewNode<CollectionNode>(ValueKind::kMap), Step::kValues, wire::kEndMap,
                  0, slot);
    case wire::kBeginSet:
      return Open(storage_.NewNode<CollectionNode>(ValueKind::kSet), Step::kValues, wire::kEndSet,
                  0, slot);
    case wire::kError:
      return Open(storage_.NewNode<ErrorNode>(ValueKind::kError), Step::kError, 0, 0, slot);
    case wire::kBeginSparseArray:
      if (!cursor_.ReadVarint(length)) return Malformed("the length of an array");
      return Open(storage_.NewNode<ArrayNode>(ValueKind::kArray), Step::kPairs,
                  wire::kEndSparseArray, length, slot);
    case wire::kBeginDenseArray: {
      // Every element that an open array waits for takes a byte at least.
      if (!cursor_.ReadVarint(length) || unread_ + length > cursor_.left()) {
        return Malformed("as many elements as the array's length");
      }
      auto* const node = storage_.NewNode<ArrayNode>(ValueKind::kArray);
      if (node == nullptr) return Full();
      if (length > 0) {
        node->elements = storage_.arena().Array<Value>(length);
        if (node->elements == nullptr) return Full();
      }
      unread_ += length;
      node->dense = node->capacity = node->length = length;
      return Open(node, Step::kElements, wire::kEndDenseArray, length, slot);
    }
    case wire::kDate: {
      double milliseconds;
      if (!cursor_.ReadDouble(milliseconds)) return Malformed("the 8 bytes of a Date");
      auto* const node = storage_.NewNode<DateNode>(ValueKind::kDate);
      if (node == nullptr) return Full();
      // ECMA-262 TimeClip.
      node->milliseconds = std::fabs(milliseconds) <= 8.64e15
                               ? std::trunc(milliseconds) + 0.0
                               : std::numeric_limits<double>::quiet_NaN();
      *slot = ValueAccess::Of(node);
      return TakeId(node);
    }
    case wire::kTrueObject:
    case wire::kFalseObject: {
      Node* const node = storage_.NewNode<Node>(ValueKind::kBooleanObject);
      if (node == nullptr) return Full();
      node->flags = tag == wire::kTrueObject ? 1 : 0;
      *slot = ValueAccess::Of(node);
      return TakeId(node);
    }
    case wire::kNumberObject:
    case wire::kBigIntObject:
    case wire::kStringObject: {
      auto* const node =
          storage_.NewNode<BoxedNode>(tag == wire::kNumberObject   ? ValueKind::kNumberObject
                                      : tag == wire::kBigIntObject ? ValueKind::kBigIntObject
                                                                   : ValueKind::kStringObject);
      if (node == nullptr) return Full();
      double number;
      if (tag == wire::kNumberObject) {
        if (!cursor_.ReadDouble(number)) return Malformed("the 8 bytes of a Number object");
        node->primitive = Value(number);
      } else if (!(tag == wire::kBigIntObject ? ReadBigInt(&node->primitive)
                                              : ReadStringValue(&node->primitive))) {
        return false;
      }
      *slot = ValueAccess::Of(node);
      return TakeId(node);
    }
    case wire::kRegExp: {
      auto* const node = storage_.NewNode<RegExpNode>(ValueKind::kRegExp);
      if (node == nullptr) return Full();
      *slot = ValueAccess::Of(node);
      return ReadRegExp(*node) && TakeId(node);
    }
    case wire::kArrayBuffer:
    case wire::kResizableArrayBuffer:
    case wire::kArrayBufferTransfer:
    case wire::kSharedArrayBuffer:
      return ReadBuffer(tag, slot);
    default:
      return Malformed("a value");
  }
}

bool GraphReader::RunElements() {
  const std::size_t depth = frames_.size();
  Frame& frame = frames_.back();  // stays where it is until something is opened, and then we return
  Value* const elements = static_cast<ArrayNode*>(frame.node)->elements;
  while (frame.next < frame.length) {
    Value* const slot = elements + frame.next++;
    --unread_;
    if (cursor_.PeekTag() == wire::kHole) {
      cursor_.ReadTag();
      *slot = ValueAccess::Hole();
      continue;
    }
    if (!ReadValue(slot)) return false;
    if (frames_.size() != depth) return true;
  }
  frame.step = Step::kPairs;
  return true;
}

bool GraphReader::RunPairs() {
  const std::size_t depth = frames_.size();
  const std::uint8_t end = frames_.back().end;
  for (;;) {
    if (cursor_.PeekTag() == end) return CloseProperties();
    Value key;
    if (!ReadKey(key) || !Pend(key) || !Pend(Value())) return false;
    if (!ReadValue(pending_ + pending_size_ - 1)) return false;
    if (frames_.size() != depth) return true;
  }
}

bool GraphReader::CloseProperties() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  cursor_.ReadTag();
  const std::size_t pairs = (pending_size_ - frame.start) / 2;
  std::uint32_t count;
  if (!cursor_.ReadVarint(count) || count != pairs)
    return Malformed("the count of properties read");
  Value* const items = pending_ + frame.start;
  pending_size_ = frame.start;
  if (frame.node->kind == ValueKind::kArray) {
    return CloseArray(frame, *static_cast<ArrayNode*>(frame.node), items, count);
  }
  bool duplicate;
  if (storage_.BuildTable(items, count, static_cast<ObjectNode*>(frame.node)->properties,
                          duplicate)) {
    return true;
  }
  return duplicate ? Malformed("different keys in an object") : Full();
}

bool GraphReader::CloseArray(const Frame& frame, ArrayNode& array, Value* pairs,
                             std::uint32_t count) {
  std::uint32_t length;
  if (!cursor_.ReadVarint(length) || length != frame.length) {
    return Malformed("the same length at the end of an array");
  }
  array.length = length;
  std::uint32_t indices = 0, highest = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Value key = pairs[2 * std::size_t{i}];
    if (key.is_number()) {
      ++indices;
      highest = std::max(highest, static_cast<std::uint32_t>(ValueAccess::number(key)));
    } else if (key.IsText("length")) {
      return Malformed("no property 'length' in an array");
    }
  }
  if (indices > 0 && highest >= array.length) array.length = highest + 1;
  // Few holes: elements in a row. The length itself, a stranger's claim, takes no memory.
  const bool sparse = frame.end == wire::kEndSparseArray;
  if (sparse && indices > 0 && highest < 2 * std::uint64_t{indices} + 2) {
    array.elements = storage_.arena().Array<Value>(highest + 1);
    if (array.elements == nullptr) return Full();
    std::fill_n(array.elements, highest + 1, ValueAccess::Hole());
    array.dense = array.capacity = highest + 1;
  }
  std::uint32_t kept = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Value key = pairs[2 * std::size_t{i}];
    if (key.is_number() && ValueAccess::number(key) < array.dense) {
      Value& element = array.elements[static_cast<std::uint32_t>(ValueAccess::number(key))];
      if (!ValueAccess::IsHole(element)) return Malformed("different indices in an array");
      element = pairs[2 * std::size_t{i} + 1];
    } else {
      pairs[2 * std::size_t{kept}] = key;
      pairs[2 * std::size_t{kept} + 1] = pairs[2 * std::size_t{i} + 1];
      ++kept;
    }
  }
  if (kept == 0) return true;
  void* const memory = storage_.arena().Allocate(sizeof(PropertyTable));
  if (memory == nullptr) return Full();
  array.properties = new (memory) PropertyTable();
  bool duplicate;
  if (storage_.BuildTable(pairs, kept, *array.properties, duplicate)) return true;
  return duplicate ? Malformed("different keys in an array") : Full();
}

bool GraphReader::RunValues() {
  const std::size_t depth = frames_.size();
  const std::uint8_t end = frames_.back().end;
  for (;;) {
    if (cursor_.PeekTag() == end) return CloseCollection();
    if (!Pend(Value()) || !ReadValue(pending_ + pending_size_ - 1)) return false;
    if (frames_.size() != depth) return true;
  }
}

bool GraphReader::CloseCollection() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  cursor_.ReadTag();
  const std::size_t items = pending_size_ - frame.start;
  std::uint32_t count;
  if (!cursor_.ReadVarint(count) || count != items) return Malformed("the count of items read");
  pending_size_ = frame.start;
  auto& node = *static_cast<CollectionNode*>(frame.node);
  const std::uint32_t stride = Stride(node);
  if (count % stride != 0) return Malformed("a value for each key of a Map");
  if (count / stride > wire::kMaxCollectionSize) return Limit("a Map or Set exceeds 2^24 entries");
  if (count == 0) return true;
  return storage_.BuildCollection(node, pending_ + frame.start, count / stride) || Full();
}

bool GraphReader::RunError() {
  const std::size_t depth = frames_.size();
  auto& node = *static_cast<ErrorNode*>(frames_.back().node);
  for (;;) {
    std::uint8_t part;
    if (!cursor_.ReadVarint8(part)) return Malformed("a part of an Error");
    switch (part) {
      case wire::kErrorEnd:
        frames_.pop_back();
        return true;
      case 'E':
      case 'R':
      case 'F':
      case 'S':
      case 'T':
      case 'U':
        node.extra = part;
        continue;
      case wire::kErrorMessage:
      case wire::kErrorStack:
      case wire::kErrorCause:
        break;
      default:
        return Malformed("a part of an Error");
    }
    if (node.parts == nullptr) {
      void* const memory = storage_.arena().Allocate(sizeof(ErrorParts));
      if (memory == nullptr) return Full();
      node.parts = new (memory) ErrorParts();
    }
    if (part == wire::kErrorCause) {
      node.flags |= ErrorNode::kHasCause;
      if (!ReadValue(&node.parts->cause)) return false;
      if (frames_.size() != depth) return true;
    } else {
      const bool message = part == wire::kErrorMessage;
      node.flags |= message ? ErrorNode::kHasMessage : ErrorNode::kHasStack;
      if (!ReadStringValue(message ? &node.parts->message : &node.parts->stack)) return false;
    }
  }
}

}  // namespace sabre::internal
