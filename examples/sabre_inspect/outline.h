// A message as an indented tree, token by token, with byte offsets and the ids of its objects.
#ifndef SABRE_EXAMPLES_SABRE_INSPECT_OUTLINE_H_
#define SABRE_EXAMPLES_SABRE_INSPECT_OUTLINE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sabre/clone/options.h"
#include "sabre/clone/wire_cursor.h"

namespace sabre_inspect {

// Outline
//
// Shows what stands in the bytes, in the order in which it stands there: the library's reader says
// what they mean and whether they are right, and no longer knows where it read what. So this passes
// over the tokens once more and judges nothing but where the next one begins. Of malformed bytes it
// shows what comes before the place where no token is left to be recognised.
//
// Nesting takes memory and never the thread's stack.
class Outline {
 public:
  // Where the lines go.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void Line(const std::string& line) = 0;
  };

  // `first_offset` is what the first byte is called. `view_flags`: whether views have them although
  // the version says that they do not.
  Outline(std::span<const std::uint8_t> bytes, sabre::Dialect dialect, std::size_t first_offset,
          bool view_flags, Sink& sink)
      : cursor_(bytes),
        dialect_(dialect),
        first_offset_(first_offset),
        view_flags_(view_flags),
        sink_(sink) {}

  // Passes the header, if there is one, and one value (of version 0, all there are). False if a token
  // could not be recognised; left() begins there, more or less.
  bool Run();

  std::size_t left() const noexcept { return cursor_.left(); }
  std::uint32_t version() const noexcept { return version_; }
  // Tokens by what they are: "string", "object", …
  const std::map<std::string, std::size_t>& counts() const noexcept { return counts_; }
  // Containers around the innermost value.
  std::size_t deepest() const noexcept { return deepest_; }

 private:
  struct Frame {
    std::uint8_t end;         // closing tag; 0 for one value
    bool pairs;               // keys (or, in a Map, entries) in turn
    bool has_key;             // a value must come next
    std::uint32_t index;      // of the next element
    std::uint32_t remaining;  // elements of a dense array
  };

  bool Header();
  bool Step();
  bool ErrorPart();
  std::uint8_t ReadTag();
  bool ReadKey(std::string& label);
  bool Value(const std::string& label);
  bool Object(std::uint8_t tag, const std::string& label);
  bool Buffer(std::uint8_t tag, const std::string& label);
  bool View(const std::string& label);
  bool Host(const std::string& label);
  bool Version0Token();
  bool StringText(std::uint8_t tag, std::string& text);
  bool RawText(std::string& text);  // before version 12
  bool BigIntText(std::string& text);
  bool Bytes(std::uint32_t count, std::string& text);

  void Open(std::uint8_t end, bool pairs, std::uint32_t remaining = 0);
  // `kind` is counted, unless it is empty; `text` is shown.
  void Show(const char* kind, const std::string& label, const std::string& text);
  std::string TakeId(bool buffer);

  sabre::internal::WireCursor cursor_;
  const sabre::Dialect dialect_;
  const std::size_t first_offset_;
  bool view_flags_;
  Sink& sink_;
  std::uint32_t version_ = 0;
  std::size_t token_ = 0;  // offset of the token that is shown next
  std::vector<Frame> frames_;
  std::vector<bool> ids_;  // whether that is a buffer, which swallows a view behind it
  std::map<std::string, std::size_t> counts_;
  std::size_t deepest_ = 0;
};

}  // namespace sabre_inspect

#endif  // SABRE_EXAMPLES_SABRE_INSPECT_OUTLINE_H_
