// tests/clone/graph_model_test.cc: graphs under random changes against a model of std containers: what
// they hold, the very bytes they are written to, and what comes back from these and from looser bytes.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "doctest/doctest.h"
#include "sabre/clone/structured_clone.h"
#include "tests/clone/canonical.h"

namespace sabre::graph_model_test {
namespace {

using Text = std::u16string;

struct Item {
  ValueKind kind = ValueKind::kUndefined;
  double number = 0;  // of a number, boolean or BigInt; the place of a container among the boxes
  Text text = {};
};

struct Box {
  ValueKind kind;
  std::uint64_t length = 0;  // of an array
  std::map<std::uint32_t, Item> indexed = {};
  std::vector<std::pair<Text, Item>> named = {};
  std::vector<std::pair<Item, Item>> entries = {};
};

// SameValueZero, or SameValue.
bool Same(const Item& a, const Item& b, bool zeros = false) {
  if (a.kind != b.kind || a.text != b.text) return false;
  if (std::isnan(a.number)) return std::isnan(b.number);
  return a.number == b.number && (zeros || std::signbit(a.number) == std::signbit(b.number));
}

std::string Utf8(const Text& text) {  // without surrogates
  std::string out;
  for (const char16_t unit : text) {
    if (unit < 0x80) {
      out += static_cast<char>(unit);
    } else if (unit < 0x800) {
      out += {static_cast<char>(0xc0 | unit >> 6), static_cast<char>(0x80 | (unit & 0x3f))};
    } else {
      out += {static_cast<char>(0xe0 | unit >> 12), static_cast<char>(0x80 | (unit >> 6 & 0x3f)),
              static_cast<char>(0x80 | (unit & 0x3f))};
    }
  }
  return out;
}

bool IsIndex(const Text& key, std::uint32_t& index) {
  if (key.empty() || key.size() > 10) return false;
  const std::string digits = Utf8(key);
  const std::uint64_t number = std::strtoull(digits.c_str(), nullptr, 10);
  index = static_cast<std::uint32_t>(number);
  return number <= 0xfffffffe && std::to_string(number) == digits;
}

// Writes a model in the portable form; or, with a source of chance, in any form that may be read.
class Writer {
 public:
  Writer(const std::vector<Box>& boxes, std::mt19937* loose) : boxes_(boxes), loose_(loose) {}

  std::vector<std::uint8_t> Write(const Item& root) {
    WriteItem(root);
    return out_;
  }

