// The part of `./dev bench clone` that is C++: times what standard input names, a line each.
//
//   clone_measures DOCUMENT.json
//
//   NAME            one round: nanoseconds of one operation
//   allocations     how often a small struct, out and in through its codec, takes memory
//   growth BYTES    records of so many bytes on the wire: nanoseconds to serialize, deserialize, clone; bytes
//                   on the wire, bytes of the graph that was read, its nodes
//   depth LEVELS    nested arrays on a thread with a stack of 256 KiB: nanoseconds to go out, in and be
//                   cloned, or the reason why not
#include <malloc.h>
#include <pthread.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <new>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "sabre/clone/structured_clone.h"
#include "tests/bench/clone/documents.h"
#include "tests/bench/clone/measures.h"

namespace {

long allocations = 0;  // of this thread alone

}  // namespace

// The linker sends every call here (--wrap), operator new's included since it calls malloc.
extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* block, std::size_t size);
void* __wrap_malloc(std::size_t size);
void* __wrap_calloc(std::size_t count, std::size_t size);
void* __wrap_realloc(void* block, std::size_t size);

void* __wrap_malloc(std::size_t size) {
  ++allocations;
  return __real_malloc(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
  ++allocations;
  return __real_calloc(count, size);
}
void* __wrap_realloc(void* block, std::size_t size) {
  ++allocations;
  return __real_realloc(block, size);
}
}
void* operator new(std::size_t size) {
  void* const block = std::malloc(size);
  if (block == nullptr) std::abort();
  return block;
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace sabre::bench {

void Give(const std::string& why) {
  std::fprintf(stderr, "clone_measures: %s\n", why.c_str());
  std::exit(1);
}

namespace {

struct ShortStruct {
  int id = 0;
  std::string name;
};
SABRE_DESCRIBE(ShortStruct, id, name)

long CountAllocations() {
  const ShortStruct value{7, "a name"};  // within the string
  const long before = allocations;
  {
    const absl::StatusOr<ByteBuffer> bytes = Encode(value);
    const absl::StatusOr<ShortStruct> read = Decode<ShortStruct>({bytes->data(), bytes->size()});
    if (!read.ok() || read->name != value.name) Give("the struct came back changed");
  }
  return allocations - before;
}

// What was freed stays with the process: else large documents are charged with the page faults of the
// kernel, and small ones are not.
void KeepFreedMemory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
}

// The same after a call that warms up.
template <class F>
double TimeWarm(int count, F&& operation) {
  operation();
  return Time(count, operation);
}

std::string Growth(std::size_t wire_bytes) {
  KeepFreedMemory();
  // Small documents often enough to be seen by the clock.
  const int count = static_cast<int>(std::size_t{10'000'000} / wire_bytes) + 1;
  Graph graph = Records(wire_bytes);
  ByteBuffer bytes;
  const double serialize = TimeWarm(count, [&] {
    bytes = ByteBuffer();  // its memory is for the next
    absl::StatusOr<ByteBuffer> written = Encode(graph.root());
    if (!written.ok()) Give(written.status().ToString());
    bytes = *std::move(written);
  });
  const double clone = TimeWarm(count, [&] {
    const absl::StatusOr<Graph> copy = StructuredClone(graph.root());
    if (!copy.ok()) Give(copy.status().ToString());
  });
  graph = Graph();
  std::size_t memory = 0, nodes = 0;
  const double deserialize = TimeWarm(count, [&] {
    const absl::StatusOr<Graph> read = Decode<Graph>({bytes.data(), bytes.size()});
    if (!read.ok()) Give(read.status().ToString());
    memory = read->memory_used();
    nodes = read->node_count();
  });
  return absl::StrCat(serialize, " ", deserialize, " ", clone, " ", bytes.size(), " ", memory, " ",
                      nodes);
}

struct DepthJob {
  std::size_t depth;
  std::string answer;
};
void* RunDepth(void* argument) {
  DepthJob& job = *static_cast<DepthJob*>(argument);
  const Graph graph = Nested(job.depth);
  absl::Status failed;
  const double nanos = Time(1, [&] {
    const absl::StatusOr<ByteBuffer> bytes = Encode(graph.root());
    if (!bytes.ok()) return void(failed = bytes.status());
    const absl::StatusOr<Graph> read = Decode<Graph>({bytes->data(), bytes->size()});
    if (!read.ok()) return void(failed = read.status());
    failed = StructuredClone(graph.root()).status();
  });
  job.answer = failed.ok() ? absl::StrCat(nanos) : failed.ToString();
  return nullptr;
}
std::string Depth(std::size_t depth) {
  DepthJob job{depth, ""};
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  pthread_t thread;
  if (pthread_create(&thread, &attributes, &RunDepth, &job) != 0) Give("no thread");
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  return job.answer;
}

std::string Answer(Measures& measures, const std::string& line) {
  const std::size_t space = line.find(' ');
  const std::string word = line.substr(0, space);
  if (word == "allocations") return absl::StrCat(CountAllocations());
  if (word == "growth") return Growth(std::stoull(line.substr(space)));
  if (word == "depth") return Depth(std::stoull(line.substr(space)));
  const auto found = measures.find(line);
  if (found == measures.end()) Give(absl::StrCat("no measure is called '", line, "'"));
  return absl::StrCat(found->second());
}

}  // namespace
}  // namespace sabre::bench

int main(int argc, char** argv) {
  if (argc != 2) sabre::bench::Give("usage: clone_measures DOCUMENT.json");
  std::ifstream file(argv[1]);
  std::ostringstream json;
  json << file.rdbuf();
  sabre::bench::Measures measures;
  sabre::bench::AddSabre(measures, json.str());
  sabre::bench::AddPeers(measures, json.str());
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << sabre::bench::Answer(measures, line) << std::endl;
  }
}
