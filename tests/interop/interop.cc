// tests/interop/interop.cc: real Node writes and Sabre reads, Sabre writes and real Node reads.
//
// usage: interop [--node=PROGRAM] [--values=N] [--seed=S]
//
// The program of Node is `node` on the path unless told; without one the status is 77: skipped.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/graph.h"
#include "tests/clone/canonical.h"
#include "tests/clone/random_value.h"
#include "tests/interop/interop_data.h"
#include "tests/interop/node_process.h"

namespace interop {
namespace {

using namespace sabre;  // NOLINT: a test
using sabre::testing::Canonical;
using sabre::testing::FromHex;
using sabre::testing::RandomValue;
using sabre::testing::RandomValueOptions;
using sabre::testing::ReadTable;
using sabre::testing::ToHex;

constexpr int kSkipped = 77;
constexpr int kShown = 20;  // complaints

struct DialectName {
  const char* name;
  Dialect dialect;
};
constexpr DialectName kDialects[] = {
    {"raw", Dialect::kV8}, {"v8", Dialect::kNodeSerialize}, {"ipc", Dialect::kNodeIpc}};

Dialect DialectOf(const std::string& name) {
  return std::find_if(std::begin(kDialects), std::end(kDialects),
                      [&](const DialectName& d) { return name == d.name; })
      ->dialect;
}

class Interop {
 public:
  Interop(NodeProcess& node, int major, int values, std::uint64_t first_seed)
      : node_(node), major_(major), values_(values), first_seed_(first_seed) {}

  bool Run() {
    std::printf("Node %d\n", major_);
    Claim("Node writes the cases of the corpus, Sabre reads them, and Node what Sabre writes",
          [&] { CorpusFromNode(); });
    Claim("Sabre writes the cases of the corpus, and Node reads them", [&] { CorpusFromSabre(); });
    Claim(absl::StrCat(values_, " random values go from Sabre to Node and back"),
          [&] { RandomFromSabre(); });
    Claim(absl::StrCat(values_, " random values go from Node to Sabre and back"),
          [&] { RandomFromNode(); });
    if (major_ >= 20) {  // older ones know less, and so refuse more
      Claim(absl::StrCat(5 * values_, " changed messages are the same to Sabre and Node"),
            [&] { Mutations(); });
    }
    std::printf("%d passed, %d failed\n", passed_, failed_);
    return failed_ == 0;
  }

 private:
  using Clock = std::chrono::steady_clock;

  template <class Body>
  void Claim(const std::string& claim, const Body& body) {
    complaints_ = checks_ = 0;
    const Clock::time_point start = Clock::now();
    body();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const bool good = complaints_ == 0 && checks_ > 0;
    (good ? passed_ : failed_) += 1;
    std::printf("%s %s (%d checks, %d complaints, %.1f s)\n", good ? "ok     " : "FAILED ",
                claim.c_str(), checks_, complaints_, seconds);
    std::fflush(stdout);
  }

  // Says what is wrong, but not all of it.
  bool Expect(bool good, const std::string& where, const std::string& what) {
    ++checks_;
    if (good) return true;
    if (++complaints_ <= kShown) {
      std::printf("  %s: %s\n", where.c_str(), what.substr(0, 1500).c_str());
    }
    return false;
  }

  static std::string Difference(const std::string& got, const std::string& expected) {
    const std::size_t at = static_cast<std::size_t>(
        std::mismatch(got.begin(), got.end(), expected.begin(), expected.end()).first -
        got.begin());
    const std::size_t from = at > 60 ? at - 60 : 0;
    return absl::StrCat("…", got.substr(from, 200), "\n    instead of …",
                        expected.substr(from, 200));
  }

  bool ExpectEqual(const std::string& got, const std::string& expected, const std::string& where) {
    return Expect(got == expected, where, got == expected ? "" : Difference(got, expected));
  }

  SerializeOptions WriteAs(Dialect dialect) const {
    return {.dialect = dialect, .version = major_ < 18 ? 13u : 15u};
  }