 private:
  bool Chance() { return loose_ != nullptr && (*loose_)() % 3 == 0; }
  void Put(int byte) { out_.push_back(static_cast<std::uint8_t>(byte)); }
  void Pad() {
    while (Chance()) Put(0);
  }
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) Put(static_cast<int>(value | 0x80));
    Put(static_cast<int>(value));
  }
  void Number(double value) {
    Pad();
    const bool whole = value == std::trunc(value) && (value != 0 || !std::signbit(value));
    if (whole && value >= 0 && value <= 0xffffffff && Chance()) {
      Put('U');
      Varint(static_cast<std::uint64_t>(value));
    } else if (whole && std::fabs(value + 0.5) < 2147483648.0 && !Chance()) {
      Put('I');
      Varint(value < 0 ? static_cast<std::uint64_t>(-value) * 2 - 1
                       : static_cast<std::uint64_t>(value) * 2);
    } else {
      Put('N');
      Double(value);
    }
  }
  void Double(double value) {
    std::uint8_t bytes[8];
    if (std::isnan(value)) value = std::bit_cast<double>(0x7ff8000000000000);
    std::memcpy(bytes, &value, 8);
    out_.insert(out_.end(), bytes, bytes + 8);
  }
  void Units(const Text& text) {
    Pad();
    const bool narrow = std::all_of(text.begin(), text.end(), [](char16_t u) { return u < 0x100; });
    const bool surrogate =
        std::any_of(text.begin(), text.end(), [](char16_t u) { return u >= 0xd800 && u < 0xe000; });
    if (!surrogate && Chance()) {
      const std::string utf8 = Utf8(text);
      Put('S');
      Varint(utf8.size());
      out_.insert(out_.end(), utf8.begin(), utf8.end());
    } else if (narrow && !Chance()) {
      Put('"');
      Varint(text.size());
      for (const char16_t unit : text) Put(unit);
    } else {
      const std::size_t digits = text.size() * 2 < 0x80 ? 1 : text.size() * 2 < 0x4000 ? 2 : 3;
      if ((out_.size() + 1 + digits) % 2 != 0 && loose_ == nullptr) Put(0);
      Put('c');
      Varint(text.size() * 2);
      for (const char16_t unit : text) {
        Put(unit & 0xff);
        Put(unit >> 8);
      }
    }
  }
  void WriteItem(const Item& item) {
    Pad();
    switch (item.kind) {
      case ValueKind::kUndefined:
        return Put('_');
      case ValueKind::kNull:
        return Put('0');
      case ValueKind::kBoolean:
        return Put(item.number != 0 ? 'T' : 'F');
      case ValueKind::kNumber:
        return Number(item.number);
      case ValueKind::kString:
        return Units(item.text);
      case ValueKind::kBigInt: {
        Put('Z');
        Varint((item.number != 0 ? 16u : 0u) | (item.number < 0 ? 1u : 0u));
        const auto magnitude = static_cast<std::uint64_t>(std::fabs(item.number));
        for (int i = 0; i < (magnitude != 0 ? 8 : 0); ++i) Put(magnitude >> (8 * i) & 0xff);
        return;
      }
      default:
        break;
    }
    const auto place = static_cast<std::size_t>(item.number);
    if (const auto known = ids_.find(place); known != ids_.end()) {
      Put('^');
      return Varint(known->second);
    }
    ids_.emplace(place, ids_.size());
    const Box& box = boxes_[place];
    switch (box.kind) {
      case ValueKind::kObject:
        Put('o');
        Properties(box, box.indexed.begin(), '{');
        return;
      case ValueKind::kArray:
        return Array(box);
      default: {
        const bool map = box.kind == ValueKind::kMap;
        Put(map ? ';' : '\'');
        for (const auto& [key, value] : box.entries) {
          WriteItem(key);
          if (map) WriteItem(value);
        }
        Pad();
        Put(map ? ':' : ',');
        Varint(box.entries.size() * (map ? 2 : 1));
      }
    }
  }
  void Array(const Box& box) {
    auto rest = box.indexed.begin();
    bool dense = box.indexed.size() == box.length;
    if (loose_ != nullptr && box.length < 200) dense = (*loose_)() % 2 == 0;
    Put(dense ? 'A' : 'a');
    Varint(box.length);
    for (std::uint32_t i = 0; dense && i < box.length; ++i) {
      if (rest != box.indexed.end() && rest->first == i) {
        WriteItem(rest++->second);
      } else {
        Put('-');
      }
    }
    Properties(box, rest, dense ? '$' : '@');
    Varint(box.length);
  }
  void Properties(const Box& box, std::map<std::uint32_t, Item>::const_iterator rest, char end) {
    std::size_t count = box.named.size();
    for (; rest != box.indexed.end(); ++rest, ++count) {
      if (Chance()) {
        const std::string digits = std::to_string(rest->first);
        Units(Text(digits.begin(), digits.end()));
      } else {
        Number(rest->first);
      }
      WriteItem(rest->second);
    }
    for (const auto& [key, value] : box.named) {
      Units(key);
      WriteItem(value);
    }
    Pad();
    Put(end);
    Varint(count);
  }

  const std::vector<Box>& boxes_;
  std::mt19937* const loose_;
  std::vector<std::uint8_t> out_{0xff, 15};
  std::map<std::size_t, std::size_t> ids_;
};

// One place for doctest, whose macros take long to compile.
void Agree(bool good, int line = __builtin_LINE()) {
  REQUIRE_MESSAGE(good, absl::StrCat("line ", line));
}

