// lib/clone/graph_clone.h: a copy of a value in another graph, without bytes between.
#ifndef SABRE_LIB_CLONE_GRAPH_CLONE_H_
#define SABRE_LIB_CLONE_GRAPH_CLONE_H_

#include <cstddef>
#include <span>
#include <vector>

#include "lib/clone/graph_storage.h"
#include "sabre/clone/transferable.h"
#include "sabre/clone/value.h"

namespace sabre::internal {

// Copies `value` and all it refers to into `storage`, and sets `copy`: what a message that holds the
// value would give its receiver. Buffers are copied, shared and immutable memory is shared; views of
// one buffer look at one copy of it.
//
// A buffer that `transfer` names becomes a node without one, which `moved` lists for the caller to fill
// once nothing can fail any more.
//
// False, for the caller to go by way of a message, which can do it or tells what is wrong: if a
// buffer is detached, a view is out of bounds, containers nest more than `max_depth` levels deep,
// memory is refused, or there are objects that have steps of their own (transferable and platform
// objects). `storage` is of no use then.
struct MovedBuffer {
  BufferNode* node;
  std::size_t index;  // among the buffers of the list
};
bool CloneInto(Value value, std::size_t max_depth, std::span<const TransferItem> transfer,
               GraphStorage& storage, Value& copy, std::vector<MovedBuffer>& moved);

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_GRAPH_CLONE_H_