  // What Node has answered to `eval` or `make`: {"ok", value, message}. Sabre reads the same value,
  // and what Sabre makes of it Node takes for it.
  void ReadAndReturn(const std::vector<std::string>& answer, const std::string& dialect_name,
                     const std::string& where) {
    if (!Expect(answer.size() == 3 && answer[0] == "ok", where, "Node: " + answer.back())) return;
    const Dialect dialect = DialectOf(dialect_name);
    absl::StatusOr<Graph> graph = Decode<Graph>(FromHex(answer[2]), {.dialect = dialect});
    if (!Expect(graph.ok(), where, absl::StrCat(graph.status().ToString(), " ", answer[2]))) return;
    if (!ExpectEqual(Canonical(graph->root()), answer[1], where + " as Sabre reads it")) return;
    absl::StatusOr<ByteBuffer> bytes = Encode(*graph, WriteAs(dialect));
    if (!Expect(bytes.ok(), where, bytes.status().ToString())) return;
    const std::vector<std::string> verdict = node_.Ask({"compare", dialect_name, ToHex(*bytes)});
    equal_ += verdict[0] == "equal" ? 1 : 0;
    Expect(verdict[0] == "equal" || verdict[0] == "alike", where + " as Node reads it from Sabre",
           absl::StrCat(verdict.back(), "\n    ", ToHex(*bytes)));
  }

  // Whether this Node can neither write nor read what the expression makes.
  bool TooOld(const std::vector<std::string>& row) const {
    const std::string& js = row[3];
    const auto uses = [&](const char* what) { return js.find(what) != std::string::npos; };
    return (major_ < 20 && uses("maxByteLength")) || (major_ < 24 && uses("Float16Array")) ||
           (major_ < 18 && row[0] == "ids: mixed kinds");  // Node 16 does not count Errors
  }

  void CorpusFromNode() {
    std::map<std::string, std::string> canonical;
    for (const auto& row : ReadTable("golden.tsv")) canonical[row[0]] = row[5];
    for (const auto& row : ReadTable("golden_js.tsv")) {
      if (TooOld(row)) continue;
      const std::vector<std::string> answer = node_.Ask({"eval", row[1], row[3]});
      ReadAndReturn(answer, row[1], row[0]);
      if (answer[0] == "ok") ExpectEqual(answer[1], canonical[row[0]], row[0] + " in this Node");
    }
  }

  void CorpusFromSabre() {
    std::map<std::string, std::vector<std::string>> made;
    for (const auto& row : ReadTable("golden_js.tsv")) made[row[0]] = row;
    for (const auto& row : ReadTable("golden.tsv")) {
      const std::string &name = row[0], &flags = row[1];
      const auto has = [&](const char* flag) { return flags.find(flag) != std::string::npos; };
      const bool resizable = row[5].find("\"max\":") != row[5].find("\"max\":null");
      if (has("readError") || has("unreadable") || (resizable && major_ < 20)) continue;
      if (made.count(name) != 0 && TooOld(made[name])) continue;
      const std::string dialect = has("ipc") ? "ipc" : has("host") ? "v8" : "raw";
      std::vector<std::uint8_t> bytes = FromHex(row[4]);
      if (has("ipc")) bytes.erase(bytes.begin(), bytes.begin() + 4);
      absl::StatusOr<Graph> graph = Decode<Graph>(
          bytes, {.dialect = DialectOf(dialect), .oldest_version = has("noHeader") ? 0u : 13u});
      if (!Expect(graph.ok(), name, graph.status().ToString())) continue;
      absl::StatusOr<ByteBuffer> again = Encode(*graph, WriteAs(DialectOf(dialect)));
      if (!Expect(again.ok(), name, again.status().ToString())) continue;
      const std::vector<std::string> answer = node_.Ask({"read", dialect, ToHex(*again)});
      if (!Expect(answer[0] == "ok", name, absl::StrCat(answer.back(), " ", ToHex(*again))))
        continue;
      ExpectEqual(answer[1], row[5], name + " as Node reads it from Sabre");
    }
  }

