// tests/clone/random_value.cc
#include "tests/clone/random_value.h"

#include <bit>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "sabre/memory/array_buffer.h"
#include "sabre/memory/shared_array_buffer.h"

namespace sabre::testing {
namespace {

constexpr double kOddNumbers[] = {0.0,
                                  -0.0,
                                  1.0,
                                  -1.0,
                                  63.0,
                                  64.0,
                                  -64.0,
                                  -65.0,
                                  8191.0,
                                  8192.0,
                                  1073741823.0,
                                  1073741824.0,
                                  -1073741825.0,
                                  2147483647.0,
                                  2147483648.0,
                                  -2147483648.0,
                                  -2147483649.0,
                                  4294967295.0,
                                  9007199254740991.0,
                                  0.5,
                                  -1.5,
                                  1e300,
                                  5e-324,
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN()};

// Keys that look like something else.
constexpr std::string_view kOddKeys[] = {"",         "__proto__",   "constructor",
                                         "toString", "-1",          "01",
                                         "-0",       "1.5",         "1e3",
                                         "NaN",      "4294967294",  "4294967295",
                                         "00",       "2147483647",  "2147483648",
                                         "0",        "10",          "9007199254740993",
                                         "Infinity", "caf\xc3\xa9", "\xe2\x82\xac",
                                         " ",        "a\nb",        "\xf0\x9f\x98\x80",
                                         "t",        "id",          "a rather longer name",
                                         "x",        "y",           "z"};

// As RegExp.prototype.source gives them: valid with and without flag `u`.
constexpr std::string_view kSources[] = {"(?:)", "a+",       "^\\d{2,3}$", "[a-z]\\/",
                                         "\\n",  "(?<x>.)b", "\xc3\xa9",   "\xe2\x82\xac|a"};
constexpr std::uint32_t kRegExpBits[] = {1, 2, 4, 8, 16, 32, 128};
constexpr std::uint32_t kUnicode = 16;
constexpr std::uint32_t kUnicodeSets = 256;

constexpr const char* kErrorNames[] = {"Error",       "EvalError", "RangeError", "ReferenceError",
                                       "SyntaxError", "TypeError", "URIError"};

constexpr std::size_t kDeepest = 12;

class Maker {
 public:
  Maker(Graph& graph, std::uint64_t seed, const RandomValueOptions& options)
      : graph_(graph), options_(options), random_(seed) {}

  // Many roots would be primitives, which are soon seen all: three of four are containers.
  Value Root() { return Below(4) == 0 ? Any() : Container(Below(4)); }

 private:
  // The distributions of the standard library are not the same everywhere.
  std::size_t Below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  bool OneIn(std::size_t count) { return Below(count) == 0; }
  template <class T, std::size_t kCount>
  T Pick(const T (&from)[kCount]) {
    return from[Below(kCount)];
  }

  Value Any() {
    if (!known_.empty() && OneIn(8)) return known_[Below(known_.size())];
    const std::size_t choice = Below(22);
    if (choice < 10 || objects_ >= options_.max_objects) return Primitive(choice % 10);
    if (choice < 18) {
      return depth_ < kDeepest ? Container(choice % 4) : Leaf(choice - 10);
    }
    return Leaf(Below(8));
  }

  Value Primitive(std::size_t choice) {
    switch (choice) {
      case 0:
        return OneIn(2) ? Value() : Value(nullptr);
      case 1:
        return Value(OneIn(2));
      case 2:
      case 3:
        return Value(static_cast<double>(Below(200)) - 100);
      case 4:
      case 5:
        return Value(Number());
      case 6:
        return graph_.BigInt(Big());
      default:
        return graph_.String(std::u16string_view(Text()));
    }
  }

  double Number() {
    if (OneIn(2)) return Pick(kOddNumbers);
    return std::bit_cast<double>(random_());
  }

  BigInt Big() {
    std::vector<std::uint64_t> limbs(Below(4));
    for (std::uint64_t& limb : limbs) limb = OneIn(4) ? Below(2) * ~std::uint64_t{0} : random_();
    return BigInt(OneIn(2), limbs);
  }

  std::u16string Text() {
    constexpr std::size_t kLengths[] = {0, 1, 2, 3, 5, 8, 15, 31, 63, 64, 127, 128, 300};
    constexpr char16_t kOddUnits[] = {0,      0x7f,   0x80,   0xff,   0x100,  0x2028,
                                      0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfeff, 0xffff};
    std::u16string text(kLengths[Below(OneIn(8) ? 13 : 7)], u'a');
    const std::size_t width = Below(4);
    for (char16_t& unit : text) {
      unit = static_cast<char16_t>(width == 0   ? ' ' + Below(95)
                                   : width == 1 ? Below(0x100)
                                   : width == 2 ? (OneIn(2) ? Pick(kOddUnits) : Below(0x10000))
                                                : 'a' + Below(26));
    }
    return text;
  }

  std::string Key() {
    if (OneIn(3)) return std::string(Pick(kOddKeys));
    if (OneIn(4)) return std::to_string(Below(40));
    std::string key(1 + Below(12), 'a');
    for (char& c : key) c = static_cast<char>('a' + Below(26));
    return key;
  }

  Value Known(Value value) {
    ++objects_;
    known_.push_back(value);
    return value;
  }

  Value Container(std::size_t choice) {
    ++depth_;
    const std::size_t count = OneIn(6) ? Below(30) : Below(6);
    const Value value = choice == 0   ? Object(count)
                        : choice == 1 ? Array(count)
                        : choice == 2 ? Map(count)
                                      : Set(count);
    --depth_;
    return value;
  }

  Value Object(std::size_t count) {
    const Value object = Known(graph_.Object());
    for (; count > 0; --count) graph_.SetProperty(object, Key(), Any());
    return object;
  }

