// lib/clone/wire_scanner.h: walks over serialized values without making anything of them.
#ifndef SABRE_LIB_CLONE_WIRE_SCANNER_H_
#define SABRE_LIB_CLONE_WIRE_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/clone/scratch_stack.h"
#include "sabre/clone/options.h"
#include "sabre/clone/wire_cursor.h"

namespace sabre::internal {

// WireScanner
//
// Passes values token by token, with a stack of its own: hostile nesting costs memory, which is
// counted, and never the thread's stack. Two uses: to skip a field that nobody asked for, and to
// find out where the objects begin that back references name by their number.
//
// Checks what it needs to find the ends; wrong counts and duplicate keys are for those who look.
//
// Thread-safety: thread-compatible.
class WireScanner {
 public:
  // What an id stands for.
  enum class IdKind : std::uint8_t { kObject, kBuffer, kView };
  struct Id {                 // of one word: some objects are one byte of input
    std::size_t offset : 62;  // of the tag; for a view, of its buffer's tag
    IdKind kind : 2;
  };

  // Begins at `cursor`, in bytes of `version` and `dialect`, whose views have flags or not.
  // `record_ids` if Ids are wanted.
  WireScanner(WireCursor cursor, std::uint32_t version, bool view_flags, Dialect dialect,
              bool record_ids)
      : cursor_(cursor),
        version_(version),
        view_flags_(view_flags),
        dialect_(dialect),
        record_ids_(record_ids) {}

  // Passes one value. False if the bytes are malformed at cursor(). The stack and the ids are charged
  // to `budget` before they take memory.
  bool SkipValue(std::size_t& budget);
  // Goes on until the cursor is at or behind `offset`.
  bool AdvanceTo(std::size_t offset, std::size_t& budget);

  const WireCursor& cursor() const noexcept { return cursor_; }
  std::span<const Id> ids() const noexcept { return {&ids_[0], ids_.size()}; }
  // What SkipValue or AdvanceTo ran out of.
  bool out_of_memory() const noexcept { return out_of_memory_; }

 private:
  struct Frame {
    std::uint8_t end;         // closing tag of the container; 0 for one value
    bool after_key;           // a value must come next
    std::uint32_t remaining;  // elements of a dense array
  };

  bool Step();
  bool Value();
  bool Buffer(std::uint8_t tag, std::size_t start);
  bool Host();
  bool String(std::uint8_t tag);
  bool Payload();
  bool Key();
  bool Bytes(std::uint32_t count);
  // These two leave it to the loop around to see that there is no memory.
  void Push(std::uint8_t end, std::uint32_t remaining) {
    out_of_memory_ = out_of_memory_ || !stack_.Reserve(1, *budget_);
    if (!out_of_memory_) stack_.Push({end, false, remaining});
  }
  void TakeId(std::size_t offset, IdKind kind) {
    if (!record_ids_) return;
    out_of_memory_ = out_of_memory_ || !ids_.Reserve(1, *budget_);
    if (out_of_memory_) return;
    Id& id = ids_.Add();
    id.offset = offset;
    id.kind = kind;
  }

  WireCursor cursor_;
  const std::uint32_t version_;
  const bool view_flags_;
  const Dialect dialect_;
  const bool record_ids_;
  bool started_ = false;
  bool out_of_memory_ = false;
  std::size_t* budget_ = nullptr;
  ScratchStack<Frame, 16> stack_;
  ScratchStack<Id, 16> ids_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_WIRE_SCANNER_H_
