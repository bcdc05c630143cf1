#include <memory>
#include <string>
#include <utility>

#include "sabre/clone/structured_clone.h"
#include "tests/bench/clone/documents.h"
#include "tests/bench/clone/measures.h"

namespace sabre::bench {

struct SmallStruct {
  int id = 0;
  std::string name;
};
SABRE_DESCRIBE(SmallStruct, id, name)

namespace {

template <class T>
T Must(absl::StatusOr<T> result) {
  if (!result.ok()) Give(result.status().ToString());
  return *std::move(result);
}

// Each copy is freed within the round that made it.
void CloneOnce(Value value) {
  const Graph copy = Must(StructuredClone(value));
  Keep(copy);
}

// What a message between threads does.
void CloneThroughBytes(Value value) {
  PreparedMessage message = Must(PreparedMessage::Prepare(value));
  const Graph copy = Must(Decode<Graph>(std::move(message).Commit(), TrustedBytes()));
  Keep(copy);
}

void AddGraph(Measures& measures, const std::string& name, int count, Graph made) {
  const auto graph = std::make_shared<Graph>(std::move(made));
  measures[name + " clone"] = [=] { return Time(count, [&] { CloneOnce(graph->root()); }); };
  measures[name + " through bytes"] = [=] {
    return Time(count, [&] { CloneThroughBytes(graph->root()); });
  };
  measures[name + " serialize"] = [=] {
    return Time(count, [&] { Keep(Must(Encode(graph->root()))); });
  };
  const auto bytes = std::make_shared<ByteBuffer>(Must(Encode(graph->root())));
  const std::span<const std::uint8_t> wire(bytes->data(), bytes->size());
  // `bytes` is kept alive by the copy in the lambda.
  measures[name + " deserialize"] = [count, bytes, wire] {
    return Time(count, [&] { Keep(Must(Decode<Graph>(wire))); });
  };
}

}  // namespace

void AddSabre(Measures& measures, const std::string& json) {
  AddGraph(measures, "document", 80, FromJson(json));
  AddGraph(measures, "doubles", 400, Doubles());
  AddGraph(measures, "map", 80, StringMap());
  AddGraph(measures, "floats", 60, Floats());
  AddGraph(measures, "small", 50'000, Small());

  measures["small codec"] = [] {
    const SmallStruct value{7, "a small struct"};
    return Time(500'000, [&] {
      const ByteBuffer bytes = Must(Encode(value));
      Keep(Must(Decode<SmallStruct>({bytes.data(), bytes.size()})));
    });
  };
  const auto small = std::make_shared<Graph>(Small());
  measures["small graph"] = [small] {
    return Time(50'000, [&] {
      const ByteBuffer bytes = Must(Encode(small->root()));
      Keep(Must(Decode<Graph>({bytes.data(), bytes.size()})));
    });
  };
}

}  // namespace sabre::bench
