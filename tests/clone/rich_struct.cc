// tests/clone/rich_struct.cc
#include "tests/clone/rich_struct.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "sabre/clone/value.h"

namespace sabre::testing {
namespace {

class Bits {
 public:
  explicit Bits(std::span<const std::uint8_t> bits) : bits_(bits) {}
  template <class T>
  T Take() {
    T value{};
    const std::size_t size = std::min(sizeof(T), bits_.size());
    if (size > 0) std::memcpy(&value, bits_.data(), size);
    bits_ = bits_.subspan(size);
    return value;
  }
  std::size_t Below(std::size_t bound) { return Take<std::uint8_t>() % bound; }
  bool Flag() { return Below(2) != 0; }

  std::string Text() {
    static constexpr const char* kPieces[] = {
        "a", "xyz", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\n"};
    std::string text;
    for (std::size_t left = Below(12); left > 0; --left) text += kPieces[Below(std::size(kPieces))];
    return text;
  }
  std::u16string Units() {
    std::u16string units;
    const bool wide = Flag();
    for (std::size_t left = Below(9); left > 0; --left) {
      units += wide ? Take<char16_t>() : static_cast<char16_t>(Take<std::uint8_t>());
    }
    return units;
  }
  // Milliseconds of a Date within the reach of the clock that counts nanoseconds.
  std::int64_t Milliseconds() { return Take<std::int64_t>() % 9'000'000'000'000; }

 private:
  std::span<const std::uint8_t> bits_;
};

bool SameBits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (a != a && b != b);
}

bool SameBits(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return SameBits(x, y); });
}

template <class T>
bool SamePointee(const T& a, const T& b) {
  return a == nullptr || b == nullptr ? a == b : *a == *b;
}

// Whether the links form the same shape: each link of one stands for one of the other.
bool SameShape(const std::vector<std::shared_ptr<Link>>& a,
               const std::vector<std::shared_ptr<Link>>& b) {
  std::map<const Link*, const Link*> seen;
  std::vector<std::pair<const Link*, const Link*>> open;
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) open.emplace_back(a[i].get(), b[i].get());
  while (!open.empty()) {
    const auto [x, y] = open.back();
    open.pop_back();
    if (x == nullptr || y == nullptr) {
      if (x != y) return false;
      continue;
    }
    const auto [at, fresh] = seen.emplace(x, y);
    if (at->second != y || x->value != y->value) return false;
    if (!fresh) continue;
    open.emplace_back(x->next.get(), y->next.get());
    open.emplace_back(x->back.lock().get(), y->back.lock().get());
  }
  return true;
}

bool SameBytes(const ArrayBuffer& a, const ArrayBuffer& b) {
  const std::span<const std::byte> x = a.ConstSpan(), y = b.ConstSpan();
  return std::equal(x.begin(), x.end(), y.begin(), y.end()) &&
         a.max_byte_length() == b.max_byte_length();
}

bool SameView(const ArrayBufferView& a, const ArrayBufferView& b) {
  return a.kind == b.kind && a.byte_offset == b.byte_offset && a.length == b.length &&
         a.length_tracking == b.length_tracking &&
         SameBytes(*a.buffer.array_buffer(), *b.buffer.array_buffer());
}

bool IsOver(const ArrayBufferView& view, const ArrayBuffer& buffer) {
  return view.buffer.array_buffer()->identity() == buffer.identity();
}

bool SameBoxes(const Box<std::u16string>* a, const Box<std::u16string>* b) {
  for (; a != nullptr && b != nullptr; a = a->inner.get(), b = b->inner.get()) {
    if (a->value != b->value) return false;
  }
  return a == b;
}

void FillMemory(Rich& rich, Bits& bits) {
  rich.buffer = *ArrayBuffer::Create(2 * bits.Below(40));
  for (std::byte& byte : rich.buffer.Span()) byte = bits.Take<std::byte>();
  rich.part = bits.Flag() ? *Uint16Array::Over(rich.buffer) : *Uint16Array::Create(bits.Below(5));
  rich.view = bits.Flag() ? *DataView::Over(rich.buffer, rich.buffer.byte_length() / 2)
                          : *DataView::Over(*ArrayBuffer::Create(3), 1, 2);
  rich.blob = std::make_shared<std::vector<std::byte>>(bits.Below(9), bits.Take<std::byte>());
  if (bits.Flag()) rich.same_blob = rich.blob;
}

void FillCollections(Rich& rich, Bits& bits) {
  for (std::size_t left = bits.Below(6); left > 0; --left) {
    rich.numbers.push_back(bits.Flag() ? bits.Take<double>() : bits.Take<std::int16_t>());
    rich.flags.push_back(bits.Flag());
    rich.bytes.push_back(bits.Take<std::uint8_t>());
    rich.leaves.push_back({bits.Take<int>(), bits.Text()});
    rich.queue.push_back(bits.Take<int>());
    rich.lines.push_back(bits.Text());
    rich.sorted[bits.Text()] = bits.Take<int>();
    rich.hashed[bits.Take<std::int16_t>()] = bits.Text();
    rich.flat[bits.Text()].assign(bits.Below(4), bits.Take<int>());
    rich.words.insert(bits.Text());
    rich.odd.insert(bits.Take<std::int64_t>());
    rich.even.insert(bits.Take<std::uint64_t>());
    rich.links.push_back(std::make_shared<Link>());
    rich.links.back()->value = bits.Take<int>();
  }
  for (const std::shared_ptr<Link>& link : rich.links) {
    if (bits.Flag()) link->next = rich.links[bits.Below(rich.links.size())];
    if (bits.Flag()) link->back = rich.links[bits.Below(rich.links.size())];
  }
}

}  // namespace

