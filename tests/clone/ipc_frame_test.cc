// tests/clone/ipc_frame_test.cc: the frames of Node's child processes.
#include "sabre/clone/ipc_frame.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/ipc_frame_reader.h"
#include "tests/clone/canonical.h"

namespace ipc_frame_test {
namespace {

using namespace sabre;  // NOLINT: a test
using sabre::testing::FromHex;

// Everything that `reader` has to say: messages in hex, or the codes of errors.
std::string Drain(IpcFrameReader& reader) {
  std::string out;
  while (const auto message = reader.Next()) {
    if (!out.empty()) out += ' ';
    out += message->ok() ? sabre_inspect::ToHex(**message)
                         : absl::StatusCodeToString(message->status().code());
  }
  return out;
}

TEST_CASE("Frames come out as they went in, however the stream is cut") {
  ByteBuffer stream;
  std::string expected;
  for (const std::size_t size : {1, 2, 4, 255, 256, 700}) {
    std::vector<std::uint8_t> message(size);
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::uint8_t>(i * 7 + size);
    REQUIRE(AppendIpcFrame(stream, message).ok());
    expected += (expected.empty() ? "" : " ") + sabre_inspect::ToHex(message);
  }
  const std::span<const std::uint8_t> all(stream);
  for (const std::size_t piece : {1, 2, 3, 4, 5, 7, 64, 1000, 5000}) {
    CAPTURE(piece);
    IpcFrameReader reader;
    std::string got;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      reader.Feed(all.subspan(at, std::min(piece, all.size() - at)));
      const std::string now = Drain(reader);
      if (!now.empty()) got += (got.empty() ? "" : " ") + now;
    }
    CHECK(got == expected);
    CHECK(reader.pending() == 0);
  }
}

TEST_CASE("A bad frame is told, and what follows is read") {
  const struct {
    const char* fed;
    const char* said;
    std::size_t pending;
  } kCases[] = {
      {"", "", 0},
      {"000000", "", 3},
      {"00000001", "", 4},
      {"00000001 aa", "aa", 0},
      {"00000001 aa 00000002 bb", "aa", 5},
      {"00000000 00000001 aa", "DATA_LOSS aa", 0},
      {"00000000 00000000", "DATA_LOSS DATA_LOSS", 0},
      {"00000005 0102030405 00000001 aa", "RESOURCE_EXHAUSTED aa", 0},
      {"00000004 01020304 00000001 aa", "01020304 aa", 0},
      {"7fffffff 0102", "RESOURCE_EXHAUSTED", 0},
  };
  for (const auto& c : kCases) {
    CAPTURE(std::string(c.fed));
    IpcFrameReader whole(/*max_message=*/4);
    whole.Feed(FromHex(c.fed));
    CHECK(Drain(whole) == c.said);
    CHECK(whole.pending() == c.pending);
    IpcFrameReader bytewise(4);
    std::string said;
    for (const std::uint8_t byte : FromHex(c.fed)) {
      bytewise.Feed({&byte, 1});
      const std::string now = Drain(bytewise);
      if (!now.empty()) said += (said.empty() ? "" : " ") + now;
    }
    CHECK(said == c.said);
    CHECK(bytewise.pending() == c.pending);
  }
}

TEST_CASE("A length that Node takes for negative ends the stream") {
  for (const char* length : {"80000000", "ffffffff"}) {
    IpcFrameReader reader;
    reader.Feed(FromHex("00000001 aa" + std::string(length) + "00000001 bb"));
    CHECK((*reader.Next())->size() == 1);
    for (int i = 0; i < 3; ++i) {
      const auto message = reader.Next();
      REQUIRE(message.has_value());
      CHECK(absl::IsDataLoss(message->status()));
      reader.Feed(FromHex("00000001 cc"));
    }
  }
  IpcFrameReader reader;
  reader.Feed(FromHex("80000000"));
  CHECK(reader.Next()->status().message() ==
        "IpcFrameReader: a length of 2147483648 bytes exceeds 2147483647");
}

TEST_CASE("A message that does not decode leaves the others readable") {
  IpcFrameReader reader;
  reader.Feed(FromHex("00000003 ff0f21  00000004 ff0f4902"));
  const DeserializeOptions ipc = {.dialect = Dialect::kNodeIpc};
  CHECK(absl::IsDataLoss(Decode<int>(**reader.Next(), ipc).status()));
  CHECK(*Decode<int>(**reader.Next(), ipc) == 1);
  CHECK_FALSE(reader.Next().has_value());
}

TEST_CASE("A frame of a value is what Node sends") {
  CHECK(sabre_inspect::ToHex(*EncodeIpcFrame(1)) == "00000004ff0f4902");
  Graph graph;
  CHECK(sabre_inspect::ToHex(*EncodeIpcFrame(graph.Object({{"cmd", "NODE_HANDLE_ACK"}}))) ==
        "0000001bff0f6f2203636d64220f4e4f44455f48414e444c455f41434b7b01");
  const std::vector<std::byte> bytes = {std::byte{1}, std::byte{2}};
  // A view has one byte more than in v8.serialize.
  const ArrayBuffer buffer = *ArrayBuffer::Create(3);
  CHECK(sabre_inspect::ToHex(*EncodeIpcFrame(Uint8Array::Over(buffer)->AsView())) ==
        "00000009ff0f5c000103000000");
  ByteBuffer stream;
  CHECK(absl::IsOutOfRange(AppendIpcFrame(stream, {})));
  CHECK(stream.empty());
  CHECK_FALSE(EncodeIpcFrame(std::string("\xff")).ok());
}

TEST_CASE("Node's own messages are told from the user's") {
  Graph graph;
  CHECK(IsNodeInternalMessage(graph.Object({{"cmd", "NODE_HANDLE"}, {"type", "net.Socket"}})));
  CHECK(IsNodeInternalMessage(graph.Object({{"cmd", "NODE_x"}})));
  CHECK(IsNodeInternalMessage(graph.Object({{"a", 1}, {"cmd", "NODE_\xe2\x82\xac"}})));
  for (const char* command : {"NODE_", "node_x", "NODE", "", "xNODE_x"}) {
    CHECK_FALSE(IsNodeInternalMessage(graph.Object({{"cmd", command}})));
  }
  CHECK_FALSE(IsNodeInternalMessage(graph.Object({{"cmd", 7}})));
  CHECK_FALSE(IsNodeInternalMessage(graph.Object({{"command", "NODE_x"}})));
  CHECK_FALSE(IsNodeInternalMessage(graph.Map({{"cmd", "NODE_x"}})));
  CHECK_FALSE(IsNodeInternalMessage(graph.Boxed(graph.String("NODE_x"))));
  CHECK_FALSE(IsNodeInternalMessage(Value()));
  const Value array = graph.Array({1});
  graph.SetProperty(array, "cmd", "NODE_x");
  CHECK(IsNodeInternalMessage(array));
}

}  // namespace
}  // namespace ipc_frame_test
