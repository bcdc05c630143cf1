// lib/clone/graph_clone.cc
#include "lib/clone/graph_clone.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "lib/clone/scratch_stack.h"
#include "lib/clone/side_table.h"
#include "sabre/memory/array_buffer_view.h"
#include "sabre/memory/backing_store.h"

namespace sabre::internal {
namespace {

// A node is copied in two steps: it is made, empty, where a value first refers to it, and filled
// later, from a list. So nothing recurses, and each container is copied in one go.
class Cloner {
 public:
  Cloner(Value root, std::size_t max_depth, std::span<const TransferItem> transfer,
         GraphStorage& storage, std::vector<MovedBuffer>& moved)
      : storage_(storage),
        max_depth_(max_depth),
        moved_(moved),
        nodes_(FirstIndex(root)),
        shapes_(0) {
    for (const TransferItem& item : transfer) {
      if (item.buffer() != nullptr) listed_.try_emplace(item.buffer()->block(), listed_.size());
    }
  }

  bool Run(Value root, Value& copy) {
    if (!Copy(root, copy)) return false;
    while (!to_fill_.empty()) {
      const Filling filling = to_fill_.back();
      to_fill_.Pop();
      depth_ = filling.depth;
      if (depth_ > max_depth_ || !Fill(filling.from, filling.to)) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kAhead = 4;  // values: so far ahead objects are asked for

  struct Filling {
    const Node* from;
    Node* to;
    std::size_t depth;  // from 1 on
  };

  static std::uint32_t FirstIndex(Value root) {
    return root.has_identity() ? ValueAccess::node<Node>(root)->index : 0;
  }

  bool Copy(Value from, Value& to) {
    if (from.kind() == ValueKind::kString) {
      to = CopyString(from);
      return true;
    }
    if (!from.has_identity()) {
      to = from;
      return from.kind() != ValueKind::kBigInt || CopyBigInt(to);
    }
    const Node* const node = ValueAccess::node<Node>(from);
    Node* copy = nodes_.Get(node->index);
    if (copy == nullptr) {
      copy = Make(node);
      if (copy == nullptr) return false;
      nodes_.Set(node->index, copy);
    }
    to = ValueAccess::Of(copy);
    return true;
  }

  bool CopyAll(const Value* from, std::size_t count, Value* to) {
    for (std::size_t i = 0; i < count; ++i) {
      if (count - i > kAhead && from[i + kAhead].has_identity())
        __builtin_prefetch(ValueAccess::pointer(from[i + kAhead]));
      if (!Copy(from[i], to[i])) return false;
    }
    return true;
  }

  Value CopyString(Value from) {
    const std::uint32_t units = ValueAccess::size(from);
    const bool two_byte = ValueAccess::two_byte(from);
    const void* const copy = storage_.arena().CopyPadded(
        ValueAccess::pointer(from), std::size_t{units} << (two_byte ? 1 : 0), !two_byte);
    return ValueAccess::String(copy, units, two_byte);
  }

  bool CopyBigInt(Value& big) {
    return storage_.MakeBigInt(ValueAccess::negative(big),
                               static_cast<const std::uint8_t*>(ValueAccess::pointer(big)),
                               ValueAccess::size(big) * 8, big);
  }

  template <class T>
  T* Later(const Node* from, T* to) {
    to_fill_.Reserve(1, unlimited_);
    Filling& filling = to_fill_.Add();
    filling.from = from;
    filling.to = to;
    filling.depth = depth_ + 1;
    return to;
  }

  Node* Make(const Node* from) {
    switch (from->kind) {
      case ValueKind::kObject:
        // It is filled after its neighbours were made: until then its values may come from memory.
        __builtin_prefetch(static_cast<const ObjectNode*>(from)->properties.values);
        return Later(from, storage_.NewObject());
      case ValueKind::kArray:
        return Later(from, storage_.NewNode<ArrayNode>(ValueKind::kArray));
      case ValueKind::kMap:
      case ValueKind::kSet:
        return Later(from, storage_.NewNode<CollectionNode>(from->kind));
      case ValueKind::kError: {
        auto* const to = Later(from, storage_.NewNode<ErrorNode>(ValueKind::kError));
        to->flags = from->flags;
        to->extra = from->extra;
        return to;
      }
      case ValueKind::kDate: {
        auto* const to = storage_.NewNode<DateNode>(ValueKind::kDate);
        to->milliseconds = static_cast<const DateNode*>(from)->milliseconds;
        return to;
      }
      case ValueKind::kBooleanObject: {
        Node* const to = storage_.NewNode<Node>(ValueKind::kBooleanObject);
        to->flags = from->flags;
        return to;
      }
      case ValueKind::kNumberObject:
      case ValueKind::kBigIntObject:
      case ValueKind::kStringObject: {
        auto* const to = storage_.NewNode<BoxedNode>(from->kind);
        Copy(static_cast<const BoxedNode*>(from)->primitive, to->primitive);
        return to;
      }
      case ValueKind::kRegExp: {
        auto* const to = storage_.NewNode<RegExpNode>(ValueKind::kRegExp);
        to->extra = from->extra;
        Copy(static_cast<const RegExpNode*>(from)->source, to->source);
        return to;
      }
      case ValueKind::kArrayBuffer:
      case ValueKind::kSharedArrayBuffer:
        return MakeBuffer(static_cast<const BufferNode*>(from)->buffer);
      case ValueKind::kView:
        return MakeView(*static_cast<const ViewNode*>(from));
      default:
        return nullptr;
    }
  }

  // A buffer has an identity beyond the graph: several nodes may stand for it.
  BufferNode* MakeBuffer(const BufferHandle& from) {
    if (from.block() == nullptr || from.detached()) return nullptr;
    BufferNode*& known = buffers_[from.block()];
    if (known != nullptr) return known;
    if (from.shared()) return known = storage_.NewBuffer(from);
    if (const auto found = listed_.find(from.block()); found != listed_.end()) {
      known = storage_.NewBuffer(ArrayBuffer());
      moved_.push_back({known, found->second});
      return known;
    }
    const ArrayBuffer& buffer = *from.array_buffer();
    if (buffer.immutable()) {
      return known = storage_.NewBuffer(ArrayBuffer::FromBackingStore(buffer.ShareImmutable()));
    }
    const std::span<const std::byte> bytes = buffer.ConstSpan();
    absl::StatusOr<BackingStore> store =
        buffer.resizable() ? BackingStore::Allocate(bytes.size(), buffer.max_byte_length())
                           : BackingStore::AllocateUninitialized(bytes.size());
    if (!store.ok()) return nullptr;
    if (!bytes.empty()) std::memcpy(store->data(), bytes.data(), bytes.size());
    return known = storage_.NewBuffer(ArrayBuffer::FromBackingStore(*std::move(store)));
  }

  ViewNode* MakeView(const ViewNode& from) {
    const ArrayBufferView view = ValueAccess::Of(&from).view();
    if (view.buffer.block() == nullptr || (view.length_tracking && !view.buffer.resizable()) ||
        !CheckViewBounds(view.kind, view.buffer.byte_length(), view.byte_offset, view.length)
             .ok()) {
      return nullptr;
    }
    BufferNode* const buffer = MakeBuffer(view.buffer);
    if (buffer == nullptr) return nullptr;
    nodes_.Set(from.buffer->index, buffer);
    auto* const to = storage_.NewNode<ViewNode>(ValueKind::kView);
    to->extra = from.extra;
    to->flags = from.flags & ViewNode::kTracking;
    to->buffer = buffer;
    to->byte_offset = view.byte_offset;
    to->byte_length = view.length * ElementSize(view.kind);
    return to;
  }

  bool Fill(const Node* from, Node* to) {
    switch (from->kind) {
      case ValueKind::kObject:
        return FillTable(static_cast<const ObjectNode*>(from)->properties,
                         static_cast<ObjectNode*>(to)->properties);
      case ValueKind::kArray:
        return FillArray(*static_cast<const ArrayNode*>(from), *static_cast<ArrayNode*>(to));
      case ValueKind::kError: {
        const ErrorParts* const parts = static_cast<const ErrorNode*>(from)->parts;
        if (parts == nullptr) return true;
        auto* const copy = new (storage_.arena().Allocate(sizeof(ErrorParts))) ErrorParts();
        static_cast<ErrorNode*>(to)->parts = copy;
        return Copy(parts->message, copy->message) && Copy(parts->stack, copy->stack) &&
               Copy(parts->cause, copy->cause);
      }
      default:
        return FillCollection(*static_cast<const CollectionNode*>(from),
                              *static_cast<CollectionNode*>(to));
    }
  }

  bool FillTable(const PropertyTable& from, PropertyTable& to) {
    const std::uint32_t size = from.size();
    if (size == 0) return true;
    to.keys =
        from.keys->shape ? CopyShape(static_cast<const Shape*>(from.keys)) : CopyKeys(*from.keys);
    to.values = storage_.arena().Array<Value>(size);
    to.capacity = size;
    return CopyAll(from.values, size, to.values);
  }

  Shape* CopyShape(const Shape* from) {
    if (Shape* const known = shapes_.Get(from->index)) return known;
    // From the nearest one that is known, or the root, down again.
    const Shape* path[ShapeTree::kMaxKeys];
    std::size_t steps = 0;
    Shape* to = nullptr;
    for (const Shape* at = from; to == nullptr; at = at->parent) {
      to = at->size == 0 ? storage_.shapes().root() : shapes_.Get(at->index);
      if (to == nullptr) path[steps++] = at;
    }
    while (steps > 0) {
      const Shape* const step = path[--steps];
      bool duplicate;
      to = storage_.shapes().Child(to, step->keys[step->size - 1], duplicate);
      shapes_.Set(step->index, to);
    }
    return to;
  }

  KeyList* CopyKeys(const KeyList& from) {
    auto* const to = new (storage_.arena().Allocate(sizeof(KeyList))) KeyList(from);
    to->keys = storage_.arena().Array<Value>(from.size);
    to->capacity = from.size;
    CopyAll(from.keys, from.size, to->keys);
    to->hash = CopyHash(from.hash, from.hash_size);
    return to;
  }

  // Texts and numbers hash alike wherever they are.
  std::uint32_t* CopyHash(const std::uint32_t* from, std::uint32_t size) {
    if (size == 0) return nullptr;
    auto* const to = storage_.arena().Array<std::uint32_t>(size);
    return std::copy_n(from, size, to) - size;
  }

  bool FillArray(const ArrayNode& from, ArrayNode& to) {
    to.flags = from.flags;
    to.dense = to.capacity = from.dense;
    to.length = from.length;
    if (from.packed()) {
      to.numbers = storage_.arena().Array<double>(from.dense);
      std::copy_n(from.numbers, from.dense, to.numbers);
    } else if (from.dense > 0) {
      to.elements = storage_.arena().Array<Value>(from.dense);
      if (!CopyAll(from.elements, from.dense, to.elements)) return false;
    }
    if (from.properties == nullptr) return true;
    to.properties = storage_.NewProperties();
    return FillTable(*from.properties, *to.properties);
  }

  bool FillCollection(const CollectionNode& from, CollectionNode& to) {
    const std::uint32_t stride = Stride(from);
    const std::size_t items = std::size_t{from.size} * stride;
    if (items == 0) return true;
    to.items = storage_.arena().Array<Value>(items);
    to.size = to.capacity = from.size;
    bool objects = false;  // as keys
    for (std::size_t i = 0; i < items; i += stride) objects |= from.items[i].has_identity();
    if (!CopyAll(from.items, items, to.items)) return false;
    if (objects) return storage_.RebuildHash(to);
    to.hash = CopyHash(from.hash, from.hash_size);
    to.hash_size = from.hash_size;
    return true;
  }

  GraphStorage& storage_;
  const std::size_t max_depth_;
  std::vector<MovedBuffer>& moved_;
  std::size_t depth_ = 0;
  std::size_t unlimited_ = SIZE_MAX;
  SideTable<Node*> nodes_;
  SideTable<Shape*> shapes_;
  ScratchStack<Filling, 16> to_fill_;
  absl::flat_hash_map<const void*, BufferNode*> buffers_;  // copies by the blocks of the originals
  absl::flat_hash_map<const void*, std::size_t> listed_;   // places in the transfer list
};

}  // namespace

bool CloneInto(Value value, std::size_t max_depth, std::span<const TransferItem> transfer,
               GraphStorage& storage, Value& copy, std::vector<MovedBuffer>& moved) {
  return Cloner(value, max_depth, transfer, storage, moved).Run(value, copy);
}

}  // namespace sabre::internal
