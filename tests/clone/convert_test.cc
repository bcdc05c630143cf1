// tests/clone/convert_test.cc: from C++ types to values and back, from one graph to another, and what a
// Value offers to a reader.
#include "sabre/clone/convert.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "doctest/doctest.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/structured_clone.h"
#include "sabre/memory/data_view.h"
#include "sabre/memory/typed_array.h"
#include "tests/support/aborts.h"

namespace convert_test {

using namespace sabre;  // NOLINT: a test

inline constexpr TransferType kTicketType{"Ticket"};

// A transferable number.
class Ticket : public Transferable {
 public:
  struct State : TransferredObject {
    int number = 0;
    const TransferType& type() const noexcept override { return kTicketType; }
  };

  Ticket() = default;
  explicit Ticket(int number) : state_(std::make_unique<State>()) { state_->number = number; }
  int number() const { return state_ != nullptr ? state_->number : -1; }

  absl::Status CanTransfer() const override { return absl::OkStatus(); }
  std::unique_ptr<TransferredObject> TransferOut() override { return std::move(state_); }
  const void* identity() const noexcept override { return state_.get(); }
  const TransferType& type() const noexcept override { return kTicketType; }
  void Take(std::unique_ptr<TransferredObject> object) {
    state_.reset(static_cast<State*>(object.release()));
  }

 private:
  std::unique_ptr<State> state_;
};

struct Frame {
  int id = 0;
  ArrayBuffer pixels;
  Uint16Array row;
  SharedArrayBuffer flags;
};
SABRE_DESCRIBE(Frame, id, pixels, row, flags)

struct Holder {
  std::string name;
  Ticket ticket;
};
SABRE_DESCRIBE(Holder, name, ticket)

}  // namespace convert_test

template <>
struct sabre::Codec<convert_test::Ticket> {
  static bool Write(Serializer& out, const convert_test::Ticket& ticket) {
    return out.WriteTransferable(ticket);
  }
  static bool Read(Deserializer& in, convert_test::Ticket& ticket) {
    std::unique_ptr<TransferredObject> object;
    if (!in.ReadTransferred(convert_test::kTicketType, object)) return false;
    ticket.Take(std::move(object));
    return true;
  }
};

