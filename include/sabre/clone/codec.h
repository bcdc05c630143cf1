// sabre/clone/codec.h: C++ types to bytes and back, without a tree between.
#ifndef SABRE_CLONE_CODEC_H_
#define SABRE_CLONE_CODEC_H_

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/utility/utility.h"
#include "sabre/clone/deserializer.h"
#include "sabre/clone/message.h"
#include "sabre/clone/options.h"
#include "sabre/clone/serializer.h"

namespace sabre {

// Codec
//
// How a C++ type is written to and read from the wire. There are codecs for the types of the
// language and the standard library, for Sabre's buffers and views, and for structs with a
// SABRE_DESCRIBE (all in codecs.h), and for Value and Graph (value.h, graph.h). Add one for your
// own type by a specialisation:
//
//   template <>
//   struct sabre::Codec<Color> {
//     static bool Write(Serializer& out, const Color& color) {
//       out.WriteNumber(color.rgb);
//       return true;
//     }
//     static bool Read(Deserializer& in, Color& color) { return in.ReadNumber(color.rgb); }
//   };
//
// Read overwrites an object that exists (so the type is default-constructible) and returns false
// after a failure, when the object may be half read. What a shared_ptr to write points to must live
// until the whole value is written. The second parameter lets a codec of a family
// of types be constrained.
template <class T, class Enable = void>
struct Codec;

// Whether Codec<T> can write (read) a T.
template <class T>
concept Encodable = requires(Serializer& out, const T& value) {
  { Codec<T>::Write(out, value) } -> std::same_as<bool>;
};
template <class T>
concept Decodable = std::is_default_constructible_v<T> && requires(Deserializer& in, T& value) {
  { Codec<T>::Read(in, value) } -> std::same_as<bool>;
};

namespace internal {
// Writes `value`, or says why not: whatever was wrong first.
template <class T>
absl::Status WriteWith(Serializer& out, const T& value) {
  if (Codec<T>::Write(out, value)) [[likely]]
    return out.status();  // a codec may have overlooked a failure
  out.FailDataClone("a Codec refused to write the value, without a reason");
  return out.status();
}
}  // namespace internal

// The bytes of `value`, for Node or for a file: no attachments.
// Errors: a DataCloneError, with the path to what cannot be cloned: shared memory, a detached
//   buffer, invalid UTF-8 (see the options), a BigInt of more than 2^27 bytes. kInvalidArgument if
//   the options name a version that is not written.
// Thread-safety: thread-safe, except that `value` is read.
template <Encodable T>
absl::StatusOr<ByteBuffer> Encode(const T& value, const SerializeOptions& options = {}) {
  Serializer out(options);
  if (absl::Status failed = internal::WriteWith(out, value); !failed.ok()) return failed;
  return out.TakeBytes();
}

// The same into `buffer`, whose memory is used again: no allocation once it is large enough.
// On failure the buffer is empty.
template <Encodable T>
absl::Status EncodeTo(ByteBuffer& buffer, const T& value, const SerializeOptions& options = {}) {
  Serializer out(std::move(buffer), options);
  if (absl::Status failed = internal::WriteWith(out, value); !failed.ok()) return failed;
  buffer = out.TakeBytes();
  return absl::OkStatus();
}

namespace internal {
template <class T>
absl::StatusOr<T> Decode(Deserializer in) {
  absl::StatusOr<T> value(absl::in_place);
  while (!in.ReadHeader() || !Codec<T>::Read(in, *value) || !in.ReadEnd()) [[unlikely]] {
      if (in.ReadAgain()) {
        value.emplace();
        continue;
      }
      in.FailValue(
          "a Codec refused to read the value, without a reason");  // the first reason counts
      value = in.status();
      break;
    }
  return value;
}
}  // namespace internal

// Reads a T from bytes and what came with them. Unknown fields of objects are skipped.
// Errors: kDataLoss with the path, the byte offset and what was expected; kResourceExhausted if a
//   limit of the options would be passed.
template <Decodable T>
absl::StatusOr<T> Decode(std::span<const std::uint8_t> bytes, Attachments& attachments,
                         const DeserializeOptions& options = {}) {
  return internal::Decode<T>(Deserializer(bytes, &attachments, options));
}
// From bytes alone: shared memory and transferred objects are refused.
template <Decodable T>
absl::StatusOr<T> Decode(std::span<const std::uint8_t> bytes,
                         const DeserializeOptions& options = {}) {
  return internal::Decode<T>(Deserializer(bytes, nullptr, options));
}
// From a message, once.
template <Decodable T>
absl::StatusOr<T> Decode(Message message, const DeserializeOptions& options = {}) {
  Attachments attachments(message);
  return Decode<T>(message.bytes, attachments, options);
}

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_H_
