// lib/clone/graph_reader.h: serialized bytes to a graph of values.
#ifndef SABRE_LIB_CLONE_GRAPH_READER_H_
#define SABRE_LIB_CLONE_GRAPH_READER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/clone/graph_storage.h"
#include "lib/clone/reservation_budget.h"
#include "lib/clone/scratch_stack.h"
#include "sabre/clone/message.h"
#include "sabre/clone/options.h"
#include "sabre/clone/wire_cursor.h"

namespace sabre::internal {

// GraphReader
//
// Reads one value of any kind. Nesting uses a stack of frames on the heap, never the thread's
// stack. Everything that reading allocates (arena, frames, ids, pending values, buffers) is charged
// to one budget before it is taken; the elements that open arrays still wait for never exceed the
// bytes left, so that false lengths cost no more than the input.
//
// Thread-safety: thread-compatible.
class GraphReader {
 public:
  GraphReader(GraphStorage& storage, Attachments* attachments, std::uint32_t version,
              const DeserializeOptions& options, std::size_t budget);
  ~GraphReader() { storage_.arena().SetBudget(nullptr); }

  // Reads the value at `cursor` and moves it behind. False: see what(), and the cursor's offset.
  // `first_id`: what the first object is called; `view_flags`: whether views have them.
  bool Read(WireCursor& cursor, Value& root, std::uint32_t first_id, bool view_flags);
  // Reads all of the bytes behind `cursor` as version 0, which has no header.
  bool ReadVersion0(WireCursor& cursor, Value& root);

  const char* what() const noexcept { return what_; }
  // After a failure: where, as ".items[3].when"; of a deep path only the ends.
  std::string Path() const;
  // Whether a limit was met, not malformed bytes.
  bool limit() const noexcept { return limit_; }
  std::uint32_t next_id() const noexcept { return static_cast<std::uint32_t>(ids_.size()); }
  // Bytes of the budget that were not taken.
  std::size_t budget_left() const noexcept { return budget_ + reserve_; }

 private:
  enum class Step : std::uint8_t {
    kElements,
    kShaped,
    kPairs,
    kValues,
    kError,
    kPlatform,
    kNative
  };
  struct Frame {
    Node* node;
    std::uint32_t next;  // element of a dense array; part of an Error; first id of a native object
    std::uint32_t length;  // of an array, as it stands at its beginning
    std::size_t start;     // of this container's items among the pending ones
    Step step;
    std::uint8_t end;  // closing tag
    Shape* shape;      // of the keys read; in other containers, a guess for the objects in it
  };

  // Of characters that are copied without a call, and what must lie behind a value's first byte for
  // that.
  static constexpr std::size_t kShortText = Arena::kFewSteps * Arena::kSlack;
  static constexpr std::size_t kLeafRoom = 2 + kShortText + Arena::kSlack;

  bool ReadWhole(Value* slot);  // with all its parts
  bool ReadValue(Value* slot);
  bool ReadObject(std::uint8_t tag, Value* slot);
  bool ReadString(std::uint8_t tag, Value* slot);
  bool ReadLeaf(const std::uint8_t*& at, Value* slot);
  bool ReadLeaf(Value* slot);
  bool ReadStringValue(Value* slot);  // from its tag on
  bool ReadBigInt(Value* slot);       // behind its tag
  bool ReadBuffer(std::uint8_t tag, Value* slot);
  bool ReadView(BufferNode* buffer, Value* slot);
  bool ReadHost(Value* slot);
  bool ReadPlatform(Value* slot);
  bool ReadNative(Value* slot);
  bool ReadRegExp(RegExpNode& node);
  bool ReadNumberKey(std::uint8_t tag, Value& key);
  bool MakeNumberKey(double number, Value& key);
  bool ReadKey(Value& key, bool borrow = false);
  Shape*& GuessIn(Frame& outer);
  bool ReadShapedKey(Frame& frame, Shape*& guess);
  bool LeaveShape(Frame& frame, Value key);
  bool Reference(Value* slot);