class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {
    constexpr ValueKind kKinds[] = {ValueKind::kObject, ValueKind::kObject, ValueKind::kObject,
                                    ValueKind::kArray,  ValueKind::kArray,  ValueKind::kArray,
                                    ValueKind::kMap,    ValueKind::kSet};
    for (const ValueKind kind : kKinds) {
      boxes_.push_back({kind});
      values_.push_back(kind == ValueKind::kObject  ? graph_.Object()
                        : kind == ValueKind::kArray ? graph_.Array()
                        : kind == ValueKind::kMap   ? graph_.Map()
                                                    : graph_.Set());
    }
    // Much of the same: keys of one kind, and numbers only, for some time.
    few_ = Below(2) == 0;
    numbers_ = Below(2) == 0;
  }

  void Step() {
    const std::size_t place = Below(boxes_.size());
    const std::size_t times = 1 + Below(3);
    for (std::size_t i = 0; i < times; ++i) Change(place);
    Check(place);
    if (Below(40) == 0) numbers_ = !numbers_;
  }

  // All boxes in an array, as bytes and back, or as a copy; then goes on with that.
  void Exchange() {
    std::vector<Box> boxes = boxes_;
    Box all{ValueKind::kArray, boxes.size()};
    for (std::uint32_t i = 0; i < boxes_.size(); ++i) all.indexed[i] = Reference(i);
    boxes.push_back(all);
    const Value root = graph_.Array(std::span<const Value>(values_));
    const std::vector<std::uint8_t> bytes =
        Writer(boxes, nullptr).Write(Reference(boxes.size() - 1));
    const absl::StatusOr<ByteBuffer> written = Encode(root);
    REQUIRE_MESSAGE(written.ok(), written.status().ToString());
    const std::string_view text(reinterpret_cast<const char*>(written->data()), written->size());
    Agree(text == std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    absl::StatusOr<Graph> copy;
    switch (Below(3)) {
      case 0:
        copy = Decode<Graph>(*written);
        break;
      case 1: {
        const std::vector<std::uint8_t> loose =
            Writer(boxes, &random_).Write(Reference(boxes.size() - 1));
        INFO(testing::ToHex(loose));
        copy = Decode<Graph>(loose, TrustedBytes());
        REQUIRE_MESSAGE(copy.ok(), copy.status().ToString());
        break;
      }
      default:
        copy = StructuredClone(root);
    }
    REQUIRE_MESSAGE(copy.ok(), copy.status().ToString());
    Agree(DeepEquals(root, copy->root()));
    // A number that is nowhere else, in one of the two.
    const std::size_t odd = Below(boxes_.size());
    Insert(odd, {ValueKind::kNumber, 0.125 + static_cast<double>(++odd_numbers_)});
    Agree(!DeepEquals(root, copy->root()));
    if (Below(2) == 0) return;
    boxes_.assign(boxes.begin(), boxes.end() - 1);
    graph_ = *std::move(copy);
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = graph_.root().At(i);
    for (std::size_t i = 0; i < values_.size(); ++i) Check(i);
  }

 private:
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  static Item Reference(std::size_t place) {
    return {ValueKind::kObject, static_cast<double>(place)};
  }

  Text RandomKey() {
    static const std::vector<Text> kKeys = {u"",
                                            u"a",
                                            u"b",
                                            u"__proto__",
                                            u"constructor",
                                            u"01",
                                            u"-0",
                                            u"-1",
                                            u"1.5",
                                            u"1e3",
                                            u"4294967294",
                                            u"4294967295",
                                            u"4294967296",
                                            u"2147483647",
                                            u"2147483648",
                                            u"\u00e9",
                                            u"\u00ff\u00e9",
                                            u"\u20ac",
                                            u"\u20ac\u00e9",
                                            u"NaN",
                                            Text(13, u'k'),
                                            Text(14, u'k'),
                                            Text(15, u'k'),
                                            Text(70, u'y'),
                                            Text(130, u'\u00e9'),
                                            Text(140, u'\u20ac')};
    switch (Below(few_ ? 2 : 5)) {
      case 0:
        return kKeys[Below(kKeys.size())];
      case 1: {
        const std::string digits = std::to_string(Below(20));
        return Text(digits.begin(), digits.end());
      }
      default: {
        const std::string name = absl::StrCat("key", Below(90));
        return Text(name.begin(), name.end());
      }
    }
  }

  Item RandomItem() {
    static const double kNumbers[] = {
        0,   -0.0,       1,          -1,    127,           128,           NAN,     64,
        1.5, 2147483647, 2147483648, 1e300, -2147483648.0, -2147483649.0, INFINITY};
    if (numbers_ || Below(3) == 0) return {ValueKind::kNumber, kNumbers[Below(15)]};
    switch (Below(6)) {
      case 0:
        return {};
      case 1:
        return {Below(2) == 0 ? ValueKind::kNull : ValueKind::kUndefined};
      case 2:
        return {ValueKind::kBoolean, static_cast<double>(Below(2))};
      case 3:
        return {ValueKind::kBigInt, static_cast<double>(Below(7)) - 3};
      case 4: {
        Text text = RandomKey();
        if (Below(4) == 0) text.insert(0, Below(6), u'\xd800');
        return {ValueKind::kString, 0, text};
      }
      default:
        return Reference(Below(boxes_.size()));
    }
  }

  Value Make(const Item& item) {
    switch (item.kind) {
      case ValueKind::kUndefined:
        return {};
      case ValueKind::kNull:
        return nullptr;
      case ValueKind::kBoolean:
        return item.number != 0;
      case ValueKind::kNumber:
        return item.number;
      case ValueKind::kBigInt:
        return graph_.BigInt(BigInt::FromInt64(static_cast<std::int64_t>(item.number)));
      case ValueKind::kString:
        return graph_.String(item.text);
      default:
        return values_[static_cast<std::size_t>(item.number)];
    }
  }

  // Whether `value` is what the model says.
  bool Is(Value value, const Item& item) {
    if (item.kind == ValueKind::kObject) {
      return value.Same(values_[static_cast<std::size_t>(item.number)]);
    }
    if (value.kind() != item.kind) return false;
    switch (item.kind) {
      case ValueKind::kBoolean:
        return value.AsBool() == (item.number != 0);
      case ValueKind::kNumber:
        return Same({ValueKind::kNumber, value.AsNumber()}, item);
      case ValueKind::kBigInt:
        return value.AsBigInt().ToString() ==
               std::to_string(static_cast<std::int64_t>(item.number));
      case ValueKind::kString:
        return value.AsU16String() == item.text;
      default:
        return true;
    }
  }

  static std::size_t Find(const Box& box, const Text& key) {
    std::size_t at = 0;
    while (at < box.named.size() && box.named[at].first != key) ++at;
    return at;
  }
  static std::size_t FindEntry(const Box& box, const Item& key) {
    std::size_t at = 0;
    while (at < box.entries.size() && !Same(box.entries[at].first, key, /*zeros=*/true)) ++at;
    return at;
  }

  void Change(std::size_t place) {
    Box& box = boxes_[place];
    const Value value = values_[place];
    if (box.kind == ValueKind::kMap || box.kind == ValueKind::kSet) {
      Item key = RandomItem();
      if (Below(2) == 0) key = {ValueKind::kNumber, static_cast<double>(Below(30))};
      if (Below(3) != 0) return Insert(place, RandomItem(), &key);
      const std::size_t at = FindEntry(box, key);
      Agree(graph_.MapDelete(value, Make(key)) == (at < box.entries.size()));
      if (at < box.entries.size()) {
        box.entries.erase(box.entries.begin() + static_cast<std::ptrdiff_t>(at));
      }
      return;
    }
    switch (Below(box.kind == ValueKind::kArray ? 8 : 4)) {
      case 0: {
        const Text key = RandomKey();
        std::uint32_t index;
        if (IsIndex(key, index)) return Remove(place, index, Below(2) == 0);
        const std::size_t at = Find(box, key);
        Agree(graph_.DeleteProperty(value, Utf8(key)) == (at < box.named.size()));
        if (at < box.named.size()) box.named.erase(box.named.begin() + std::ptrdiff_t(at));
        return;
      }
      case 7: {
        std::uint64_t length = Below(4) == 0 ? 0xffffffff - Below(2) : Below(30);
        if (Below(3) == 0) length = box.length - std::min<std::uint64_t>(box.length, Below(3));
        graph_.SetLength(value, static_cast<std::uint32_t>(length));
        box.length = length;
        box.indexed.erase(box.indexed.lower_bound(static_cast<std::uint32_t>(length)),
                          box.indexed.end());
        return;
      }
      default:
        return Insert(place, RandomItem());
    }
  }

  void Remove(std::size_t place, std::uint32_t index, bool by_name) {
    const bool was = boxes_[place].indexed.erase(index) > 0;
    Agree((by_name ? graph_.DeleteProperty(values_[place], std::to_string(index))
                   : graph_.DeleteIndex(values_[place], index)) == was);
  }

  void Insert(std::size_t place, Item item, const Item* map_key = nullptr) {
    Box& box = boxes_[place];
    const Value value = values_[place];
    if (box.kind == ValueKind::kMap || box.kind == ValueKind::kSet) {
      const bool map = box.kind == ValueKind::kMap;
      Item key = map_key != nullptr ? *map_key : item;
      if (map) {
        graph_.MapSet(value, Make(key), Make(item));
      } else {
        graph_.SetAdd(value, Make(key));
      }
      key.number += 0.0;
      const std::size_t at = FindEntry(box, key);
      if (at == box.entries.size()) box.entries.emplace_back(key, item);
      box.entries[at].second = map ? item : box.entries[at].first;
      return;
    }
    const std::size_t how = Below(box.kind == ValueKind::kArray ? 4 : 2);
    std::uint32_t index = static_cast<std::uint32_t>(Below(20));
    if (how == 0) {
      const Text key = RandomKey();
      if (!IsIndex(key, index)) {
        graph_.SetProperty(value, Utf8(key), Make(item));
        const std::size_t at = Find(box, key);
        if (at == box.named.size()) box.named.emplace_back(key, item);
        box.named[at].second = item;
        return;
      }
      graph_.SetProperty(value, Utf8(key), Make(item));
    } else if (how == 1 || box.length == 0xffffffff) {
      graph_.SetIndex(value, index, Make(item));
    } else {
      index = static_cast<std::uint32_t>(box.length);
      graph_.Append(value, Make(item));
    }
    box.indexed[index] = item;
    box.length = std::max<std::uint64_t>(box.length, std::uint64_t{index} + 1);
  }

  void Check(std::size_t place) {
    const Box& box = boxes_[place];
    const Value value = values_[place];
    std::size_t count = 0;
    if (box.kind == ValueKind::kMap || box.kind == ValueKind::kSet) {
      Agree(value.size() == box.entries.size());
      for (const auto& [key, item] : value.entries()) {
        Agree(count < box.entries.size());
        Agree(Is(key, box.entries[count].first));
        Agree(Is(item, box.entries[count++].second));
      }
      Agree(count == box.entries.size());
      const Item key = RandomItem();
      const std::size_t at = FindEntry(box, key);
      Agree(value.MapHas(Make(key)) == (at < box.entries.size()));
      if (at < box.entries.size() && box.kind == ValueKind::kMap) {
        Agree(Is(value.MapGet(Make(key)), box.entries[at].second));
      }
      return;
    }
    const std::size_t indexed = box.indexed.size();
    Agree(value.size() ==
          (box.kind == ValueKind::kArray ? box.length : indexed + box.named.size()));
    auto next = box.indexed.begin();
    for (const auto& [key, item] : value.entries()) {
      Agree(count < indexed + box.named.size());
      if (count < indexed) {
        Agree(Is(key, {ValueKind::kNumber, static_cast<double>(next->first)}));
        Agree(Is(item, next->second));
        Agree(Is(value.At(next->first), next->second));
        ++next;
      } else {
        Agree(Is(key, {ValueKind::kString, 0, box.named[count - indexed].first}));
        Agree(Is(item, box.named[count - indexed].second));
      }
      Agree(value.Has(key));
      Agree((Is(value.Get(key),
                count < indexed ? std::prev(next)->second : box.named[count - indexed].second)));
      ++count;
    }
    Agree(count == indexed + box.named.size());
    const Text key = RandomKey();
    std::uint32_t index;
    if (IsIndex(key, index)) {
      const auto found = box.indexed.find(index);
      Agree(value.HasIndex(index) == (found != box.indexed.end()));
      Agree(value.Has(Utf8(key)) == (found != box.indexed.end()));
      Agree(Is(value.Get(Utf8(key)), found != box.indexed.end() ? found->second : Item()));
    } else {
      const std::size_t at = Find(box, key);
      Agree(value.Has(Utf8(key)) == (at < box.named.size()));
      Agree(
          Is(value.Get(graph_.String(key)), at < box.named.size() ? box.named[at].second : Item()));
    }
  }

  std::mt19937 random_;
  std::vector<Box> boxes_;
  Graph graph_;
  std::vector<Value> values_;
  bool few_ = false;
  bool numbers_ = false;
  int odd_numbers_ = 0;
};

TEST_CASE("A graph under random changes is what a model of it says, and so are its bytes") {
  const char* const seeds = std::getenv("SABRE_MODEL_SEEDS");
  const std::uint32_t count = seeds != nullptr ? static_cast<std::uint32_t>(std::atoi(seeds)) : 12;
  for (std::uint32_t seed = 0; seed < count; ++seed) {
    CAPTURE(seed);
    World world(seed);
    for (int step = 0; step < (seed % 8 == 0 ? 1500 : 150); ++step) {
      CAPTURE(step);
      world.Step();
      if (step % 20 == 19) world.Exchange();
    }
  }
}

}  // namespace
}  // namespace sabre::graph_model_test
