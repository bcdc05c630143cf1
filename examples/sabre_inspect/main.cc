// sabre-inspect: what is in a message of V8's structured-clone format. See --help.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "examples/sabre_inspect/canonical.h"
#include "examples/sabre_inspect/hex.h"
#include "examples/sabre_inspect/options.h"
#include "examples/sabre_inspect/outline.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/graph.h"
#include "sabre/clone/ipc_frame.h"
#include "sabre/clone/ipc_frame_reader.h"

namespace sabre_inspect {
namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

using Bytes = std::span<const std::uint8_t>;

void Say(const std::string& text) {
  std::fflush(stdout);  // what was printed before stands before it
  const std::string line = absl::StrCat("sabre-inspect: ", text, "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void Print(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

class Printer : public Outline::Sink {
 public:
  explicit Printer(bool quiet) : quiet_(quiet) {}
  void Line(const std::string& line) override {
    if (!quiet_) Print(line);
  }

 private:
  const bool quiet_;
};

std::optional<std::vector<std::uint8_t>> ReadFile(const std::string& name) {
  std::FILE* const file = name == "-" ? stdin : std::fopen(name.c_str(), "rb");
  if (file == nullptr) return std::nullopt;
  std::vector<std::uint8_t> bytes;
  std::uint8_t piece[1 << 16];
  for (std::size_t count; (count = std::fread(piece, 1, sizeof piece, file)) > 0;) {
    bytes.insert(bytes.end(), piece, piece + count);
  }
  const bool whole = std::ferror(file) == 0;
  const int error = errno;
  if (file != stdin) std::fclose(file);
  errno = error;
  if (!whole) return std::nullopt;
  return bytes;
}

template <class Buffer>
absl::Status Attach(const std::map<std::size_t, std::vector<std::uint8_t>>& named,
                    std::vector<Buffer>& attached) {
  for (const auto& [index, bytes] : named) {
    absl::StatusOr<Buffer> buffer = Buffer::Create(bytes.size());
    if (!buffer.ok()) return buffer.status();
    std::span<std::byte> to;
    if constexpr (std::is_same_v<Buffer, sabre::SharedArrayBuffer>) {
      to = buffer->ExclusiveSpan();
    } else {
      to = buffer->Span();
    }
    if (!bytes.empty()) std::memcpy(to.data(), bytes.data(), bytes.size());
    attached.resize(index + 1);
    attached.back() = *std::move(buffer);
  }
  return absl::OkStatus();
}

// The tree and the counts of one message, whose first byte is byte `first_offset` of the input.
void Show(const Options& options, Bytes bytes, std::size_t first_offset,
          const absl::StatusOr<sabre::Graph>& graph) {
  Printer printer(!options.tree);
  Printer nobody(true);
  // What the reader takes for version 13 with flags in its views only makes sense with them.
  Outline without(bytes, options.dialect, first_offset, false, nobody);
  const bool flags = !without.Run() && without.version() == 13 && graph.ok();
  Outline outline(bytes, options.dialect, first_offset, flags, printer);
  const bool whole = outline.Run();
  if (options.tree && whole && outline.left() > 0) {
    Print(absl::StrFormat("%8d     %d more bytes, ignored",
                          first_offset + bytes.size() - outline.left(), outline.left()));
  }
  if (!options.stats) return;
  Print(absl::StrFormat("%12d bytes", bytes.size()));
  Print(absl::StrFormat("%12d version", outline.version()));
  Print(absl::StrFormat("%12d deepest nesting", outline.deepest()));
  for (const auto& [kind, count] : outline.counts()) {
    Print(absl::StrFormat("%12d %s", count, kind));
  }
  if (!graph.ok()) return;
  Print(absl::StrFormat("%12d objects of the value", graph->node_count()));
  Print(absl::StrFormat("%12d bytes of memory for the value, without its buffers",
                        graph->memory_used()));
}

// Writes the value again. Returns false if that is impossible.
bool Reencode(const Options& options, const sabre::Graph& graph) {
  const sabre::SerializeOptions as = {.dialect = *options.reencode,
                                      .version = options.write_version};
  const absl::StatusOr<sabre::ByteBuffer> bytes = as.dialect == sabre::Dialect::kNodeIpc
                                                      ? sabre::EncodeIpcFrame(graph, as)
                                                      : sabre::Encode(graph, as);
  if (bytes.ok()) {
    Print(ToHex(*bytes));
  } else {
    Say(std::string(bytes.status().message()));
  }
  return bytes.ok();
}

// Everything that was asked for about one message. Returns false if it is malformed.
bool Inspect(const Options& options, Bytes bytes, std::size_t first_offset,
             const std::string& name) {
  sabre::Attachments attachments;
  absl::Status attached = Attach(options.shared, attachments.shared_buffers);
  attached.Update(Attach(options.transferred, attachments.transferred_buffers));
  if (!attached.ok()) {
    Say(std::string(attached.message()));
    return false;
  }
  const absl::StatusOr<sabre::Graph> graph = sabre::Decode<sabre::Graph>(
      bytes, attachments,
      {.dialect = options.dialect, .oldest_version = options.old_versions ? 0u : 13u});
  if (options.tree || options.stats) Show(options, bytes, first_offset, graph);
  if (!graph.ok()) {
    Say(absl::StrCat(name, std::string(graph.status().message())));
    return false;
  }
  if (options.canon) Print(Canonical(graph->root()));
  return !options.reencode.has_value() || Reencode(options, *graph);
}

// All messages of the stream of a child process.
bool InspectFrames(const Options& options, Bytes bytes) {
  sabre::IpcFrameReader reader(SIZE_MAX);
  reader.Feed(bytes);
  bool good = true;
  std::size_t number = 0;
  while (std::optional<absl::StatusOr<Bytes>> message = reader.Next()) {
    const std::size_t end = bytes.size() - reader.pending();
    const std::string name = absl::StrCat("frame ", number++, ": ");
    if (!message->ok()) {
      Say(absl::StrCat(name, std::string(message->status().message())));
      good = false;
      if (end == bytes.size() || reader.pending() > 0) break;  // nothing can be told apart any more
      continue;
    }
    const std::size_t begin = end - (*message)->size();
    if (options.tree) {
      Print(absl::StrFormat("%8d     frame of %d bytes", begin - 4, (*message)->size()));
    }
    good = Inspect(options, **message, begin, name) && good;
  }
  if (reader.pending() > 0 || number == 0) {
    Say(absl::StrCat("the last frame is not complete: ", reader.pending(), " bytes are there"));
    good = false;
  }
  return good;
}

int Main(int argc, char** argv) {
  absl::StatusOr<Options> options =
      ParseOptions(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  if (!options.ok()) {
    Say(absl::StrCat(std::string(options.status().message()), "; --help lists the options"));
    return kUsage;
  }
  if (options->help) {
    const bool written = std::fwrite(kHelp.data(), 1, kHelp.size(), stdout) == kHelp.size();
    return written ? 0 : kFailure;
  }
  if (!options->bytes.has_value()) {
    options->bytes = ReadFile(options->file);
    if (!options->bytes.has_value()) {
      Say(absl::StrCat(options->file, ": ", std::strerror(errno)));
      return kFailure;
    }
  }
  const Bytes bytes = *options->bytes;
  // The length of a frame never begins with byte ff.
  const bool framed = options->dialect == sabre::Dialect::kNodeIpc &&
                      (bytes.empty() || bytes[0] != sabre::wire::kVersionTag);
  const bool good = framed ? InspectFrames(*options, bytes) : Inspect(*options, bytes, 0, "");
  return std::fflush(stdout) == 0 && good ? 0 : kFailure;
}

}  // namespace
}  // namespace sabre_inspect

int main(int argc, char** argv) { return sabre_inspect::Main(argc, argv); }
