// lib/clone/debug_string.cc
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/clone/node.h"
#include "lib/clone/number_text.h"
#include "sabre/clone/value.h"

namespace sabre {
namespace {

constexpr std::size_t kMaxDepth = 16;  // of what is printed, and so of the recursion
constexpr std::size_t kMaxLimbs = 64;  // digits of a BigInt take quadratic time
constexpr std::size_t kMaxBytes = 16;  // of a buffer
constexpr std::size_t kMaxCharacters = 200;

// In the order of RegExp.prototype.flags.
constexpr std::pair<std::uint32_t, char> kRegExpLetters[] = {
    {128, 'd'}, {1, 'g'}, {2, 'i'}, {4, 'm'}, {32, 's'}, {16, 'u'}, {256, 'v'}, {8, 'y'}};

class Printer {
 public:
  explicit Printer(std::size_t max_length) : max_length_(max_length) {}

  std::string Print(Value value) {
    PrintValue(value);
    if (out_.size() > max_length_) {
      constexpr std::string_view kCut = "…";
      const bool room = max_length_ >= kCut.size();
      std::size_t length = room ? max_length_ - kCut.size() : max_length_;
      while (length > 0 && (out_[length] & 0xc0) == 0x80) --length;  // no half characters
      out_.resize(length);
      if (room) out_ += kCut;
    }
    return std::move(out_);
  }

 private:
  bool Full() const { return out_.size() > max_length_; }

  // The text, or its beginning: a long one costs no more.
  static std::string Short(Value text) {
    if (text.size() <= kMaxCharacters) return text.AsString();
    using Access = internal::ValueAccess;
    const bool two_byte = Access::two_byte(text);
    return Access::String(Access::pointer(text), kMaxCharacters, two_byte).AsString() + "…";
  }