  Value Array(std::size_t count) {
    const Value array = Known(graph_.Array());
    const std::size_t form = Below(8);
    for (; count > 0; --count) graph_.Append(array, form == 0 ? Value(Number()) : Any());
    if (form == 1) {  // holes
      const std::size_t length = array.size();
      if (length > 0) graph_.DeleteIndex(array, static_cast<std::uint32_t>(Below(length)));
      graph_.SetIndex(array, static_cast<std::uint32_t>(length + Below(20)), Any());
    } else if (form == 2) {  // long and nearly empty
      graph_.SetIndex(array, OneIn(3) ? 0xfffffffe : static_cast<std::uint32_t>(random_() >> 33),
                      Any());
    } else if (form == 3) {
      graph_.SetLength(array, static_cast<std::uint32_t>(Below(1000)));
    }
    if (form >= 5 && OneIn(2)) {
      for (std::size_t i = Below(3); i > 0; --i) {
        const std::string key = "p" + Key();  // not an index
        graph_.SetProperty(array, key, Any());
      }
    }
    return array;
  }

  Value Map(std::size_t count) {
    const Value map = Known(graph_.Map());
    for (; count > 0; --count) {
      const Value key = Any();
      graph_.MapSet(map, key, Any());
    }
    return map;
  }

  Value Set(std::size_t count) {
    const Value set = Known(graph_.Set());
    for (; count > 0; --count) graph_.SetAdd(set, Any());
    return set;
  }

  Value Leaf(std::size_t choice) {
    switch (choice) {
      case 0:
        return Known(graph_.Date(OneIn(2) ? static_cast<double>(random_() >> 24) : Number()));
      case 1:
        return Known(graph_.Boxed(Boxable()));
      case 2:
        return Known(RegExp());
      case 3:
        return options_.errors ? Error() : Known(graph_.Date(0));
      default:
        break;
    }
    if (!options_.buffers) return Known(graph_.Date(0));
    if (choice == 4 || buffers_.empty()) {
      const BufferHandle buffer = Buffer();
      buffers_.push_back(buffer);
      if (OneIn(2)) return Known(graph_.Make(Init(buffer)));
    }
    return Known(View());
  }

  Value Boxable() {
    switch (Below(4)) {
      case 0:
        return Value(OneIn(2));
      case 1:
        return Value(Number());
      case 2:
        return graph_.BigInt(Big());
      default:
        return graph_.String(std::u16string_view(Text()));
    }
  }

  Value RegExp() {
    std::uint32_t flags = 0;
    for (const std::uint32_t bit : kRegExpBits) flags |= OneIn(4) ? bit : 0;
    if (options_.regexp_sets && OneIn(4)) flags = (flags & ~kUnicode) | kUnicodeSets;
    return graph_.RegExp(Pick(kSources), flags);
  }

  // Is known only when it is complete, unless it may lead back to itself.
  Value Error() {
    const Value error = graph_.Error(
        Pick(kErrorNames), OneIn(4) ? Value() : graph_.String(std::u16string_view(Text())));
    ++objects_;
    if (options_.error_cycles) known_.push_back(error);
    if (OneIn(2)) graph_.SetErrorStack(error, "Error: at <here>\n\xe2\x82\xac");
    if (OneIn(3) && depth_ < kDeepest) {
      // What is open around the error leads back to it, too.
      const std::vector<Value> outside = known_;
      if (!options_.error_cycles) known_.clear();
      ++depth_;
      graph_.SetErrorCause(error, Any());
      --depth_;
      if (!options_.error_cycles) known_.insert(known_.begin(), outside.begin(), outside.end());
    }
    if (!options_.error_cycles) known_.push_back(error);
    return error;
  }

  template <class Buffer>
  Buffer Filled(Buffer buffer, std::span<std::byte> bytes) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random_());
    return buffer;
  }

  BufferHandle Buffer() {
    const std::size_t size = OneIn(8) ? 200 + Below(800) : Below(33);
    BufferOptions form;
    if (options_.resizable_buffers && OneIn(3)) form.max_byte_length = size + Below(40);
    if (options_.shared_memory && OneIn(4)) {
      SharedArrayBuffer shared = *SharedArrayBuffer::Create(size, form);
      return Filled(shared, shared.ExclusiveSpan());
    }
    ArrayBuffer buffer = *ArrayBuffer::Create(size, form);
    return Filled(buffer, buffer.Span());
  }

  static ValueInit Init(const BufferHandle& buffer) {
    if (buffer.shared()) return *buffer.shared_array_buffer();
    return *buffer.array_buffer();
  }

  Value View() {
    ArrayBufferView view;
    view.buffer = buffers_[Below(buffers_.size())];
    const std::size_t kinds = static_cast<std::size_t>(ViewKind::kFloat16);  // the last
    view.kind = static_cast<ViewKind>(Below(kinds + (options_.float16 ? 1 : 0)));
    const std::size_t element = ElementSize(view.kind);
    const std::size_t elements = view.buffer.byte_length() / element;
    const std::size_t first = Below(elements + 1);
    view.byte_offset = first * element;
    view.length = Below(elements - first + 1);
    if (view.buffer.resizable() && OneIn(2)) {
      view.length_tracking = true;
      view.length = elements - first;
    }
    return graph_.View(view);
  }

  Graph& graph_;
  const RandomValueOptions options_;
  std::mt19937_64 random_;
  std::size_t objects_ = 0;
  std::size_t depth_ = 0;
  std::vector<Value> known_;  // what may be named again
  std::vector<BufferHandle> buffers_;
};

}  // namespace

Value RandomValue(Graph& graph, std::uint64_t seed, const RandomValueOptions& options) {
  return Maker(graph, seed, options).Root();
}

}  // namespace sabre::testing
