// lib/clone/graph_reader.h: serialized bytes to a graph of values.
#ifndef SABRE_LIB_CLONE_GRAPH_READER_H_
#define SABRE_LIB_CLONE_GRAPH_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "lib/clone/graph_storage.h"
#include "lib/clone/reservation_budget.h"
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
  ~GraphReader();

  // Reads the value at `cursor` and moves it behind. False: see what(), and the cursor's offset.
  // `first_id`: what the first object is called; `view_flags`: whether views have them.
  bool Read(WireCursor& cursor, Value& root, std::uint32_t first_id, bool view_flags);

  const char* what() const noexcept { return what_; }
  // Whether a limit was met, not malformed bytes.
  bool limit() const noexcept { return limit_; }
  std::uint32_t next_id() const noexcept { return next_id_; }
  // Bytes of the budget that were not taken.
  std::size_t budget_left() const noexcept { return budget_; }

 private:
  enum class Step : std::uint8_t { kElements, kPairs, kValues, kError };
  struct Frame {
    Node* node;
    std::uint32_t next;    // element of a dense array
    std::uint32_t length;  // of an array, as it stands at its beginning
    std::size_t start;     // of this container's items among the pending ones
    Step step;
    std::uint8_t end;  // closing tag
  };

  bool ReadValue(Value* slot);
  bool ReadObject(std::uint8_t tag, Value* slot);
  bool ReadString(std::uint8_t tag, Value* slot);
  bool ReadStringValue(Value* slot);  // from its tag on
  bool ReadBigInt(Value* slot);       // behind its tag
  bool ReadBuffer(std::uint8_t tag, Value* slot);
  bool ReadView(BufferNode* buffer, Value* slot);
  bool ReadHost(Value* slot);
  bool ReadRegExp(RegExpNode& node);
  bool ReadNumberKey(std::uint8_t tag, Value& key);
  bool ReadKey(Value& key);
  bool Reference(Value* slot);

  bool RunElements();
  bool RunPairs();
  bool RunValues();
  bool RunError();
  bool CloseProperties();
  bool CloseArray(const Frame& frame, ArrayNode& array, Value* pairs, std::uint32_t count);
  bool CloseCollection();

  bool Open(Node* node, Step step, std::uint8_t end, std::uint32_t length, Value* slot);
  bool Pend(Value value);
  Node** IdSlot(std::uint32_t id) {
    if (id < kFirstIds) return first_ids_ + id;
    return &ids_[(id - kFirstIds) / kIdChunk][(id - kFirstIds) % kIdChunk];
  }
  bool TakeId(Node* node);  // null: of an object that is not complete
  bool GrowIds();
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
  std::size_t budget_;
  WireCursor cursor_;
  bool view_flags_ = true;

  // Ids in chunks: no copying, no slack worth speaking of. Null: not complete.
  static constexpr std::uint32_t kFirstIds = 32;
  static constexpr std::uint32_t kIdChunk = 512;
  Node* first_ids_[kFirstIds];
  std::vector<std::unique_ptr<Node*[]>> ids_;
  std::uint32_t first_id_ = 0;
  std::uint32_t next_id_ = 0;

  std::vector<Frame> frames_;
  // Keys and values of open containers, the innermost last.
  static constexpr std::size_t kFirstPending = 32;
  Value first_pending_[kFirstPending];
  Value* pending_ = first_pending_;
  std::size_t pending_size_ = 0;
  std::size_t pending_capacity_ = kFirstPending;
  std::uint64_t unread_ = 0;  // elements that open dense arrays wait for
  std::vector<BufferNode*> transferred_;
  ReservationBudget reservations_{options_};

  const char* what_ = "";
  bool limit_ = false;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_GRAPH_READER_H_