namespace convert_test {
namespace {

Frame MakeFrame() {
  Frame frame{7, *ArrayBuffer::Create(8), {}, *SharedArrayBuffer::Create(4)};
  frame.row = *Uint16Array::Over(frame.pixels, 2);
  return frame;
}

TEST_CASE("A conversion keeps buffers, views and shared memory: nothing is copied") {
  const Frame frame = MakeFrame();
  absl::StatusOr<Graph> graph = ToGraph(frame);
  REQUIRE_MESSAGE(graph.ok(), graph.status().ToString());
  const Value root = graph->root();
  CHECK(root.Get("id") == 7);
  CHECK(root.Get("pixels").array_buffer() == frame.pixels);
  CHECK(root.Get("row").view_buffer().Same(root.Get("pixels")));
  CHECK(root.Get("flags").shared_array_buffer() == frame.flags);
  absl::StatusOr<Frame> back = FromValue<Frame>(root);
  REQUIRE_MESSAGE(back.ok(), back.status().ToString());
  CHECK(back->pixels == frame.pixels);
  CHECK(back->row.buffer() == BufferHandle(frame.pixels));
  CHECK(back->flags == frame.flags);
  back->row.Set(0, 9);
  CHECK(frame.row.Get(0) == 9);
  // Immutable and detached buffers are handles like others.
  ArrayBuffer gone = *ArrayBuffer::Create(1);
  REQUIRE(gone.Transfer().ok());
  const ArrayBuffer frozen = *ArrayBuffer::Create(1)->TransferToImmutable();
  const std::vector<ArrayBuffer> buffers = {gone, frozen, frozen};
  CHECK(*FromValue<std::vector<ArrayBuffer>>(ToGraph(buffers)->root()) == buffers);
}

TEST_CASE("A value goes into a graph that exists, from C++ and from another graph") {
  const Frame frame = MakeFrame();
  Graph graph, other;
  absl::StatusOr<Value> made = ToValue(graph, frame);
  REQUIRE(made.ok());
  const Value list = graph.Array({*made, *ToValue(graph, std::string("text")), *ToValue(graph, 5)});
  const Value shared = other.Object({{"x", 1}});
  const Value ring = other.Array({shared, shared, frame.pixels});
  other.Append(ring, ring);
  absl::StatusOr<Value> imported = ToValue(graph, ring);
  REQUIRE_MESSAGE(imported.ok(), imported.status().ToString());
  graph.Append(list, *imported);
  other = Graph();
  CHECK(list.At(0).Get("id") == 7);
  CHECK(list.At(1) == "text");
  CHECK(list.At(2) == 5);
  const Value copy = list.At(3);
  CHECK(copy.At(0).Same(copy.At(1)));
  CHECK(copy.At(2).array_buffer() == frame.pixels);
  CHECK(copy.At(3).Same(copy));
  graph.SetProperty(copy.At(0), "x", 2);
  CHECK(copy.At(1).Get("x") == 2);
  CHECK(StructuredClone(list).ok());
}

TEST_CASE("A transferable stays where it is until it is sent, and moves out where it arrived") {
  Holder holder{"h", Ticket(4)};
  absl::StatusOr<Graph> graph = ToGraph(holder);
  REQUIRE_MESSAGE(graph.ok(), graph.status().ToString());
  CHECK(holder.ticket.number() == 4);
  const absl::Status early = FromValue<Holder>(graph->root()).status();
  CHECK(absl::IsDataLoss(early));
  CHECK(absl::StartsWith(early.message(), "data.ticket: "));
  CHECK(IsDataCloneError(StructuredClone(graph->root()).status()));
  absl::StatusOr<Graph> sent = StructuredClone(graph->root(), {.transfer = {&holder.ticket}});
  REQUIRE_MESSAGE(sent.ok(), sent.status().ToString());
  CHECK(holder.ticket.number() == -1);
  // What is not of the right form leaves it there.
  CHECK(absl::IsDataLoss(FromValue<std::vector<Holder>>(sent->root()).status()));
  CHECK(absl::IsDataLoss(FromValue<std::string>(sent->root().Get("ticket")).status()));
  Graph other;
  absl::StatusOr<Value> moved = ToValue(other, sent->root());
  REQUIRE(moved.ok());
  absl::StatusOr<Holder> back = FromValue<Holder>(*moved);
  REQUIRE_MESSAGE(back.ok(), back.status().ToString());
  CHECK(back->ticket.number() == 4);
  CHECK_FALSE(FromValue<Holder>(*moved).ok());
  CHECK_FALSE(FromValue<Holder>(sent->root()).ok());
  CHECK(sent->TakeTransferred(sent->root().Get("ticket"), kTicketType) == nullptr);
}

TEST_CASE("Errors of a conversion have a path and no offset") {
  Graph graph;
  const Value value = graph.Object({{"id", "seven"}});
  const absl::Status status = FromValue<Frame>(value).status();
  CHECK(absl::IsDataLoss(status));
  CHECK(absl::StartsWith(status.message(), "data.id: expected "));
  CHECK_FALSE(absl::StrContains(status.message(), "byte"));
  CHECK(IsDataCloneError(ToGraph(std::string("\xff")).status()));
  CHECK(ToGraph(std::string("\xff"), InvalidText::kReplace)->root() == "\xef\xbf\xbd");
  const Value lone = graph.String(std::u16string_view(u"\xd800"));
  CHECK_FALSE(FromValue<std::string>(lone).ok());
  CHECK(*FromValue<std::string>(lone, InvalidText::kReplace) == "\xef\xbf\xbd");
  CHECK(*FromValue<std::u16string>(lone) == u"\xd800");
  ArrayBuffer small = *ArrayBuffer::Create(4, {.max_byte_length = 4});
  const Uint8Array view = *Uint8Array::Over(small, 2, 2);
  REQUIRE(small.Resize(0).ok());
  CHECK(IsDataCloneError(ToGraph(std::vector<Uint8Array>{view}).status()));
}

TEST_CASE("Values compare with literals") {
  Graph graph;
  const Value object = graph.Object({{"n", 7},
                                     {"t", "text"},
                                     {"b", true},
                                     {"z", nullptr},
                                     {"nan", std::nan("")},
                                     {"w", u"\u20ac"}});
  CHECK(object.Get("n") == 7);
  CHECK(object.Get("n") == 7.0);
  CHECK(7 == object.Get("n"));
  CHECK(object.Get("n") != 0);
  CHECK(object.Get("n") != "7");
  CHECK(object.Get("t") == "text");
  CHECK(object.Get("t") == std::string("text"));
  CHECK(object.Get("t") != std::string_view("tex"));
  CHECK(object.Get("w") == "\xe2\x82\xac");
  CHECK(object.Get("b") == true);
  CHECK(object.Get("b") != false);
  CHECK(object.Get("b") != 1);
  CHECK(object.Get("z") == nullptr);
  CHECK(object.Get("none") != nullptr);
  CHECK(object.Get("none") == Value());
  CHECK(object.Get("nan") == std::nan(""));
  CHECK(object == object);
  CHECK(object != graph.Object());
  CHECK(object.Get("n").NumberOr(1) == 7);
  CHECK(object.Get("t").NumberOr(1) == 1);
  CHECK(object.Get("b").BoolOr(false));
  CHECK_FALSE(object.Get("n").BoolOr(false));
  CHECK(object.Get("t").StringOr("other") == "text");
  CHECK(object.Get("n").StringOr("other") == "other");
}

TEST_CASE("Elements come in order, holes as undefined") {
  Graph graph;
  const Value array = graph.Array({1, 2});
  graph.SetIndex(array, 3, 4);
  graph.SetProperty(array, "name", "x");
  double sum = 0;
  int count = 0;
  for (const Value element : array.elements()) {
    sum += element.NumberOr(100);
    ++count;
  }
  CHECK(sum == 107);
  CHECK(count == 4);
  std::string text;
  for (const Value element : graph.Set({"a", "b", "a", "c"}).elements()) text += element.AsString();
  CHECK(text == "abc");
  for (const Value other : {Value(), Value(3), graph.Object({{"0", 1}}), graph.Map({{1, 2}}),
                            graph.String("abc"), graph.Array()}) {
    CHECK(other.elements().begin() == other.elements().end());
  }
  std::string pairs;
  for (const auto& [key, value] : graph.Map({{"a", 1}, {"b", 2}}).entries()) {
    pairs += key.AsString() + std::to_string(static_cast<int>(value.AsNumber()));
  }
  CHECK(pairs == "a1b2");
  auto at = array.elements().begin();
  CHECK(*at++ == 1);
  CHECK(*at == 2);
}

TEST_CASE("Dates are points in time") {
  Graph graph;
  const absl::Time when = absl::FromUnixMillis(-1'234'567);
  CHECK(graph.Date(when).AsTime() == when);
  CHECK(graph.Date(8.64e15).AsTime() == absl::FromUnixMillis(8'640'000'000'000'000));
  CHECK(graph.Date(std::nan("")).AsTime() == absl::InfiniteFuture());
  CHECK(std::isnan(graph.Date(absl::InfiniteFuture()).AsNumber()));
  CHECK(std::isnan(graph.Date(absl::InfinitePast()).AsNumber()));
  CHECK(test::Aborts([] { Value(1).AsTime(); }));
}

TEST_CASE("Views of all kinds are values") {
  Graph graph;
  const ArrayBuffer bytes = *ArrayBuffer::Create(8);
  const Value value = graph.Array({*DataView::Over(bytes, 1), *Float64Array::Over(bytes)});
  CHECK(value.At(0).view().kind == ViewKind::kDataView);
  CHECK(value.At(0).view().length == 7);
  CHECK(value.At(1).view().kind == ViewKind::kFloat64);
  CHECK(value.At(0).view().buffer == value.At(1).view().buffer);
  CHECK(graph.RegExp("a/b", 1 | 2 | 4 | 8 | 16 | 32 | 128).ToDebugString() == "/a/b/dgimsuy");
}

}  // namespace
}  // namespace convert_test
