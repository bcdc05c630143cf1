// tests/clone/rich_struct.h: a struct with a field for every codec.
#ifndef SABRE_TESTS_CLONE_RICH_STRUCT_H_
#define SABRE_TESTS_CLONE_RICH_STRUCT_H_

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "sabre/clone/big_int.h"
#include "sabre/clone/codecs.h"
#include "sabre/clone/graph.h"

namespace sabre::testing {

enum class Flavor : std::int8_t { kSweet = -1, kSour = 7 };

struct Leaf {
  int id = 0;
  std::string name;
  friend bool operator==(const Leaf&, const Leaf&) = default;
};
SABRE_DESCRIBE(Leaf, id, name)

// Private fields, and a name that is not the field's.
class Account {
 public:
  Account() = default;
  Account(std::uint32_t number, std::string owner) : number_(number), owner_(std::move(owner)) {}
  friend bool operator==(const Account&, const Account&) = default;
  friend SABRE_DESCRIBE(Account, (number_, "number"), (owner_, "the owner"))

      private : std::uint32_t number_ = 0;
  std::string owner_;
};

// A template; `value` may be a Box again.
template <class T>
struct Box {
  T value{};
  std::unique_ptr<Box> inner;
  friend SABRE_DESCRIBE(Box, value, inner)
};

// Nodes of a graph: `next` may lead anywhere, `back` does not hold what it leads to.
struct Link {
  int value = 0;
  std::shared_ptr<Link> next;
  std::weak_ptr<Link> back;
};
SABRE_DESCRIBE(Link, value, next, back)

struct Rich {
  Rich() = default;
  Rich(Rich&&) = default;
  ~Rich() { CutCycles(); }
  // Empties the `next` of every Link, or rings of them would leak.
  void CutCycles();

  bool flag = false;
  std::int8_t tiny = 0;
  std::uint16_t small = 0;
  std::uint32_t middle = 0;
  std::int64_t large = 0;
  std::uint64_t huge = 0;
  float single = 0;
  double number = 0;
  Flavor flavor = Flavor::kSweet;
  std::byte byte{};
  std::string text;
  std::u16string units;
  std::monostate nothing;
  BigInt big;

  std::optional<std::string> title;
  std::variant<std::monostate, int, std::string, Leaf> either;
  std::tuple<int, std::string, bool> triple;
  std::pair<std::string, double> named;
  std::array<int, 3> fixed{};
  std::array<std::uint8_t, 4> digest{};
  int grid[2] = {};

  std::vector<double> numbers;
  std::vector<bool> flags;
  std::vector<std::uint8_t> bytes;
  std::vector<Leaf> leaves;
  std::deque<int> queue;
  std::list<std::string> lines;

  std::map<std::string, int> sorted;
  std::unordered_map<int, std::string> hashed;
  absl::flat_hash_map<std::string, std::vector<int>> flat;
  std::set<std::string> words;
  std::unordered_set<std::int64_t> odd;
  absl::flat_hash_set<std::uint64_t> even;

  std::chrono::system_clock::time_point when;
  absl::Time moment = absl::UnixEpoch();
  absl::Duration pause;
  std::chrono::duration<double> seconds{};

  Account account;
  std::unique_ptr<Leaf> maybe;
  Box<std::u16string> box;
  std::vector<std::shared_ptr<Link>> links;
  std::shared_ptr<std::vector<std::byte>> blob;
  std::shared_ptr<std::vector<std::byte>> same_blob;  // sometimes `blob`

  ArrayBuffer buffer;
  Uint16Array part;  // sometimes of `buffer`
  DataView view;
  Graph dynamic;
};
SABRE_DESCRIBE(Rich, flag, tiny, small, middle, large, huge, single, number, flavor, byte, text,
               units, nothing, big, title, either, triple, named, fixed, digest, grid, numbers,
               flags, bytes, leaves, queue, lines, sorted, hashed, flat, words, odd, even, when,
               moment, pause, seconds, account, maybe, box, links, blob, same_blob, buffer, part,
               view, dynamic)

// The bits decide on everything; behind their end they are zero.
Rich RandomRich(std::span<const std::uint8_t> bits);

// The name of a field in which they differ, empty if there is none. Numbers are compared by their bits,
// pointers by the shape of what they form.
std::string Difference(const Rich& a, const Rich& b);

}  // namespace sabre::testing

#endif  // SABRE_TESTS_CLONE_RICH_STRUCT_H_
