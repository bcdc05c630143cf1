// lib/clone/graph_reader_leaf.cc: what has no parts that refer to other values, or few.
#include <cstring>
#include <string>
#include <utility>

#include "lib/clone/borrowed_object.h"
#include "lib/clone/graph_reader.h"
#include "lib/clone/number_text.h"
#include "lib/clone/view_tag.h"
#include "sabre/clone/platform_object.h"
#include "sabre/memory/backing_store.h"

namespace sabre::internal {
namespace {

// What an ArrayBuffer takes outside the arena, besides its bytes: its state, and the least block of
// the allocator.
constexpr std::size_t kBufferOverhead = 128;

// What RegExp.prototype.source would say: slashes outside classes and line ends are escaped.
// Spec: ECMA-262 EscapeRegExpPattern.
std::u16string EscapeSource(const std::u16string& source) {
  std::u16string out;
  bool in_class = false, escaped = false;
  for (const char16_t unit : source) {
    const char16_t* line_end = unit == u'\n'       ? u"n"
                               : unit == u'\r'     ? u"r"
                               : unit == u'\u2028' ? u"u2028"
                               : unit == u'\u2029' ? u"u2029"
                                                   : nullptr;
    if (line_end != nullptr) {
      if (!escaped) out += u'\\';
      out += line_end;
    } else {
      if (unit == u'/' && !escaped && !in_class) out += u'\\';
      if (!escaped && unit == u'[') in_class = true;
      if (!escaped && unit == u']') in_class = false;
      out += unit;
    }
    escaped = !escaped && unit == u'\\';
  }
  return out;
}

}  // namespace

bool GraphReader::ReadString(std::uint8_t tag, Value* slot) {
  std::uint32_t length;
  if (!cursor_.ReadLength(length)) return Malformed("the characters of a string");
  const std::uint8_t* const bytes = cursor_.at();
  cursor_.Skip(length);
  const std::uint32_t units = tag == wire::kTwoByteString ? length / 2 : length;
  if (units > wire::kMaxStringLength) return Limit("a string exceeds 2^29 - 24 units");
  if (tag == wire::kOneByteString) {
    // Where there is enough behind it, what is short is copied without looking at its length.
    if (cursor_.left() < Arena::kSlack) [[unlikely]]
      return storage_.MakeOneByte(bytes, units, *slot) || Full();
    const void* const copy = storage_.arena().CopyPadded(bytes, units, /*packed=*/true);
    *slot = ValueAccess::String(copy, units, false);
    return copy != nullptr || Full();
  }
  if (tag == wire::kTwoByteString) {
    if (length % 2 != 0) return Malformed("an even length of a two-byte string");
    return storage_.MakeTwoByte(bytes, units, *slot) || Full();
  }
  return storage_.MakeUtf8({reinterpret_cast<const char*>(bytes), length}, *slot) || Full();
}

bool GraphReader::ReadStringValue(Value* slot) {
  if (version_ < 12) return ReadString(wire::kUtf8String, slot);  // had no tag
  const std::uint8_t tag = cursor_.ReadValueTag();
  if (tag != wire::kOneByteString && tag != wire::kTwoByteString && tag != wire::kUtf8String) {
    return Malformed("a string");
  }
  return ReadString(tag, slot);
}

bool GraphReader::ReadBigInt(Value* slot) {
  std::uint32_t field;
  if (!cursor_.ReadVarint(field)) return Malformed("the size of a BigInt");
  field &= ~(1u << 31);  // of no meaning
  const std::uint32_t bytes = field / 2;
  // A negative zero is what Node since 20 refuses.
  if (bytes > cursor_.left() || field == 1) return Malformed("the digits of a BigInt");
  if (bytes > wire::kMaxBigIntBytes) return Limit("a BigInt exceeds 2^27 bytes");
  const std::uint8_t* const digits = cursor_.at();
  cursor_.Skip(bytes);
  return storage_.MakeBigInt((field & 1) != 0, digits, bytes, *slot) || Full();
}

// `borrow`: the characters may stay in the input.
bool GraphReader::ReadKey(Value& key, bool borrow) {
  const std::uint8_t tag = cursor_.ReadValueTag();
  std::uint32_t length;
  switch (tag) {
    case wire::kOneByteString:
    case wire::kTwoByteString:
    case wire::kUtf8String:
      if (borrow && tag == wire::kOneByteString) {
        if (!cursor_.ReadLength(length)) return Malformed("the characters of a string");
        key = ValueAccess::String(cursor_.at(), length, false);
        cursor_.Skip(length);
      } else if (!ReadString(tag, &key)) {
        return false;
      }
      key = GraphStorage::NormalizeKey(key);
      return true;
    case wire::kInt32:
    case wire::kUint32:
    case wire::kDouble:
      return ReadNumberKey(tag, key);
    default:
      return Malformed("a key or the end of the properties");
  }
}

bool GraphReader::ReadNumberKey(std::uint8_t tag, Value& key) {
  double number = 0;
  std::int32_t small = 0;
  std::uint32_t large = 0;
  const bool good = tag == wire::kInt32    ? cursor_.ReadZigZag(small)
                    : tag == wire::kUint32 ? cursor_.ReadVarint(large)
                                           : cursor_.ReadDouble(number);
  if (!good) return Malformed("a number");
  if (tag == wire::kInt32) number = small;
  if (tag == wire::kUint32) number = large;
  return MakeNumberKey(number, key);
}

// An index stays a number; any other becomes the text that JavaScript makes of it.
bool GraphReader::MakeNumberKey(double number, Value& key) {
  if (number >= 0 && number <= 4294967294.0 &&
      number == static_cast<double>(static_cast<std::uint32_t>(number))) {
    key = Value(number + 0.0);
    return true;
  }
  const std::string text = NumberToString(number);
  return storage_.MakeOneByte(reinterpret_cast<const std::uint8_t*>(text.data()),
                              static_cast<std::uint32_t>(text.size()), key) ||
         Full();
}

bool GraphReader::Reference(Value* slot) {
  std::uint32_t id;
  if (!cursor_.ReadVarint(id) || id < first_id_ || id - first_id_ >= ids_.size()) {
    return Malformed("the id of an object before it");
  }
  Node* const node = ids_[id - first_id_];
  if (node == nullptr) return Malformed("the id of a complete object");
  *slot = ValueAccess::Of(node);
  const bool buffer =
      node->kind == ValueKind::kArrayBuffer || node->kind == ValueKind::kSharedArrayBuffer;
  if (!buffer || cursor_.LookAhead() != wire::kArrayBufferView) return true;
  return ReadView(static_cast<BufferNode*>(node), slot);
}

bool GraphReader::ReadBuffer(std::uint8_t tag, Value* slot) {
  std::uint32_t number, max = 0;
  const bool resizable = tag == wire::kResizableArrayBuffer;
  const bool immutable = tag == wire::kImmutableArrayBuffer;
  if (!cursor_.ReadVarint(number) || (resizable && !cursor_.ReadVarint(max))) {
    return Malformed("the length or index of a buffer");
  }
  BufferNode* node = nullptr;
  if (tag == wire::kArrayBuffer || resizable || immutable) {
    if (number > cursor_.left() || (resizable && number > max)) {
      return Malformed("the bytes of a buffer");
    }
    const std::size_t memory = resizable ? ReservationBudget::MemoryOf(number, max) : number;
    const std::size_t overhead = kBufferOverhead * (immutable ? 2 : 1);
    if (!Charge(memory + overhead)) return false;
    if (resizable && !reservations_.Take(max)) return Limit(ReservationBudget::kExceeded);
    absl::StatusOr<BackingStore> store = resizable ? BackingStore::Allocate(number, max)
                                                   : BackingStore::AllocateUninitialized(number);
    if (!store.ok()) return Full();
    if (number > 0) std::memcpy(store->data(), cursor_.at(), number);
    cursor_.Skip(number);
    if (immutable) store = (*std::move(store)).MadeImmutable(number);
    if (!store.ok()) return Full();
    node = storage_.NewBuffer(ArrayBuffer::FromBackingStore(*std::move(store)));
  } else if (tag == wire::kArrayBufferTransfer) {
    if (attachments_ == nullptr || number >= attachments_->transferred_buffers.size() ||
        attachments_->transferred_buffers[number].identity() == nullptr) {
      return Malformed("the index of a transferred buffer");
    }
    if (transferred_.empty()) transferred_.resize(attachments_->transferred_buffers.size());
    node = transferred_[number];
    if (node == nullptr) node = storage_.NewBuffer(attachments_->transferred_buffers[number]);
    transferred_[number] = node;
  } else {
    if (attachments_ == nullptr || number >= attachments_->shared_buffers.size() ||
        attachments_->shared_buffers[number].data_block() == nullptr) {
      return Malformed("the index of a SharedArrayBuffer");
    }
    node = storage_.NewBuffer(attachments_->shared_buffers[number]);
  }
  if (node == nullptr) return Full();
  *slot = ValueAccess::Of(node);
  if (!TakeId(node)) return false;
  return cursor_.LookAhead() != wire::kArrayBufferView || ReadView(node, slot);
}

bool GraphReader::ReadView(BufferNode* buffer, Value* slot) {
  std::uint8_t kind_tag;
  ViewKind kind;
  std::uint32_t offset, length, flags = 0;
  cursor_.ReadTag();
  if (!cursor_.ReadVarint8(kind_tag) || !ViewKindOfTag(kind_tag, kind) ||
      !cursor_.ReadVarint(offset) || !cursor_.ReadVarint(length) ||
      (view_flags_ && !cursor_.ReadVarint(flags))) {
    return Malformed("the fields of a view");
  }
  // A view that is refused has taken its id, too: the second attempt at version 13 counts on.
  if (!TakeId(nullptr)) return false;
  const std::uint32_t id = next_id() - 1;
  const bool tracking = (flags & wire::kViewLengthTracking) != 0;
  const bool marked = (flags & wire::kViewResizable) != 0;
  const bool resizable = buffer->buffer.resizable();
  const bool shared = buffer->kind == ValueKind::kSharedArrayBuffer;
  if (((tracking || marked) && !resizable) || (resizable && !shared && !marked)) {
    return Malformed("view flags that fit the buffer");
  }
  const std::size_t available = buffer->buffer.byte_length();
  const std::size_t element = ElementSize(kind);
  if (offset > available || length > available - offset || offset % element != 0 ||
      length % element != 0) {
    return Malformed("a view inside its buffer, aligned to its elements");
  }
  ViewNode* const node = storage_.NewNode<ViewNode>(ValueKind::kView);
  if (node == nullptr) return Full();
  node->extra = static_cast<std::uint16_t>(kind);
  node->flags = tracking ? ViewNode::kTracking : 0;
  node->buffer = buffer;
  node->byte_offset = offset;
  node->byte_length = length;
  *slot = ValueAccess::Of(node);
  ids_[id] = node;
  return true;
}

// A transferred object (kV8), or a view with bytes of its own (Node's dialects).
bool GraphReader::ReadHost(Value* slot) {
  std::uint32_t index, length;
  if (!cursor_.ReadVarint(index)) return Malformed("the index of a host object");
  // Node's other channel has said before what kind of object this is.
  if (index == wire::kPlatformObjectIndex && options_.dialect != Dialect::kNodeIpc) {
    return ReadPlatform(slot);
  }
  if (options_.dialect == Dialect::kV8) {
    if (attachments_ == nullptr || index >= attachments_->objects.size() ||
        attachments_->objects[index] == nullptr) {
      return Malformed("the index of a transferred object that was not received yet");
    }
    TransferNode* const node = storage_.NewTransfer();
    if (node == nullptr) return Full();
    std::unique_ptr<TransferredObject>& attached = attachments_->objects[index];
    if (&attached->type() == &BorrowedObject::kType) {
      node->object = &static_cast<BorrowedObject&>(*attached).object();
      attached.reset();
    } else {
      node->received = attached.release();
    }
    *slot = ValueAccess::Of(node);
    return TakeId(node);
  }
  ViewKind kind;
  if (!ViewKindOfHostIndex(index, kind) || !cursor_.ReadLength(length)) {
    return Malformed("a view of a known type and its bytes");
  }
  const std::uint32_t used = length - length % static_cast<std::uint32_t>(ElementSize(kind));
  if (!Charge(used + kBufferOverhead)) return false;
  absl::StatusOr<BackingStore> store = BackingStore::AllocateUninitialized(used);
  if (!store.ok()) return Full();
  if (used > 0) std::memcpy(store->data(), cursor_.at(), used);
  cursor_.Skip(length);
  BufferNode* const buffer = storage_.NewBuffer(ArrayBuffer::FromBackingStore(*std::move(store)));
  ViewNode* const node = buffer != nullptr ? storage_.NewNode<ViewNode>(ValueKind::kView) : nullptr;
  if (node == nullptr) return Full();
  node->extra = static_cast<std::uint16_t>(kind);
  node->flags = ViewNode::kHost;
  if (index == wire::kNodeBufferIndex) node->flags |= ViewNode::kNodeBuffer;
  node->buffer = buffer;
  node->byte_length = used;  // Node ignores a rest, too
  *slot = ValueAccess::Of(node);
  return TakeId(node);
}

// In IPC, another native object, behind `\` and 1: its properties as an object, which is read in its
// place and answers to its id, too, once it is complete.
bool GraphReader::ReadNative(Value* slot) {
  const std::uint32_t first = next_id();
  for (;;) {  // one inside another must not take the thread's stack
    if (!TakeId(nullptr)) return false;
    WireCursor ahead = cursor_;
    std::uint32_t kind;
    if (ahead.ReadValueTag() != wire::kHostObject || !ahead.ReadVarint(kind) || kind != 1) break;
    cursor_ = ahead;
  }
  const std::uint32_t end = next_id();
  const std::size_t depth = frames_.size();
  if (!PushFrame(nullptr, Step::kNative, 0, first, end)) return false;
  if (!ReadValue(slot)) return false;
  if (!ValueAccess::IsObject(*slot)) return Malformed("the properties of a native object");
  frames_[depth].node = ValueAccess::node<Node>(*slot);
  return true;
}

// From its name on. The data comes next.
bool GraphReader::ReadPlatform(Value* slot) {
  auto* const node = storage_.NewNode<PlatformNode>(ValueKind::kPlatformObject);
  if (node == nullptr) return Full();
  if (!ReadStringValue(&node->type)) return false;
  constexpr std::size_t kMaxNameLength = 255;
  const std::string name = node->type.size() <= kMaxNameLength ? node->type.AsString() : "…";
  if (FindPlatformType(name) == nullptr) {
    what_text_ = "a platform object of a registered class, not " + name;
    return Malformed(what_text_.c_str());
  }
  return Open(node, Step::kPlatform, 0, 0, slot);
}

bool GraphReader::ReadRegExp(RegExpNode& node) {
  std::uint32_t flags;
  if (!ReadStringValue(&node.source)) return false;
  if (!cursor_.ReadVarint(flags) || (flags & ~wire::kRegExpFlags) != 0) {
    return Malformed("known flags of a RegExp");
  }
  node.extra = static_cast<std::uint16_t>(flags);
  if (!Charge(node.source.size() * 4)) return false;  // two copies, for a moment
  const std::u16string source = node.source.AsU16String();
  const std::u16string escaped = source.empty() ? u"(?:)" : EscapeSource(source);
  if (escaped != source &&
      !storage_.MakeTwoByte(reinterpret_cast<const std::uint8_t*>(escaped.data()),
                            static_cast<std::uint32_t>(escaped.size()), node.source)) {
    return Full();
  }
  budget_ += source.size() * 4;
  return true;
}

bool GraphReader::RunError() {
  const std::size_t depth = frames_.size();
  auto& node = *static_cast<ErrorNode*>(frames_.back().node);
  for (;;) {
    std::uint8_t part;
    frames_.back().next = 0;
    if (!cursor_.ReadVarint8(part)) return Malformed("a part of an Error");
    switch (part) {
      case wire::kErrorEnd:
        frames_.Pop();
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
    frames_.back().next = part;
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

bool GraphReader::RunNative() {
  const Frame frame = frames_.back();
  frames_.Pop();
  for (std::uint32_t id = frame.next; id < frame.length; ++id) ids_[id] = frame.node;
  return true;
}

bool GraphReader::RunPlatform() {
  Frame& frame = frames_.back();
  if (frame.next == 1) {
    frames_.Pop();
    return true;
  }
  frame.next = 1;
  return ReadValue(&static_cast<PlatformNode*>(frame.node)->data);
}

}  // namespace sabre::internal