  // What this Node has.
  RandomValueOptions Possible(Dialect dialect) const {
    RandomValueOptions options;
    options.errors = major_ >= 18;
    options.regexp_sets = major_ >= 20;
    options.error_cycles = major_ >= 22;
    options.float16 = major_ >= 24;
    options.resizable_buffers = major_ >= 20 && dialect == Dialect::kV8;
    return options;
  }

  void RandomFromSabre() {
    for (int i = 0; i < values_; ++i) {
      const DialectName& dialect = kDialects[i % 3];
      const bool host = dialect.dialect != Dialect::kV8;
      const std::uint64_t seed = first_seed_ + static_cast<std::uint64_t>(i);
      const std::string where = absl::StrCat("seed ", seed, ", dialect ", dialect.name);
      Graph graph;
      const Value value = RandomValue(graph, seed, Possible(dialect.dialect));
      const std::string expected = Canonical(value, host);
      absl::StatusOr<ByteBuffer> bytes = Encode(value, WriteAs(dialect.dialect));
      if (!Expect(bytes.ok(), where, bytes.status().ToString())) continue;
      const std::vector<std::string> answer = node_.Ask({"read", dialect.name, ToHex(*bytes)});
      if (!Expect(answer[0] == "ok", where, absl::StrCat(answer.back(), " ", ToHex(*bytes)))) {
        continue;
      }
      if (!ExpectEqual(answer[1], expected, where + " as Node reads it")) continue;
      absl::StatusOr<Graph> back = Decode<Graph>(FromHex(answer[2]), {.dialect = dialect.dialect});
      if (!Expect(back.ok(), where, back.status().ToString())) continue;
      ExpectEqual(Canonical(back->root()), expected, where + " as Node wrote it again");
      // A host view has a buffer of its own, so that only bytes can be compared.
      if (!host) Expect(DeepEquals(back->root(), value), where, "not deeply equal");
    }
  }

  void RandomFromNode() {
    equal_ = 0;
    for (int i = 0; i < values_; ++i) {
      const std::string dialect = kDialects[i % 3].name;
      const std::string seed = absl::StrCat(first_seed_ + static_cast<std::uint64_t>(i));
      ReadAndReturn(node_.Ask({"make", dialect, seed}), dialect,
                    absl::StrCat("seed ", seed, ", dialect ", dialect));
    }
    Expect(equal_ > values_ / 2, "Node finds too few copies deeply equal", absl::StrCat(equal_));
  }

  // A message of the corpus with a few bytes changed, left out, put in, or with its end cut off.
  std::vector<std::uint8_t> Mutated(std::mt19937_64& random,
                                    const std::vector<std::vector<std::uint8_t>>& messages) {
    constexpr std::string_view kTags = "oAa;'rRs\\^V~BUIN\"cSZzn{$@:,._-0TFDyx.m";
    const auto below = [&](std::size_t bound) {
      return static_cast<std::size_t>(random() % bound);
    };
    std::vector<std::uint8_t> bytes = messages[below(messages.size())];
    for (std::size_t i = 1 + below(3); i > 0 && bytes.size() > 2; --i) {
      const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(2 + below(bytes.size() - 2));
      switch (below(6)) {
        case 0:
          *at = static_cast<std::uint8_t>(random());
          break;
        case 1:
          *at = static_cast<std::uint8_t>(*at + below(5) - 2);
          break;
        case 2:
          bytes.erase(at);
          break;
        case 3:
          bytes.resize(static_cast<std::size_t>(at - bytes.begin()));
          break;
        default:
          bytes.insert(at, static_cast<std::uint8_t>(kTags[below(kTags.size())]));
          break;
      }
    }
    return bytes;
  }

  // A value of version 13 with views: V8 may read it a second time, and counts ids on from the first.
  static bool ReadAgain(const std::vector<std::uint8_t>& bytes, const std::string& sabre) {
    return bytes[1] == 13 && sabre.find("view\"") != std::string::npos;
  }