  bool RunElements();
  bool RunNumbers(Frame& frame, ArrayNode& array);
  bool RunShaped();
  bool RunPairs();
  bool RunValues();
  bool RunError();
  bool RunPlatform();
  bool RunNative();
  bool TakeShaped(const Frame& frame);
  bool CloseShaped(const Frame& frame);
  // `frame` is the last one, and its place is not used again at once. Before anything fails: Path()
  // looks at what is pending.
  void LeaveFrame(const Frame& frame) {
    frames_.Pop();
    pending_.Cut(frame.start);
  }
  bool CloseProperties();
  bool CloseArray(const Frame& frame, ArrayNode& array, Value* pairs, std::uint32_t count);
  bool FillArray(ArrayNode& array, bool sparse, Value* pairs, std::uint32_t count);
  bool CloseVersion0(std::uint8_t tag);
  bool CloseCollection();

  bool Open(Node* node, Step step, std::uint8_t end, std::uint32_t length, Value* slot,
            Shape* shape = nullptr);
  bool PushFrame(Node* node, Step step, std::uint8_t end, std::uint32_t next, std::uint32_t length,
                 Shape* shape = nullptr);
  bool Pend(Value value) {
    if (!pending_.Reserve(1, budget_)) return Full();
    pending_.Push(value);
    return true;
  }
  // Null: of an object that is not complete.
  bool TakeId(Node* node) {
    if (ids_.size() >= options_.max_nodes) [[unlikely]]
      return TooManyNodes();
    if (!ids_.Reserve(1, budget_)) return Full();
    ids_.Push(node);
    return true;
  }
  bool TooManyNodes();
  bool Charge(std::size_t bytes);
  bool Malformed(const char* expected) {
    what_ = expected;
    return false;
  }
  bool Limit(const char* which) {
    limit_ = true;
    what_ = which;
    return false;
  }
  bool Full() { return Limit("the value takes more memory than allowed"); }

  GraphStorage& storage_;
  Attachments* const attachments_;
  const std::uint32_t version_;
  const DeserializeOptions& options_;
  // For what is not counted: the graph itself, what the allocator adds, the path to an error.
  const std::size_t reserve_;
  std::size_t budget_;
  WireCursor cursor_;
  bool view_flags_ = true;

  ScratchStack<Node*, 32> ids_;  // by id, from first_id_ on; null: not complete
  std::uint32_t first_id_ = 0;
  ScratchStack<Frame, 16> frames_;
  ScratchStack<Value, 32> pending_;  // keys and values of open containers, the innermost last
  std::uint64_t unread_ = 0;         // elements that open dense arrays wait for
  std::vector<BufferNode*> transferred_;
  ReservationBudget reservations_{options_};

  const char* what_ = "";
  std::string what_text_;  // what what_ points to, if it is made of parts
  bool limit_ = false;
  bool at_key_ = false;  // the failure is that of a key
};

// Gives a container its id and its place, and goes on inside it.
inline bool GraphReader::Open(Node* node, Step step, std::uint8_t end, std::uint32_t length,
                              Value* slot, Shape* shape) {
  if (node == nullptr) return Full();
  *slot = ValueAccess::Of(node);
  return TakeId(node) && PushFrame(node, step, end, 0, length, shape);
}

inline bool GraphReader::PushFrame(Node* node, Step step, std::uint8_t end, std::uint32_t next,
                                   std::uint32_t length, Shape* shape) {
  if (frames_.size() >= options_.max_depth) return Limit("the value nests too deeply");
  if (!frames_.Reserve(1, budget_)) return Full();
  Frame& frame = frames_.Add();
  frame.node = node;
  frame.next = next;
  frame.length = length;
  frame.start = pending_.size();
  frame.step = step;
  frame.end = end;
  frame.shape = shape;
  return true;
}

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_GRAPH_READER_H_
