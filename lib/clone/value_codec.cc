// lib/clone/value_codec.cc: the codecs of Value and Graph, and StructuredClone.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/clone/graph_clone.h"
#include "lib/clone/graph_reader.h"
#include "lib/clone/graph_storage.h"
#include "lib/clone/graph_writer.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/structured_clone.h"

namespace sabre {
namespace internal {

bool WriteValue(Serializer& out, Value value) { return GraphWriter(out, value).Write(); }

bool ReadGraph(Deserializer& in, Graph& graph) {
  const std::size_t start = in.offset();
  std::uint32_t first_id = 0;
  // At the top the header is all there was; inside a C++ type the objects around have ids.
  if (start != in.header_end()) {
    // A byte of input must not cost a whole storage that nobody pays for.
    constexpr std::size_t kHeaders = 32;  // of the allocator
    if (!in.CountIds(first_id) || !in.Charge(sizeof(GraphStorage) + kHeaders)) return false;
  }
  // Version 13 may or may not have flags in its views. V8 tries without and then, if that fails,
  // with them, going on counting ids from where it failed; a writer with flags counted from the
  // beginning. Both are tried.
  std::uint32_t failed_ids = 0;
  const int attempts = in.view_flags() || in.version() != 13 ? 1 : 3;
  bool limit = false;
  std::string what, path;
  WireCursor failed;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (attempt > 0 || !graph.untouched()) graph = Graph();
    GraphReader reader(graph.storage(), in.attachments(), in.version(), in.options(), in.budget());
    WireCursor cursor = in.cursor();
    Value root;
    const std::uint32_t ids = attempt == 2 ? first_id + failed_ids : first_id;
    const bool good = reader.Read(cursor, root, ids, in.view_flags() || attempt > 0);
    if (good) {
      graph.SetRoot(root);
      const std::size_t taken = in.budget() - reader.budget_left();
      in.cursor() = cursor;
      return in.Charge(taken);
    }
    limit = reader.limit();
    if (attempt == 0 || limit) {
      failed_ids = reader.next_id();
      failed = cursor;
      what = reader.what();
      path = reader.Path();
    }
    if (limit) break;
  }
  graph = Graph();  // before the error takes memory
  in.cursor() = failed;
  in.PrependPath(path);
  return limit ? in.Fail(absl::ResourceExhaustedError(what)) : in.FailExpected(what);
}

}  // namespace internal

absl::StatusOr<Graph> StructuredClone(Value value, const StructuredSerializeOptions& options) {
  // The list is checked before the value and after it. A list that passes both checks now will not fail
  // behind a value that can be copied; other failures are told by the message, in their order.
  absl::StatusOr<PreparedMessage> list = PreparedMessage::Prepare(Value(), options);
  Graph graph;
  Value copy;
  std::vector<internal::MovedBuffer> moved;
  if (list.ok() && internal::CloneInto(value, SerializeOptions().max_depth, options.transfer,
                                       graph.storage(), copy, moved)) {
    Message sent = std::move(*list).Commit();
    const Attachments attachments(sent);
    for (const internal::MovedBuffer& buffer : moved) {
      buffer.node->buffer = attachments.transferred_buffers[buffer.index];
    }
    graph.SetRoot(copy);
    return graph;
  }
  absl::StatusOr<PreparedMessage> message = PreparedMessage::Prepare(value, options);
  if (!message.ok()) return std::move(message).status();
  return internal::CloneOf<Graph>(*std::move(message), options);
}

}  // namespace sabre