  void Quoted(Value text) {
    out_ += '"';
    for (const char c : Short(text)) {
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        out_ += c == '\n' ? "\\n" : " ";
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  void Key(Value key) {
    if (key.is_number()) {
      out_ += internal::NumberToString(key.AsNumber());
    } else {
      Quoted(key);
    }
  }

  void Entries(Value value, char open, char close, bool keys) {
    out_ += open;
    bool first = true;
    for (const auto& [key, item] : value.entries()) {
      if (!first) out_ += ", ";
      first = false;
      if (Full()) break;
      if (keys) {
        value.kind() == ValueKind::kMap ? PrintValue(key) : Key(key);
        out_ += value.kind() == ValueKind::kMap ? " => " : ": ";
      }
      PrintValue(item);
    }
    out_ += close;
  }

  void Array(Value array) {
    out_ += '[';
    double next = 0;
    bool first = true;
    for (const auto& [key, item] : array.entries()) {
      if (Full()) break;
      if (!first) out_ += ", ";
      first = false;
      if (!key.is_number()) {
        Key(key);
        out_ += ": ";
      } else if (key.AsNumber() != next) {
        absl::StrAppend(&out_, "<", static_cast<std::uint64_t>(key.AsNumber() - next), " holes>, ");
      }
      if (key.is_number()) next = key.AsNumber() + 1;
      PrintValue(item);
    }
    if (next < static_cast<double>(array.size()) && !Full()) {
      absl::StrAppend(&out_, first ? "<" : ", <", array.size() - static_cast<std::uint64_t>(next),
                      " holes>");
    }
    out_ += ']';
  }

  void Bytes(std::span<const std::byte> bytes) {
    constexpr char kHex[] = "0123456789abcdef";
    absl::StrAppend(&out_, "(", bytes.size(), ") <");
    for (std::size_t i = 0; i < bytes.size() && i < kMaxBytes; ++i) {
      out_ += kHex[static_cast<unsigned>(bytes[i]) >> 4];
      out_ += kHex[static_cast<unsigned>(bytes[i]) & 15];
    }
    out_ += bytes.size() > kMaxBytes ? "…>" : ">";
  }

  void Error(Value error) {
    out_ += error.error_name();
    if (error.error_message().is_string()) {
      out_ += ": ";
      Quoted(error.error_message());
    }
    if (error.error_has_cause()) {
      out_ += " (cause: ";
      PrintValue(error.error_cause());
      out_ += ")";
    }
  }

  void PrintValue(Value value) {
    if (Full()) return;
    switch (value.kind()) {
      case ValueKind::kBoolean:
        out_ += value.AsBool() ? "true" : "false";
        return;
      case ValueKind::kNumber:
        out_ += internal::NumberToString(value.AsNumber());
        return;
      case ValueKind::kBigInt:
        PrintBigInt(value);
        return;
      case ValueKind::kString:
        Quoted(value);
        return;
      case ValueKind::kUndefined:
      case ValueKind::kNull:
        out_ += ValueKindName(value.kind());
        return;
      default:
        break;
    }
    for (const Value around : path_) {
      if (around.Same(value)) {
        out_ += "[Circular]";
        return;
      }
    }
    if (path_.size() >= kMaxDepth) {
      absl::StrAppend(&out_, "[", ValueKindName(value.kind()), "]");
      return;
    }
    path_.push_back(value);
    PrintObject(value);
    path_.pop_back();
  }

  void PrintBigInt(Value value) {
    const BigInt big = value.AsBigInt();
    if (big.limbs().size() > kMaxLimbs) {
      absl::StrAppend(&out_, "<BigInt of ", big.limbs().size() * 64, " bits>");
    } else {
      absl::StrAppend(&out_, big.ToString(), "n");
    }
  }

  void PrintObject(Value value) {
    switch (value.kind()) {
      case ValueKind::kObject:
        Entries(value, '{', '}', /*keys=*/true);
        return;
      case ValueKind::kArray:
        Array(value);
        return;
      case ValueKind::kError:
        Error(value);
        return;
      case ValueKind::kRegExp:
        absl::StrAppend(&out_, "/", Short(value.regexp_source()), "/");
        for (const auto& [bit, letter] : kRegExpLetters) {
          if ((value.regexp_flags() & bit) != 0) out_ += letter;
        }
        return;
      case ValueKind::kTransferable:
        out_ += "[transferable]";
        return;
      case ValueKind::kPlatformObject:
        absl::StrAppend(&out_, Short(value.platform_type()), " ");
        PrintValue(value.platform_data());
        return;
      case ValueKind::kView: {
        const ArrayBufferView view = value.view();
        absl::StrAppend(&out_, ViewName(view.kind), "(", view.length, ")");
        return;
      }
      default:
        break;
    }
    out_ += ValueKindName(value.kind());
    switch (value.kind()) {
      case ValueKind::kMap:
        Entries(value, '{', '}', /*keys=*/true);
        return;
      case ValueKind::kSet:
        Entries(value, '{', '}', /*keys=*/false);
        return;
      case ValueKind::kDate:
      case ValueKind::kNumberObject:
        absl::StrAppend(&out_, "(", internal::NumberToString(value.AsNumber()), ")");
        return;
      case ValueKind::kBooleanObject:
        out_ += value.AsBool() ? "(true)" : "(false)";
        return;
      case ValueKind::kBigIntObject:
        out_ += '(';
        PrintBigInt(value);
        out_ += ')';
        return;
      case ValueKind::kStringObject:
        out_ += '(';
        Quoted(internal::ValueAccess::node<internal::BoxedNode>(value)->primitive);
        out_ += ')';
        return;
      case ValueKind::kArrayBuffer:
        Bytes(value.array_buffer().ConstSpan());
        return;
      case ValueKind::kSharedArrayBuffer:
        absl::StrAppend(&out_, "(", value.shared_array_buffer().byte_length(), ")");
        return;
      default:
        return;
    }
  }

  const std::size_t max_length_;
  std::string out_;
  std::vector<Value> path_;
};

}  // namespace

std::string Value::ToDebugString(std::size_t max_length) const {
  return Printer(max_length).Print(*this);
}

}  // namespace sabre
