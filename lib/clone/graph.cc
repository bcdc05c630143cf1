// lib/clone/graph.cc
#include "sabre/clone/graph.h"

#include <cmath>
#include <limits>
#include <new>
#include <utility>
#include <vector>

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
using internal::ErrorParts;
using internal::GraphStorage;
using internal::Node;
using internal::ObjectNode;
using internal::PlatformNode;
using internal::RegExpNode;
using internal::TransferNode;
using internal::ViewNode;
using Access = internal::ValueAccess;

namespace {

void Expect(bool good, const char* what) {
  if (!good) internal::CallerBug(what);
}

// Good while `utf8` is.
Value Key(GraphStorage& storage, std::string_view utf8) {
  Expect(utf8.size() <= 0x7fffffff, "Graph: a key of more than 2^31 - 1 bytes");
  Value key = Access::String(utf8.data(), static_cast<std::uint32_t>(utf8.size()), false);
  if (!internal::IsAscii(utf8.data(), utf8.size())) storage.MakeUtf8(utf8, key);
  return GraphStorage::NormalizeKey(key);
}

void Assign(GraphStorage& storage, Value container, Value key, Value value) {
  if (container.is_object()) {
    storage.SetProperty(Access::node<ObjectNode>(container)->properties, key, value);
    return;
  }
  Expect(container.is_array(), "Graph: SetProperty needs an object or an array");
  ArrayNode& array = *Access::node<ArrayNode>(container);
  if (key.is_number()) {
    storage.SetElement(array, static_cast<std::uint32_t>(Access::number(key)), value);
    return;
  }
  Expect(!key.IsText("length"), "Graph: use SetLength for the length of an array");
  if (array.properties == nullptr) array.properties = storage.NewProperties();
  storage.SetProperty(*array.properties, key, value);
}

bool Delete(GraphStorage& storage, Value container, Value key) {
  if (container.is_object()) {
    return storage.DeleteProperty(Access::node<ObjectNode>(container)->properties, key);
  }
  Expect(container.is_array(), "Graph: DeleteProperty needs an object or an array");
  ArrayNode& array = *Access::node<ArrayNode>(container);
  if (key.is_number() && Access::number(key) < array.dense) {
    storage.Unpack(array);
    Value& element = array.elements[static_cast<std::uint32_t>(Access::number(key))];
    return !Access::IsHole(std::exchange(element, Access::Hole()));
  }
  return array.properties != nullptr && storage.DeleteProperty(*array.properties, key);
}

ErrorParts& Parts(GraphStorage& storage, Value error) {
  Expect(error.kind() == ValueKind::kError, "Graph: not an Error");
  ErrorNode& node = *Access::node<ErrorNode>(error);
  if (node.parts == nullptr) {
    node.parts = new (storage.arena().Allocate(sizeof(ErrorParts))) ErrorParts();
  }
  return *node.parts;
}

}  // namespace

Graph::Graph() : storage_(std::make_unique<GraphStorage>()) {}
Graph::Graph(Graph&& other) noexcept = default;
Graph& Graph::operator=(Graph&& other) noexcept = default;
Graph::~Graph() = default;

Value Graph::root() const noexcept { return storage_ != nullptr ? storage_->root : Value(); }
void Graph::SetRoot(Value value) noexcept { storage_->root = value; }
bool Graph::untouched() const noexcept {
  return storage_ != nullptr && storage_->arena().memory_used() == 0;
}
std::size_t Graph::node_count() const noexcept { return storage_->node_count(); }
std::size_t Graph::memory_used() const noexcept { return storage_->arena().memory_used(); }

Value Graph::Make(const ValueInit& init) {
  switch (init.form_) {
    case ValueInit::Form::kValue:
      return init.value_;
    case ValueInit::Form::kUtf8:
      return String(init.utf8_);
    case ValueInit::Form::kUtf16:
      return String(init.utf16_);
    case ValueInit::Form::kBigInt:
      return BigInt(*init.big_int_);
    case ValueInit::Form::kTime:
      return Date(init.time_);
    case ValueInit::Form::kView:
      return View(init.view_);
    case ValueInit::Form::kTransferable:
      return Transferred(*init.object_);
    case ValueInit::Form::kBuffer:
      break;
  }
  return Access::Of(storage_->NewBuffer(init.view_.buffer));
}

Value Graph::Object(std::initializer_list<PropertyInit> properties) {
  ObjectNode* const node = storage_->NewObject();
  for (const PropertyInit& property : properties) {
    const Value value = Make(property.value);
    storage_->SetProperty(node->properties, Key(*storage_, property.key), value);
  }
  return Access::Of(node);
}

