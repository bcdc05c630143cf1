// lib/clone/wire_scanner.h: walks over serialized values without making anything of them.
#ifndef SABRE_LIB_CLONE_WIRE_SCANNER_H_
#define SABRE_LIB_CLONE_WIRE_SCANNER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

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
  struct Id {
    std::size_t offset;  // of the tag; for a view, of its buffer's tag
    IdKind kind;
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

  // Passes one value. False if the bytes are malformed at cursor().
  bool SkipValue(std::size_t max_memory);
  // Goes on until the cursor is at or behind `offset`.
  bool AdvanceTo(std::size_t offset, std::size_t max_memory);

  const WireCursor& cursor() const noexcept { return cursor_; }
  const std::vector<Id>& ids() const noexcept { return ids_; }
  // Bytes of the stack and of the ids.
  std::size_t memory() const noexcept {
    return stack_.capacity() * sizeof(Frame) + ids_.capacity() * sizeof(Id);
  }
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
  void Push(std::uint8_t end, std::uint32_t remaining) {
    stack_.push_back({end, false, remaining});
  }
  void TakeId(std::size_t offset, IdKind kind) {
    if (record_ids_) ids_.push_back({offset, kind});
  }

  WireCursor cursor_;
  const std::uint32_t version_;
  const bool view_flags_;
  const Dialect dialect_;
  const bool record_ids_;
  bool started_ = false;
  bool out_of_memory_ = false;
  std::vector<Frame> stack_;
  std::vector<Id> ids_;
};

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_WIRE_SCANNER_H_
