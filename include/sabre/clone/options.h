// sabre/clone/options.h: how values are written to bytes and read back.
#ifndef SABRE_CLONE_OPTIONS_H_
#define SABRE_CLONE_OPTIONS_H_

#include <cstddef>
#include <cstdint>

namespace sabre {

// Which of the uses of V8's format the bytes belong to. They differ in views and host objects.
enum class Dialect : std::uint8_t {
  kV8,             // v8.Serializer and messages between threads: a view names its buffer (tag `V`)
  kNodeSerialize,  // Node's v8.serialize: a view is a host object with a copy of its bytes
  kNodeIpc,        // Node's child processes, serialization: 'advanced' (without the frame length)
};

// What to do with text that is not Unicode: invalid UTF-8 when writing a std::string, a lone
// surrogate when reading one. std::u16string and Value keep lone surrogates as they are.
enum class InvalidText : std::uint8_t {
  kRefuse,   // an error
  kReplace,  // U+FFFD, as WHATWG's decoder does
};

// SerializeOptions
struct SerializeOptions {
  Dialect dialect = Dialect::kV8;
  InvalidText invalid_text = InvalidText::kRefuse;
  // 15, which Node 18 and later read, or 13, for Node 12 to 17.
  std::uint32_t version = 15;
  // Nesting, in containers, of a Value. C++ types have a limit of their own: kMaxCodecDepth.
  std::size_t max_depth = 100'000;
};

// DeserializeOptions
struct DeserializeOptions {
  Dialect dialect = Dialect::kV8;
  InvalidText invalid_text = InvalidText::kRefuse;
  // The oldest version of the format that is read; 15 is the newest. Node itself refuses versions
  // before 13, which databases of browsers may hold. 0 also accepts bytes without a header.
  std::uint32_t oldest_version = 13;
  // Nesting, in containers, of a Graph.
  std::size_t max_depth = 100'000;
  // Objects: values with an identity, not numbers or strings.
  std::size_t max_nodes = SIZE_MAX;
  // Bytes of memory that reading may take, side tables included, up to 8 KiB for the reader itself and
  // the reason of a failure not; 0 is 32 x the input + 64 KiB, those included.
  std::size_t max_memory = 0;
  // Bytes after the value are an error. V8 and Node ignore them.
  bool refuse_trailing_bytes = false;
};

// Options for bytes that this process has written itself: no budget, so that whatever was sent arrives.
inline DeserializeOptions TrustedBytes() { return {.max_memory = SIZE_MAX}; }

// How deeply C++ types may nest at run time (a tree of std::unique_ptr, for example) when a Codec
// writes or reads them. Small enough for a stack of 256 KiB.
inline constexpr std::uint32_t kMaxCodecDepth = 256;

}  // namespace sabre

#endif  // SABRE_CLONE_OPTIONS_H_