Value Graph::Array(std::initializer_list<ValueInit> elements) {
  const Value array = Array(std::span<const Value>());
  for (const ValueInit& element : elements) Append(array, element);
  return array;
}

Value Graph::Array(std::span<const Value> elements) {
  ArrayNode* const node = storage_->NewNode<ArrayNode>(ValueKind::kArray);
  Expect(elements.size() <= 0xffffffff, "Graph::Array: more than 2^32 - 1 elements");
  if (!elements.empty()) {
    node->elements = storage_->arena().Array<Value>(elements.size());
    std::copy(elements.begin(), elements.end(), node->elements);
    node->dense = node->capacity = node->length = static_cast<std::uint32_t>(elements.size());
  }
  return Access::Of(node);
}

Value Graph::Map(std::initializer_list<EntryInit> entries) {
  CollectionNode* const node = storage_->NewNode<CollectionNode>(ValueKind::kMap);
  for (const EntryInit& entry : entries) {
    const Value key = Make(entry.key);
    storage_->Insert(*node, key, Make(entry.value));
  }
  return Access::Of(node);
}

Value Graph::Set(std::initializer_list<ValueInit> values) {
  CollectionNode* const node = storage_->NewNode<CollectionNode>(ValueKind::kSet);
  for (const ValueInit& value : values) storage_->Insert(*node, Make(value), Value());
  return Access::Of(node);
}

Value Graph::String(std::string_view utf8) {
  Expect(utf8.size() <= 0x7fffffff, "Graph::String: text of more than 2^31 - 1 bytes");
  Value value;
  storage_->MakeUtf8(utf8, value);
  return value;
}

Value Graph::String(std::u16string_view utf16) {
  Expect(utf16.size() <= 0x7fffffff, "Graph::String: text of more than 2^31 - 1 units");
  Value value;
  storage_->MakeTwoByte(reinterpret_cast<const std::uint8_t*>(utf16.data()),
                        static_cast<std::uint32_t>(utf16.size()), value);
  return value;
}

Value Graph::BigInt(const ::sabre::BigInt& big) {
  Value value;
  storage_->MakeBigInt(big.negative(), reinterpret_cast<const std::uint8_t*>(big.limbs().data()),
                       static_cast<std::uint32_t>(big.limbs().size_bytes()), value);
  return value;
}

Value Graph::Date(double milliseconds) {
  DateNode* const node = storage_->NewNode<DateNode>(ValueKind::kDate);
  node->milliseconds = std::fabs(milliseconds) <= 8.64e15
                           ? std::trunc(milliseconds) + 0.0
                           : std::numeric_limits<double>::quiet_NaN();
  return Access::Of(node);
}

Value Graph::Date(absl::Time time) { return Date(static_cast<double>(absl::ToUnixMillis(time))); }

Value Graph::Boxed(Value primitive) {
  ValueKind kind = ValueKind::kStringObject;
  switch (primitive.kind()) {
    case ValueKind::kBoolean: {
      Node* const node = storage_->NewNode<Node>(ValueKind::kBooleanObject);
      node->flags = primitive.AsBool() ? 1 : 0;
      return Access::Of(node);
    }
    case ValueKind::kNumber:
      kind = ValueKind::kNumberObject;
      break;
    case ValueKind::kBigInt:
      kind = ValueKind::kBigIntObject;
      break;
    case ValueKind::kString:
      break;
    default:
      internal::CallerBug("Graph::Boxed: not a boolean, number, BigInt or string");
  }
  BoxedNode* const node = storage_->NewNode<BoxedNode>(kind);
  node->primitive = primitive;
  return Access::Of(node);
}

Value Graph::RegExp(std::string_view source, std::uint32_t flags) {
  RegExpNode* const node = storage_->NewNode<RegExpNode>(ValueKind::kRegExp);
  Expect((flags & ~wire::kRegExpFlags) == 0, "Graph::RegExp: unknown flags");
  node->extra = static_cast<std::uint16_t>(flags);
  node->source = String(source.empty() ? "(?:)" : source);
  return Access::Of(node);
}

