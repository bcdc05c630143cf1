// sabre/clone/convert.h: between dynamic values and C++ types.
#ifndef SABRE_CLONE_CONVERT_H_
#define SABRE_CLONE_CONVERT_H_

#include <utility>

#include "absl/status/statusor.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/value.h"

namespace sabre {

// A Graph whose root is `value`, as its codec writes it. Errors: as Encode.
template <Encodable T>
absl::StatusOr<Graph> ToGraph(const T& value) {
  absl::StatusOr<ByteBuffer> bytes = Encode(value);
  if (!bytes.ok()) return std::move(bytes).status();
  return Decode<Graph>(*bytes);
}

// `value` as a T. Errors: as Encode and Decode; kDataLoss if it has not the form of a T.
template <Decodable T>
absl::StatusOr<T> FromValue(Value value) {
  absl::StatusOr<ByteBuffer> bytes = Encode(value);
  if (!bytes.ok()) return std::move(bytes).status();
  return Decode<T>(*bytes);
}

}  // namespace sabre

#endif  // SABRE_CLONE_CONVERT_H_
