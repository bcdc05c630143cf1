// tests/interop/echo_child.cc: a child of a Node process that answers every message with what it said.
//
//   const child = spawn('echo_child', [], {stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
//                                          serialization: 'advanced'});
//   child.send({any: 'value'});
//   child.on('message', ({count, echo}) => …);
//
// usage: echo_child [VERSION]     15 (the default), or 13 for a parent older than Node 18
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string_view>

#include "sabre/clone/graph.h"
#include "sabre/clone/ipc_frame.h"
#include "sabre/clone/ipc_frame_reader.h"

namespace {

bool WriteAll(int channel, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(channel, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "echo_child: %s\n", status.ToString().c_str());
  return 1;
}

int Serve(int channel, const sabre::SerializeOptions& options) {
  sabre::IpcFrameReader reader;
  std::uint8_t piece[1 << 16];
  int count = 0;
  for (;;) {
    const ssize_t size = read(channel, piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size == 0 ? 0 : 1;  // the parent has disconnected
    reader.Feed({piece, static_cast<std::size_t>(size)});
    while (auto message = reader.Next()) {
      if (!message->ok()) return Fail(message->status());
      absl::StatusOr<sabre::Graph> graph =
          sabre::Decode<sabre::Graph>(**message, {.dialect = sabre::Dialect::kNodeIpc});
      if (!graph.ok()) return Fail(graph.status());
      if (sabre::IsNodeInternalMessage(graph->root())) continue;
      const sabre::Value answer = graph->Object({{"count", ++count}, {"echo", graph->root()}});
      absl::StatusOr<sabre::ByteBuffer> frame = sabre::EncodeIpcFrame(answer, options);
      if (!frame.ok()) return Fail(frame.status());
      if (!WriteAll(channel, *frame)) return 1;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* const channel = std::getenv("NODE_CHANNEL_FD");
  const char* const mode = std::getenv("NODE_CHANNEL_SERIALIZATION_MODE");
  if (channel == nullptr || mode == nullptr || std::string_view(mode) != "advanced") {
    std::fprintf(stderr, "echo_child: start it from Node, with serialization: 'advanced'\n");
    return 2;
  }
  sabre::SerializeOptions options;
  if (argc > 1 && std::string_view(argv[1]) == "13") options.version = 13;
  return Serve(std::atoi(channel), options);
}