void Rich::CutCycles() {
  for (const std::shared_ptr<Link>& link : links) {
    for (std::shared_ptr<Link> at = link; at != nullptr;) at = std::exchange(at->next, nullptr);
  }
}

Rich RandomRich(std::span<const std::uint8_t> random) {
  Bits bits(random);
  Rich rich;
  rich.flag = bits.Flag();
  rich.tiny = bits.Take<std::int8_t>();
  rich.small = bits.Take<std::uint16_t>();
  rich.middle = bits.Take<std::uint32_t>();
  rich.large = bits.Take<std::int64_t>() >> bits.Below(64);
  rich.huge = bits.Take<std::uint64_t>() >> bits.Below(64);
  rich.single = bits.Take<float>();
  rich.number = bits.Take<double>();
  rich.flavor = static_cast<Flavor>(bits.Take<std::int8_t>());
  rich.byte = bits.Take<std::byte>();
  rich.text = bits.Text();
  rich.units = bits.Units();
  const std::array<std::uint64_t, 3> limbs = {bits.Take<std::uint64_t>(),
                                              bits.Take<std::uint64_t>(), 1};
  rich.big = BigInt(bits.Flag(), std::span(limbs).first(bits.Below(4)));
  if (bits.Flag()) rich.title = bits.Text();
  switch (bits.Below(4)) {
    case 1:
      rich.either = bits.Take<int>();
      break;
    case 2:
      rich.either = bits.Text();
      break;
    case 3:
      rich.either = Leaf{bits.Take<int>(), bits.Text()};
      break;
    default:
      break;
  }
  rich.triple = {bits.Take<int>(), bits.Text(), bits.Flag()};
  rich.named = {bits.Text(), bits.Take<std::int32_t>() / 4.0};
  rich.fixed = {bits.Take<int>(), bits.Take<int>(), bits.Take<int>()};
  rich.digest = bits.Take<std::array<std::uint8_t, 4>>();
  for (int& cell : rich.grid) cell = bits.Take<int>();
  FillCollections(rich, bits);
  rich.when = std::chrono::system_clock::time_point(std::chrono::milliseconds(bits.Milliseconds()));
  rich.moment = absl::FromUnixMillis(bits.Milliseconds());
  rich.pause = absl::Nanoseconds(bits.Take<std::int64_t>() / 2);
  rich.seconds = std::chrono::duration<double>(bits.Take<std::int32_t>() / 8.0);
  rich.account = Account(bits.Take<std::uint32_t>(), bits.Text());
  if (bits.Flag()) rich.maybe = std::make_unique<Leaf>(Leaf{bits.Take<int>(), bits.Text()});
  rich.box.value = bits.Units();
  if (bits.Flag()) {
    rich.box.inner = std::make_unique<Box<std::u16string>>();
    rich.box.inner->value = bits.Units();
  }
  FillMemory(rich, bits);
  Graph& graph = rich.dynamic;
  const Value shared = graph.Array({bits.Take<int>(), bits.Text()});
  graph.SetRoot(graph.Object({{"a", shared}, {"b", shared}, {bits.Text(), bits.Take<double>()}}));
  return rich;
}

std::string Difference(const Rich& a, const Rich& b) {
  const std::pair<const char*, bool> fields[] = {
      {"an integer",
       std::tie(a.flag, a.tiny, a.small, a.middle, a.large, a.huge, a.byte, a.flavor) ==
           std::tie(b.flag, b.tiny, b.small, b.middle, b.large, b.huge, b.byte, b.flavor)},
      {"a float", SameBits(a.single, b.single) && SameBits(a.number, b.number)},
      {"text", a.text == b.text && a.units == b.units && a.big == b.big},
      {"a choice", a.title == b.title && a.either == b.either},
      {"a tuple", a.triple == b.triple && a.named.first == b.named.first &&
                      SameBits(a.named.second, b.named.second)},
      {"an array",
       a.fixed == b.fixed && a.digest == b.digest && std::equal(a.grid, a.grid + 2, b.grid)},
      {"numbers", SameBits(a.numbers, b.numbers)},
      {"a sequence", std::tie(a.flags, a.bytes, a.leaves, a.queue, a.lines) ==
                         std::tie(b.flags, b.bytes, b.leaves, b.queue, b.lines)},
      {"a map", a.sorted == b.sorted && a.hashed == b.hashed && a.flat == b.flat},
      {"a set", a.words == b.words && a.odd == b.odd && a.even == b.even},
      {"a time", a.when == b.when && a.moment == b.moment && a.pause == b.pause &&
                     SameBits(a.seconds.count(), b.seconds.count())},
      {"account", a.account == b.account},
      {"a pointer", SamePointee(a.maybe, b.maybe) && SameBoxes(&a.box, &b.box)},
      {"links", SameShape(a.links, b.links) && SameShape(b.links, a.links)},
      {"a blob", SamePointee(a.blob, b.blob) && SamePointee(a.same_blob, b.same_blob) &&
                     (a.blob == a.same_blob) == (b.blob == b.same_blob)},
      {"buffer", SameBytes(a.buffer, b.buffer)},
      {"a view", SameView(a.part.AsView(), b.part.AsView()) &&
                     SameView(a.view.AsView(), b.view.AsView()) &&
                     IsOver(a.part.AsView(), a.buffer) == IsOver(b.part.AsView(), b.buffer)},
      {"dynamic", DeepEquals(a.dynamic.root(), b.dynamic.root())},
  };
  for (const auto& [name, same] : fields) {
    if (!same) return name;
  }
  return "";
}

}  // namespace sabre::testing
