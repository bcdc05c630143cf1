// lib/clone/graph_writer.h: a graph of values to serialized bytes.
#ifndef SABRE_LIB_CLONE_GRAPH_WRITER_H_
#define SABRE_LIB_CLONE_GRAPH_WRITER_H_

#include <cstddef>
#include <cstdint>

#include "lib/clone/node.h"
#include "lib/clone/scratch_stack.h"
#include "lib/clone/side_table.h"
#include "sabre/clone/serializer.h"

namespace sabre::internal {

// GraphWriter
//
// Writes a value and all it refers to, with a stack of its own. The graph is not changed: which
// object has which id is kept in a table beside it, by the node's dense index. What is common is
// written straight into the buffer, one check for room a token; the serializer does the rest.
//
// Thread-safety: thread-compatible.
class GraphWriter {
 public:
  // `root`: what will be written.
  GraphWriter(Serializer& out, Value root) noexcept;

  // False after a failure of the serializer.
  bool Write();

 private:
  // A container that is being written, and how far.
  struct Frame {
    const Node* node;
    std::uint32_t next;     // item
    std::uint32_t written;  // properties
    bool dense;             // an array in dense form
  };

  bool PutLeaf(std::uint8_t*& at, Value value) const;
  bool WriteLeaf(Value value);
  bool WriteValue(Value value);
  bool WriteNode(const Node* node);
  bool WriteString(Value text);
  bool WriteLongText(Value text);  // of two bytes a unit, or too long
  bool WriteBoxed(const Node* node);
  bool WriteOther(const Node* node);
  bool WriteView(const ViewNode& node);
  void WriteNumber(double value);
  void WriteTag(std::uint8_t tag);
  void WriteVarint(std::uint32_t value);
  void WriteCounted(std::uint8_t tag, std::uint32_t count);
  // Continue a container: write on, until another one is opened or this one is done.
  bool Continue();
  bool ContinueObject();
  bool ContinueArray();
  bool ContinueCollection();
  bool ContinueError();
  bool ContinueProperties(const PropertyTable& table, std::uint32_t first);
  void WriteNumbers(const ArrayNode& array);
  // Give a container a frame, and its id before that.
  bool Push(const Node* node, bool dense = false);
  bool Open(const Node* node, bool dense = false);
  // `node` gets the next id, which the serializer counts.
  void RememberId(const Node* node) { ids_.Set(node->index, out_.next_id() + 1); }
  void TakeId(const Node* node) {
    RememberId(node);
    out_.TakeId();
  }
  void DescribePath();

  // Room for `count` bytes at at_.
  void Reserve(std::size_t count) {
    if (static_cast<std::size_t>(limit_ - at_) < count) [[unlikely]]
      Grow(count);
  }
  void Grow(std::size_t count);
  // Gives what was written to the serializer, which then may write itself; Resume goes on behind.
  void Commit();
  void Resume();

  Serializer& out_;
  const Value root_;
  const std::uint8_t* begin_ = nullptr;
  std::uint8_t* at_ = nullptr;
  std::uint8_t* limit_ = nullptr;
  std::size_t unlimited_ = SIZE_MAX;
  ScratchStack<Frame, 16> frames_;
  SideTable<std::uint32_t> ids_;  // id + 1
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_GRAPH_WRITER_H_