  // Whether Node refuses for a reason of its own what Sabre reads.
  bool MayRefuse(const std::string& error, const std::string& sabre,
                 const std::vector<std::uint8_t>& bytes) const {
    const auto has = [&](const char* what) { return sabre.find(what) != std::string::npos; };
    return error.rfind("SyntaxError: ", 0) == 0 ||  // Sabre compiles no RegExp
           ReadAgain(bytes, sabre) ||
           // Perhaps an immutable buffer.
           (major_ < 26 && has("\"bytes\"") &&
            std::find(bytes.begin(), bytes.end(), wire::kImmutableArrayBuffer) != bytes.end()) ||
           (major_ >= 22 && has("\"regexp\"") && has("uv")) ||  // both flags of a RegExp
           (major_ < 24 && has("Float16Array")) ||
           (major_ < 22 && has("\"cause\"")) ||       // it refers to its Error
           (major_ >= 22 && has("\"t\":\"error\""));  // its parts are not in the order of this Node
  }

  // Both make the same of a message that may be malformed.
  void Mutations() {
    std::vector<std::vector<std::uint8_t>> messages;
    for (const char* const table : {"golden.tsv", "hostile.tsv"}) {
      for (const auto& row : ReadTable(table)) {
        if (row[4].size() > 4 && row[4].size() < 400) messages.push_back(FromHex(row[4]));
      }
    }
    std::mt19937_64 random(first_seed_);
    for (int i = 0; i < 5 * values_; ++i) {
      const DialectName& dialect = kDialects[i % 3];
      const std::vector<std::uint8_t> bytes = Mutated(random, messages);
      const bool host = dialect.dialect != Dialect::kV8;
      const std::string where =
          absl::StrCat("mutation, dialect ", dialect.name, ", ", ToHex(bytes));
      const std::vector<std::string> answer = node_.Ask({"describe", dialect.name, ToHex(bytes)});
      absl::StatusOr<Graph> graph = Decode<Graph>(bytes, {.dialect = dialect.dialect});
      const std::string sabre =
          graph.ok() ? Canonical(graph->root(), host) : std::string(graph.status().message());
      if (graph.ok() != (answer[0] == "ok")) {
        Expect(graph.ok() && MayRefuse(answer.back(), sabre, bytes), where,
               absl::StrCat("Node: ", answer.back(), "\n    Sabre: ", sabre));
      } else if (graph.ok() && !ReadAgain(bytes, sabre)) {
        ExpectEqual(sabre, answer[1], where);
      }
    }
  }

  NodeProcess& node_;
  const int major_;
  const int values_;
  const std::uint64_t first_seed_;
  int passed_ = 0;
  int failed_ = 0;
  int complaints_ = 0;
  int checks_ = 0;
  int equal_ = 0;  // copies that Node has found deeply equal
};

int Main(int argc, char** argv) {
  std::string node = "node";
  int values = 2000;
  std::uint64_t seed = 1;
  for (int i = 1; i < argc; ++i) {
    absl::string_view argument = argv[i];
    if (absl::ConsumePrefix(&argument, "--node=")) {
      node = std::string(argument);
    } else if (!(absl::ConsumePrefix(&argument, "--values=") &&
                 absl::SimpleAtoi(argument, &values)) &&
               !(absl::ConsumePrefix(&argument, "--seed=") && absl::SimpleAtoi(argument, &seed))) {
      std::fprintf(stderr, "usage: interop [--node=PROGRAM] [--values=N] [--seed=S]\n");
      return 2;
    }
  }
  const std::unique_ptr<NodeProcess> process = NodeProcess::Start(node, SABRE_INTEROP_PEER);
  if (process == nullptr) {
    std::printf("there is no program %s: skipped\n", node.c_str());
    return kSkipped;
  }
  const std::vector<std::string> version = process->Ask({"version"});
  int major = 0;
  if (version[0] != "ok" || !absl::SimpleAtoi(version.back(), &major)) {
    std::printf("%s does not answer: %s\n", node.c_str(), version.back().c_str());
    return 1;
  }
  return Interop(*process, major, values, seed).Run() ? 0 : 1;
}

}  // namespace
}  // namespace interop

int main(int argc, char** argv) { return interop::Main(argc, argv); }
