// sabre/clone/convert.h: between dynamic values and C++ types.
#ifndef SABRE_CLONE_CONVERT_H_
#define SABRE_CLONE_CONVERT_H_

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/message.h"
#include "sabre/clone/options.h"
#include "sabre/clone/value.h"

namespace sabre {

namespace internal {

// A value on its way from one form to the other, with all that bytes cannot carry beside it.
class Conversion {
 public:
  explicit Conversion(InvalidText invalid_text);
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  ~Conversion();

  // The value goes in here, and comes out by one call of a Read function.
  Serializer& out() noexcept { return out_; }
  absl::StatusOr<Value> ReadInto(Graph& graph);
  template <Decodable T>
  absl::StatusOr<T> ReadAs(InvalidText invalid_text) {
    FinishWriting();
    DeserializeOptions options = TrustedBytes();
    options.invalid_text = invalid_text;
    absl::StatusOr<T> value = Decode<T>(bytes_, attachments_, options);
    if (!value.ok()) return WithoutOffset(value.status());
    return value;
  }

 private:
  void FinishWriting();
  // The same without the offset in bytes that nobody sees.
  static absl::Status WithoutOffset(const absl::Status& status);

  Serializer out_;
  ByteBuffer bytes_;
  Attachments attachments_;
  std::vector<TransferredObject**> received_;  // by the index of the object, where a Graph owns it
};

}  // namespace internal

// Conversions keep what they convert: a buffer or a shared block on one side is the same buffer or
// block on the other, not a copy, and a view is one of the same buffer. StructuredClone copies.
// A Transferable stays where it is, and the Value refers to it until it is sent, as with
// Graph::Transferred; one that a Graph has received moves out of it.
//
// Threads: as the Graph.

// `value` as a value of `graph`, as its codec writes it. Of a Value of another graph: the same in this one.
// Errors: a DataCloneError, with the path, for what the codec cannot write, such as a view out of bounds;
//   text that is not UTF-8 unless it is to be replaced. kResourceExhausted if it nests too deeply.
template <Encodable T>
absl::StatusOr<Value> ToValue(Graph& graph, const T& value,
                              InvalidText invalid_text = InvalidText::kRefuse) {
  internal::Conversion conversion(invalid_text);
  if (absl::Status failed = internal::WriteWith(conversion.out(), value); !failed.ok())
    return failed;
  return conversion.ReadInto(graph);
}

// A Graph whose root is `value`. Errors: as ToValue.
template <Encodable T>
absl::StatusOr<Graph> ToGraph(const T& value, InvalidText invalid_text = InvalidText::kRefuse) {
  Graph graph;
  absl::StatusOr<Value> root = ToValue(graph, value, invalid_text);
  if (!root.ok()) return std::move(root).status();
  graph.SetRoot(*root);
  return graph;
}

// `value` as a T. Unknown fields are skipped.
// Errors: as ToValue; kDataLoss, with the path, if it has not the form of a T; text with a lone
//   surrogate, for a T that holds UTF-8, unless it is to be replaced.
template <Decodable T>
absl::StatusOr<T> FromValue(Value value, InvalidText invalid_text = InvalidText::kRefuse) {
  internal::Conversion conversion(invalid_text);
  if (!internal::WriteValue(conversion.out(), value)) return conversion.out().status();
  return conversion.ReadAs<T>(invalid_text);
}

}  // namespace sabre

#endif  // SABRE_CLONE_CONVERT_H_
