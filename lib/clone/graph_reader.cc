// lib/clone/graph_reader.cc: containers; leaves are in graph_reader_leaf.cc.
#include "lib/clone/graph_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lib/clone/number_text.h"
#include "lib/clone/text.h"

namespace sabre::internal {

GraphReader::GraphReader(GraphStorage& storage, Attachments* attachments, std::uint32_t version,
                         const DeserializeOptions& options, std::size_t budget)
    : storage_(storage),
      attachments_(attachments),
      version_(version),
      options_(options),
      reserve_(std::min<std::size_t>(budget, 1024)),
      budget_(budget - reserve_) {
  storage_.arena().SetBudget(&budget_);
}

bool GraphReader::Read(WireCursor& cursor, Value& root, std::uint32_t first_id, bool view_flags) {
  cursor_ = cursor;
  first_id_ = first_id;
  view_flags_ = view_flags;
  const bool good = ReadWhole(&root);
  cursor = cursor_;
  return good;
}

bool GraphReader::ReadWhole(Value* slot) {
  bool good = ReadValue(slot);
  while (good && !frames_.empty()) {
    switch (frames_.back().step) {
      case Step::kElements:
        good = RunElements();
        break;
      case Step::kShaped:
        good = RunShaped();
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
      case Step::kPlatform:
        good = RunPlatform();
        break;
      case Step::kNative:
        good = RunNative();
        break;
    }
  }
  return good;
}

bool GraphReader::Charge(std::size_t bytes) {
  if (bytes > budget_) return Full();
  budget_ -= bytes;
  return true;
}

// Reads what is common and small at `at`, behind which kLeafRoom bytes may be read, and moves it
// behind. False: it is something else. The position is the caller's own: what is stored through a
// pointer to bytes may be any member, for all that the compiler knows.
inline bool GraphReader::ReadLeaf(const std::uint8_t*& at, Value* slot) {
  switch (at[0]) {
    case wire::kOneByteString: {
      const std::uint32_t size = at[1];
      if (size > kShortText) return false;
      void* const copy = storage_.arena().Allocate(size, /*packed=*/true);
      if (copy == nullptr) return false;
      Arena::CopyInSteps(at + 2, size, copy);
      *slot = ValueAccess::String(copy, size, false);
      at += 2 + size;
      return true;
    }
    case wire::kTwoByteString: {
      const std::uint32_t size = at[1];
      if (size > kShortText || size % 2 != 0 || IsLatin1(at + 2, size / 2)) return false;
      void* const copy = storage_.arena().Allocate(size);
      if (copy == nullptr) return false;
      Arena::CopyInSteps(at + 2, size, copy);
      *slot = ValueAccess::String(copy, size / 2, true);
      at += 2 + size;
      return true;
    }
    case wire::kInt32:
      if (at[1] >= 0x80) return false;
      *slot = Value((at[1] >> 1) ^ -(at[1] & 1));
      at += 2;
      return true;
    case wire::kTrue:
    case wire::kFalse:
      *slot = Value(at[0] == wire::kTrue);
      at += 1;
      return true;
    default:
      return false;
  }
}

// The same at the cursor, if there is enough behind it.
inline bool GraphReader::ReadLeaf(Value* slot) {
  if (cursor_.left() < kLeafRoom) return false;
  const std::uint8_t* at = cursor_.at();
  if (!ReadLeaf(at, slot)) return false;
  cursor_.MoveTo(at);
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
      case wire::kBeginObject:
        return Open(storage_.NewObject(), Step::kShaped, wire::kEndObject, 0, slot,
                    storage_.shapes().root());
      case wire::kReference:
        return Reference(slot);
      case wire::kHostObject:
        if (options_.dialect == Dialect::kNodeIpc) {
          if (!cursor_.ReadVarint(number)) return Malformed("a kind of host object");
          if (number == wire::kPlatformObjectIndex) return ReadPlatform(slot);
          if (number > 1) return Malformed("a kind of host object");
          if (number == 1) return ReadNative(slot);
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
        const std::uint8_t first = cursor_.PeekTag();
        const bool numbers =
            first == wire::kInt32 || first == wire::kDouble || first == wire::kUint32;
        node->flags = numbers ? ArrayNode::kPacked : std::uint8_t{0};
        node->elements = static_cast<Value*>(storage_.arena().Allocate(
            std::size_t{length} * (numbers ? sizeof(double) : sizeof(Value))));
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
    case wire::kImmutableArrayBuffer:
    case wire::kArrayBufferTransfer:
    case wire::kSharedArrayBuffer:
      return ReadBuffer(tag, slot);
    default:
      if (version_ >= 13 || tag == 0 || options_.dialect == Dialect::kNodeIpc)
        return Malformed("a value");
      // Host objects had no tag of their own: what is not a tag is their first byte.
      cursor_.Seek(cursor_.tag_offset());
      return ReadHost(slot);
  }
}

bool GraphReader::RunElements() {
  const std::size_t depth = frames_.size();
  Frame& frame = frames_.back();  // stays where it is until something is opened, and then we return
  auto& array = *static_cast<ArrayNode*>(frame.node);
  if (array.packed() && !RunNumbers(frame, array)) return false;
  while (frame.next < frame.length) {
    Value* const slot = array.elements + frame.next++;
    --unread_;
    if (cursor_.PeekTag() == wire::kHole) {
      cursor_.ReadTag();
      *slot = ValueAccess::Hole();
      continue;
    }
    if (ReadLeaf(slot)) continue;
    if (!ReadValue(slot)) return false;
    // Holes had no tag of their own.
    if (version_ < 11 && slot->is_undefined()) *slot = ValueAccess::Hole();
    if (frames_.size() != depth) return true;
  }
  frame.step = Step::kPairs;
  return true;
}

// Reads elements as long as they are numbers; then the array takes any.
bool GraphReader::RunNumbers(Frame& frame, ArrayNode& array) {
  double* to = array.numbers;
  double* const end = to + array.dense;
  for (; to != end; ++to) {
    std::uint32_t large;
    std::int32_t small;
    bool good;
    switch (cursor_.PeekTag()) {
      case wire::kDouble:
        cursor_.ReadTag();
        good = cursor_.ReadDouble(*to);
        break;
      case wire::kInt32:
        cursor_.ReadTag();
        if ((good = cursor_.ReadZigZag(small))) *to = small;
        break;
      case wire::kUint32:
        cursor_.ReadTag();
        if ((good = cursor_.ReadVarint(large))) *to = large;
        break;
      default:
        unread_ -= frame.next = static_cast<std::uint32_t>(to - array.numbers);
        array.dense = frame.next;
        if (!storage_.Unpack(array)) return Full();
        array.dense = frame.length;
        return true;
    }
    if (!good) {
      frame.next = static_cast<std::uint32_t>(to - array.numbers) + 1;
      return Malformed("a number");
    }
  }
  unread_ -= frame.next = frame.length;
  return true;
}

// Gives the object the values that are pending. False: the budget is spent.
inline bool GraphReader::TakeShaped(const Frame& frame) {
  const Value* const values = &pending_[frame.start];
  LeaveFrame(frame);
  const std::uint32_t count = frame.shape->size;
  if (count == 0) return true;
  PropertyTable& table = static_cast<ObjectNode*>(frame.node)->properties;
  table.values = storage_.arena().Array<Value>(count);
  if (table.values == nullptr) return false;
  table.keys = frame.shape;
  table.capacity = count;
  for (std::uint32_t i = 0; i < count; ++i) table.values[i] = values[i];
  return true;
}

// The properties of objects as long as shapes have their keys; only the values are pending. Objects
// within objects are read on in the same loop.
bool GraphReader::RunShaped() {
  constexpr std::size_t kRoom = PrefixMasks::kSize + kLeafRoom;
  ShapeTree& shapes = storage_.shapes();
  Frame* frame = &frames_.back();
  const std::uint8_t* at = cursor_.at();
  const std::uint8_t* const end = at + cursor_.left();
  for (;;) {
    // What the first key is depends on where the object stands.
    Shape*& guess =
        frame->shape->size > 0 || frame == &frames_[0] ? frame->shape->next : GuessIn(frame[-1]);
    const bool room = static_cast<std::size_t>(end - at) >= kRoom;
    if (room && ShapeTree::Matches(guess, at)) [[likely]] {
      at += guess->token_size;
      frame->shape = guess;
    } else if (room && at[0] == wire::kEndObject && at[1] == frame->shape->size) {
      cursor_.MoveTo(at + 2);
      if (!TakeShaped(*frame)) return Full();
      if (frames_.empty() || frames_.back().step != Step::kShaped) return true;
      --frame;
      at += 2;
      continue;
    } else if (Shape* const known = room ? shapes.Find(frame->shape, at) : nullptr) {
      at += known->token_size;
      frame->shape = guess = known;
    } else {
      cursor_.MoveTo(at);
      if (cursor_.PeekTag() == wire::kEndObject) {
        if (!CloseShaped(*frame)) return false;
        if (frames_.empty() || frames_.back().step != Step::kShaped) return true;
        --frame;
        at = cursor_.at();
        continue;
      }
      if (!ReadShapedKey(*frame, guess)) return false;
      if (frame->step != Step::kShaped) {
        return pending_.Reserve(1, budget_) ? ReadValue(&pending_.Add()) : Full();
      }
      at = cursor_.at();
    }
    if (!pending_.Reserve(1, budget_)) {
      cursor_.MoveTo(at);
      return Full();
    }
    Value* const slot = &pending_.Add();
    if (static_cast<std::size_t>(end - at) >= kLeafRoom) [[likely]] {
      if (*at == wire::kBeginObject) {
        cursor_.MoveTo(at);
        cursor_.Blame();
        if (!Open(storage_.NewObject(), Step::kShaped, wire::kEndObject, 0, slot, shapes.root())) {
          return false;
        }
        frame = &frames_.back();
        ++at;
        continue;
      }
      if (ReadLeaf(at, slot)) continue;
    }
    cursor_.MoveTo(at);
    if (!ReadValue(slot)) return false;
    frame = &frames_.back();
    if (frame->step != Step::kShaped) return true;
    at = cursor_.at();
  }
}

// Of the first key of an object in this container.
inline Shape*& GraphReader::GuessIn(Frame& outer) {
  return outer.step == Step::kShaped ? outer.shape->inner : outer.shape;
}

bool GraphReader::ReadShapedKey(Frame& frame, Shape*& guess) {
  Value key;
  if (!ReadKey(key, /*borrow=*/true)) return !(at_key_ = true);
  bool duplicate = false;
  if (key.is_string() && frame.shape->size < ShapeTree::kMaxKeys) {
    Shape* const next = storage_.shapes().Child(frame.shape, key, duplicate);
    if (next != nullptr) {
      frame.shape = guess = next;
      return true;
    }
    if (!duplicate) return Full();
  }
  return LeaveShape(frame, key);
}

// Goes on with keys of its own; `key` is the next one, and its characters lie in the input.
bool GraphReader::LeaveShape(Frame& frame, Value key) {
  if (key.is_string() && !CopyCharacters(storage_.arena(), key)) return Full();
  const Shape& shape = *frame.shape;
  for (std::uint32_t i = 0; i < shape.size; ++i) {
    if (!Pend(Value())) return false;
  }
  Value* const pairs = &pending_[frame.start];
  for (std::uint32_t i = shape.size; i-- > 0;) {
    pairs[2 * i + 1] = pairs[i];
    pairs[2 * i] = shape.keys[i];
  }
  frame.step = Step::kPairs;
  frame.shape = nullptr;
  return Pend(key);
}

bool GraphReader::CloseShaped(const Frame& frame) {
  cursor_.ReadTag();
  std::uint32_t count;
  if (cursor_.ReadVarint(count) && count == frame.shape->size) return TakeShaped(frame) || Full();
  LeaveFrame(frame);
  return Malformed("the count of properties read");
}

bool GraphReader::RunPairs() {
  const std::size_t depth = frames_.size();
  const std::uint8_t end = frames_.back().end;
  for (;;) {
    if (cursor_.PeekTag() == end) return CloseProperties();
    Value key;
    if (!ReadKey(key)) return !(at_key_ = true);
    if (!pending_.Reserve(2, budget_)) return Full();
    pending_.Push(key);
    if (!ReadValue(&pending_.Add())) return false;
    if (frames_.size() != depth) return true;
  }
}

bool GraphReader::CloseProperties() {
  const Frame& frame = frames_.back();
  frames_.Pop();
  cursor_.ReadTag();
  const std::size_t pairs = (pending_.size() - frame.start) / 2;
  pending_.Cut(frame.start);  // before anything fails: Path() looks at what is pending
  std::uint32_t count;
  if (!cursor_.ReadVarint(count) || count != pairs)
    return Malformed("the count of properties read");
  Value* const items = &pending_[frame.start];
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
  return FillArray(array, frame.end == wire::kEndSparseArray, pairs, count);
}

// Puts pairs of normalized keys and values into an array that has its length and dense elements.
bool GraphReader::FillArray(ArrayNode& array, bool sparse, Value* pairs, std::uint32_t count) {
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
      const auto index = static_cast<std::uint32_t>(ValueAccess::number(key));
      if (!ValueAccess::IsHole(array.At(index))) return Malformed("different indices in an array");
      array.elements[index] = pairs[2 * std::size_t{i} + 1];
    } else {
      pairs[2 * std::size_t{kept}] = key;
      pairs[2 * std::size_t{kept} + 1] = pairs[2 * std::size_t{i} + 1];
      ++kept;
    }
  }
  if (kept == 0) return true;
  array.properties = storage_.NewProperties();
  if (array.properties == nullptr) return Full();
  bool duplicate;
  if (storage_.BuildTable(pairs, kept, *array.properties, duplicate)) return true;
  return duplicate ? Malformed("different keys in an array") : Full();
}

bool GraphReader::RunValues() {
  const std::size_t depth = frames_.size();
  const std::uint8_t end = frames_.back().end;
  for (;;) {
    if (cursor_.PeekTag() == end) return CloseCollection();
    if (!pending_.Reserve(1, budget_)) return Full();
    Value* const slot = &pending_.Add();
    if (ReadLeaf(slot)) continue;
    if (!ReadValue(slot)) return false;
    if (frames_.size() != depth) return true;
  }
}

bool GraphReader::CloseCollection() {
  const Frame& frame = frames_.back();
  frames_.Pop();
  cursor_.ReadTag();
  const std::size_t items = pending_.size() - frame.start;
  pending_.Cut(frame.start);
  std::uint32_t count;
  if (!cursor_.ReadVarint(count) || count != items) return Malformed("the count of items read");
  auto& node = *static_cast<CollectionNode*>(frame.node);
  const std::uint32_t stride = Stride(node);
  if (count % stride != 0) return Malformed("a value for each key of a Map");
  if (count / stride > wire::kMaxCollectionSize) return Limit("a Map or Set exceeds 2^24 entries");
  if (count == 0) return true;
  return storage_.BuildCollection(node, &pending_[frame.start], count / stride) || Full();
}

}  // namespace sabre::internal