Value Graph::Error(std::string_view name, const ValueInit& message) {
  ErrorNode* const node = storage_->NewNode<ErrorNode>(ValueKind::kError);
  for (const char tag : {'E', 'R', 'F', 'S', 'T', 'U'}) {
    node->extra = static_cast<std::uint16_t>(tag);
    if (Access::Of(node).error_name() == name) break;
    node->extra = 0;
  }
  const Value error = Access::Of(node);
  const Value text = Make(message);
  if (!text.is_undefined()) {
    Expect(text.is_string(), "Graph::Error: the message is not a string");
    Parts(*storage_, error).message = text;
    node->flags |= ErrorNode::kHasMessage;
  }
  return error;
}

void Graph::SetErrorStack(Value error, std::string_view stack) {
  Parts(*storage_, error).stack = String(stack);
  Access::node<ErrorNode>(error)->flags |= ErrorNode::kHasStack;
}

void Graph::SetErrorCause(Value error, const ValueInit& cause) {
  Parts(*storage_, error).cause = Make(cause);
  Access::node<ErrorNode>(error)->flags |= ErrorNode::kHasCause;
}

Value Graph::Buffer(const ArrayBuffer& buffer) { return Access::Of(storage_->NewBuffer(buffer)); }
Value Graph::Buffer(const SharedArrayBuffer& buffer) {
  return Access::Of(storage_->NewBuffer(buffer));
}

Value Graph::View(const ArrayBufferView& view) {
  ViewNode* const node = storage_->NewNode<ViewNode>(ValueKind::kView);
  node->extra = static_cast<std::uint16_t>(view.kind);
  node->buffer = storage_->NewBuffer(view.buffer);
  node->byte_offset = view.byte_offset;
  node->byte_length = view.length * ElementSize(view.kind);
  if (view.length_tracking) node->flags |= ViewNode::kTracking;
  return Access::Of(node);
}

Value Graph::Transferred(const Transferable& object) {
  TransferNode* const node = storage_->NewTransfer();
  node->object = &object;
  return Access::Of(node);
}

Value Graph::PlatformObject(std::string_view type, const ValueInit& data) {
  PlatformNode* const node = storage_->NewNode<PlatformNode>(ValueKind::kPlatformObject);
  node->type = String(type);
  node->data = Make(data);
  return Access::Of(node);
}

void Graph::SetProperty(Value container, std::string_view key, const ValueInit& value) {
  const Value made = Make(value);
  Assign(*storage_, container, Key(*storage_, key), made);
}

void Graph::SetIndex(Value container, std::uint32_t index, const ValueInit& value) {
  Expect(index != 0xffffffff, "Graph::SetIndex: 2^32 - 1 is not an index");
  Assign(*storage_, container, Value(index), Make(value));
}

bool Graph::DeleteProperty(Value container, std::string_view key) {
  return Delete(*storage_, container, Key(*storage_, key));
}

bool Graph::DeleteIndex(Value container, std::uint32_t index) {
  return Delete(*storage_, container, Value(index));
}

void Graph::Append(Value array, const ValueInit& value) {
  Expect(array.is_array(), "Graph::Append: not an array");
  ArrayNode& node = *Access::node<ArrayNode>(array);
  Expect(node.length != 0xffffffff, "Graph::Append: the array is full");
  storage_->SetElement(node, node.length, Make(value));
}

void Graph::SetLength(Value array, std::uint32_t length) {
  Expect(array.is_array(), "Graph::SetLength: not an array");
  storage_->SetLength(*Access::node<ArrayNode>(array), length);
}

void Graph::MapSet(Value map, const ValueInit& key, const ValueInit& value) {
  Expect(map.kind() == ValueKind::kMap, "Graph::MapSet: not a Map");
  const Value made = Make(key);
  storage_->Insert(*Access::node<CollectionNode>(map), made, Make(value));
}

void Graph::SetAdd(Value set, const ValueInit& value) {
  Expect(set.kind() == ValueKind::kSet, "Graph::SetAdd: not a Set");
  storage_->Insert(*Access::node<CollectionNode>(set), Make(value), Value());
}

bool Graph::MapDelete(Value map_or_set, Value key) {
  Expect(map_or_set.kind() == ValueKind::kMap || map_or_set.kind() == ValueKind::kSet,
         "Graph::MapDelete: not a Map or a Set");
  return storage_->Erase(*Access::node<CollectionNode>(map_or_set), key);
}

std::unique_ptr<TransferredObject> Graph::TakeTransferred(Value value, const TransferType& type) {
  if (value.kind() != ValueKind::kTransferable) return nullptr;
  TransferNode& node = *Access::node<TransferNode>(value);
  if (node.received == nullptr || &node.received->type() != &type) return nullptr;
  return std::unique_ptr<TransferredObject>(std::exchange(node.received, nullptr));
}

}  // namespace sabre
