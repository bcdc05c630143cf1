// lib/clone/graph_writer.h: a graph of values to serialized bytes.
#ifndef SABRE_LIB_CLONE_GRAPH_WRITER_H_
#define SABRE_LIB_CLONE_GRAPH_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/clone/node.h"
#include "sabre/clone/serializer.h"

namespace sabre::internal {

// GraphWriter
//
// Writes a value and all it refers to, with a stack of its own. The graph is not changed: which
// object has which id is kept in an array beside it, by the node's dense index.
//
// Thread-safety: thread-compatible.
class GraphWriter {
 public:
  explicit GraphWriter(Serializer& out) : out_(out) {}

  // False after a failure of the serializer.
  bool Write(Value root);

 private:
  // A container that is being written, and how far.
  struct Frame {
    const Node* node;
    std::uint32_t next;     // item
    std::uint32_t written;  // properties
    bool dense;             // an array in dense form
  };

  bool WriteValue(Value value);
  bool WriteNode(const Node* node);
  bool WriteString(Value text);
  bool WriteBuffer(const BufferNode& node);
  bool WriteView(const ViewNode& node);
  bool Continue();
  bool ContinueProperties(Frame& frame, const PropertyTable& table, std::uint32_t first,
                          bool& done);
  bool ContinueArray(Frame& frame, const ArrayNode& array, bool& done);
  bool ContinueError(Frame& frame, const ErrorNode& node, bool& done);
  bool Push(const Node* node);
  bool TakeId(const Node* node);
  void DescribePath();

  static constexpr std::uint32_t kNoId = 0xffffffff;

  Serializer& out_;
  std::vector<Frame> frames_;
  std::vector<std::uint32_t> ids_;  // by Node::index
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_GRAPH_WRITER_H_
