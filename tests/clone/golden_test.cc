// tests/clone/golden_test.cc: every case that real Node wrote or read.
#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/clone/errors.h"
#include "sabre/clone/structured_clone.h"
#include "tests/clone/canonical.h"

namespace sabre {
namespace {

using testing::Canonical;
using testing::FromHex;
using testing::ReadTable;

struct Case {
  std::string name;
  std::string flags;
  std::vector<std::uint8_t> bytes;
  std::string canon;
  DeserializeOptions options;
  Attachments attachments;

  bool Has(const char* flag) const { return flags.find(flag) != std::string::npos; }
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const std::vector<std::string>& row : ReadTable("golden.tsv")) {
    REQUIRE(row.size() == 6);
    Case& c = cases.emplace_back();
    c.name = row[0];
    c.flags = row[1];
    c.bytes = FromHex(row[4]);
    c.canon = row[5];
    if (c.Has("ipc")) c.bytes.erase(c.bytes.begin(), c.bytes.begin() + 4);  // the frame's length
    if (c.Has("host")) c.options.dialect = Dialect::kNodeSerialize;
    if (c.Has("ipc")) c.options.dialect = Dialect::kNodeIpc;
    // As Node reads them if nobody reads the header first.
    if (c.name.starts_with("hand v0 (readHeader skipped)")) c.options.oldest_version = 0;
    if (c.name == "raw no header") c.bytes.insert(c.bytes.begin(), {0xff, 0x0f});
    if (row[2] != "-") {  // "7:0000": block 7 of these bytes
      const std::size_t colon = row[2].find(':');
      c.attachments.shared_buffers.resize(std::stoul(row[2].substr(0, colon)) + 1);
      c.attachments.shared_buffers.back() =
          *SharedArrayBuffer::Create((row[2].size() - colon - 1) / 2);
    }
  }
  return cases;
}

// V8 counts ids on from a failed attempt here; Sabre reads what the writer meant, as well.
constexpr const char* kDiffers = "hand v13 broken: fallback, naive ref 2 fails in V8";

TEST_CASE("What Node writes reads as the value it was") {
  int read = 0, refused = 0;
  for (Case& c : Cases()) {
    CAPTURE(c.name);
    absl::StatusOr<Graph> graph = Decode<Graph>(c.bytes, c.attachments, c.options);
    if (c.name == kDiffers) {
      CHECK(graph.ok());
      continue;
    }
    if (c.Has("readError")) {
      CHECK(absl::IsDataLoss(graph.status()));
      ++refused;
      continue;
    }
    CHECK_MESSAGE(graph.ok(), graph.status().ToString());
    if (!graph.ok()) continue;
    CHECK(Canonical(graph->root(), c.options.dialect != Dialect::kV8) == c.canon);
    ++read;
  }
  CHECK(read == 203);
  CHECK(refused == 9);
}

TEST_CASE("What Sabre writes of a value from Node reads as the same value, in every dialect") {
  for (Case& c : Cases()) {
    CAPTURE(c.name);
    if (c.Has("readError")) continue;
    absl::StatusOr<Graph> graph = Decode<Graph>(c.bytes, c.attachments, c.options);
    REQUIRE(graph.ok());
    if (c.Has("unreadable")) {  // shared memory: only in a message
      CHECK(IsDataCloneError(Encode(*graph).status()));
    } else {
      const bool host = c.options.dialect != Dialect::kV8;
      absl::StatusOr<ByteBuffer> bytes = Encode(*graph, {.dialect = c.options.dialect});
      REQUIRE_MESSAGE(bytes.ok(), bytes.status().ToString());
      absl::StatusOr<Graph> again = Decode<Graph>(*bytes, c.options);
      REQUIRE_MESSAGE(again.ok(), again.status().ToString());
      CHECK(Canonical(again->root(), host) == c.canon);
    }
    absl::StatusOr<Graph> clone = StructuredClone(graph->root());
    REQUIRE_MESSAGE(clone.ok(), clone.status().ToString());
    CHECK(DeepEquals(clone->root(), graph->root()));
    if (c.options.dialect == Dialect::kV8) CHECK(Canonical(clone->root()) == c.canon);
  }
}

TEST_CASE("Bytes cut off anywhere are refused or give a value, and cost nothing else") {
  for (const Case& c : Cases()) {
    CAPTURE(c.name);
    const std::size_t step = c.bytes.size() > 2000 ? 97 : 1;
    for (std::size_t size = 0; size < c.bytes.size(); size += step) {
      // A copy of exactly this size, so that a sanitizer sees any read behind it.
      const std::vector<std::uint8_t> cut(c.bytes.begin(),
                                          c.bytes.begin() + static_cast<std::ptrdiff_t>(size));
      (void)Decode<Graph>(cut, c.options).ok();
      (void)Decode<std::vector<std::string>>(cut, c.options).ok();
    }
  }
}

TEST_CASE("A changed byte is refused or gives a value that can be written again") {
  for (const Case& c : Cases()) {
    CAPTURE(c.name);
    const std::size_t step = c.bytes.size() > 400 ? 41 : 1;
    for (std::size_t at = 0; at < c.bytes.size(); at += step) {
      for (const unsigned change : {0x01u, 0x02u, 0x80u, 0xffu, 0x55u, 0x7fu}) {
        std::vector<std::uint8_t> bytes = c.bytes;
        bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ change);
        absl::StatusOr<Graph> graph = Decode<Graph>(bytes, c.options);
        if (!graph.ok()) continue;
        absl::StatusOr<ByteBuffer> out = Encode(*graph, {.dialect = c.options.dialect});
        REQUIRE_MESSAGE(out.ok(), out.status().ToString());
        absl::StatusOr<Graph> again = Decode<Graph>(*out, c.options);
        REQUIRE_MESSAGE(again.ok(), again.status().ToString());
        CHECK(DeepEquals(graph->root(), again->root()));
      }
    }
  }
}

}  // namespace
}  // namespace sabre
