#include "examples/sabre_inspect/canonical.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "examples/sabre_inspect/hex.h"
#include "lib/clone/node.h"

namespace sabre_inspect {
namespace {

using sabre::Value;
using sabre::ValueKind;
using sabre::internal::ValueAccess;
using sabre::internal::ViewNode;

std::string Digits(std::uint64_t value, int digits) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(value));
  return text;
}

std::string Bits(double number) {
  return Digits(number != number ? 0x7ff8000000000000 : std::bit_cast<std::uint64_t>(number), 16);
}

std::string Text(const std::u16string& text) {
  const auto plain = [](char16_t unit) { return unit >= 0x20 && unit < 0x7f; };
  if (text.size() <= 200 && std::all_of(text.begin(), text.end(), plain)) {
    std::string out = "\"";
    for (const char16_t unit : text) {
      if (unit == '"' || unit == '\\') out += '\\';
      out += static_cast<char>(unit);
    }
    return out + "\"";
  }
  std::string units;
  const std::size_t shown = text.size() > 600 ? 16 : text.size();
  for (std::size_t i = 0; i < shown; ++i) units += Digits(text[i], 4);
  if (text.size() > 600) units += "...x" + std::to_string(text.size());
  return R"({"u16":")" + units + "\"}";
}

std::string BytesText(std::span<const std::byte> bytes) {
  const std::span<const std::uint8_t> all(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                          bytes.size());
  if (bytes.size() <= 600) return ToHex(all);
  return ToHex(all.first(32)) + "...x" + std::to_string(bytes.size());
}

std::string Flags(std::uint32_t bits) {
  constexpr std::pair<char, std::uint32_t> kFlags[] = {{'d', 128}, {'g', 1},  {'i', 2},   {'m', 4},
                                                       {'s', 32},  {'u', 16}, {'v', 256}, {'y', 8}};
  std::string flags;
  for (const auto& [letter, bit] : kFlags) {
    if ((bits & bit) != 0) flags += letter;
  }
  return flags;
}

std::string BigIntText(const sabre::BigInt& value) {
  return R"({"t":"bigint","v":")" + value.ToString() + "\"}";
}

std::string StringText(const std::u16string& text) {
  return R"({"t":"str","s":)" + Text(text) + "}";
}

std::string Primitive(Value value) {
  switch (value.kind()) {
    case ValueKind::kUndefined:
      return R"({"t":"undefined"})";
    case ValueKind::kNull:
      return R"({"t":"null"})";
    case ValueKind::kBoolean:
      return std::string(R"({"t":"bool","v":)") + (value.AsBool() ? "true}" : "false}");
    case ValueKind::kNumber:
      return R"({"t":"num","bits":")" + Bits(value.AsNumber()) + "\"}";
    case ValueKind::kBigInt:
      return BigIntText(value.AsBigInt());
    default:
      return StringText(value.AsU16String());
  }
}

// Writes with a stack of its own: a message nests as deeply as its sender likes.
class Describer {
 public:
  explicit Describer(bool host) : host_(host) {}

  std::string Describe(Value root) {
    Then(root);
    while (!pending_.empty()) {
      Piece piece = std::move(pending_.back());
      pending_.pop_back();
      if (piece.is_text) {
        out_ += piece.text;
      } else {
        // The pieces of the value come in their order, and are taken from the end.
        const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(pending_.size());
        Expand(piece.value);
        std::reverse(pending_.begin() + first, pending_.end());
      }
    }
    return std::move(out_);
  }

 private:
  struct Piece {
    bool is_text;
    Value value;
    std::string text;
  };

  void Then(std::string text) { pending_.push_back({true, Value(), std::move(text)}); }
  void Then(Value value) { pending_.push_back({false, value, {}}); }

  // Handles of one buffer are one object, however many there are of them.
  static const void* Identity(Value value) {
    if (value.kind() == ValueKind::kArrayBuffer) return value.array_buffer().block();
    if (value.kind() == ValueKind::kSharedArrayBuffer) return value.shared_array_buffer().block();
    return ValueAccess::pointer(value);
  }

  void Expand(Value value) {
    if (!value.has_identity()) {
      out_ += Primitive(value);
      return;
    }
    const auto [known, added] = ids_.try_emplace(Identity(value), ids_.size());
    const std::string id = std::to_string(known->second);
    if (added) {
      Object(value, ",\"id\":" + id);
    } else {
      out_ += R"({"t":"ref","id":)" + id + "}";
    }
  }

  // The entries whose keys are (not) indices.
  void Entries(Value value, bool indices) {
    bool first = true;
    for (const auto& [key, item] : value.entries()) {
      if (value.is_array() && key.is_number() != indices) continue;
      std::string before = first ? "[" : ",[";
      first = false;
      if (value.kind() == ValueKind::kMap) {
        Then(std::move(before));
        Then(key);
        before.clear();
      } else if (key.is_number()) {
        const std::string index = std::to_string(static_cast<std::uint64_t>(key.AsNumber()));
        before += value.is_array() ? index : "\"" + index + "\"";
      } else {
        before += Text(key.AsU16String());
      }
      Then(before + ",");
      Then(item);
      Then("]");
    }
  }

  void Error(Value value) {
    Then(std::string(",\"name\":\"") + value.error_name() + "\"");
    if (value.error_message().is_string()) {
      Then(",\"message\":");
      Then(value.error_message());
    }
    if (value.error_has_cause()) {
      Then(",\"cause\":");
      Then(value.error_cause());
    }
    if (value.error_stack().is_string()) {
      Then(",\"stack\":");
      Then(value.error_stack());
    }
    Then("}");
  }

  void View(Value value, const std::string& id) {
    const sabre::ArrayBufferView view = value.view();
    const std::uint8_t flags = ValueAccess::node<ViewNode>(value)->flags;
    const std::size_t length = view.length * sabre::ElementSize(view.kind);
    if (host_ || (flags & ViewNode::kHost) != 0) {
      const bool node_buffer = (flags & ViewNode::kNodeBuffer) != 0;
      const std::span<const std::byte> all = view.buffer.array_buffer()->ConstSpan();
      out_ += R"({"t":"hostview")" + id + ",\"kind\":\"" +
              (node_buffer ? "Buffer" : sabre::ViewName(view.kind)) + "\",\"bytes\":\"" +
              BytesText(all.subspan(view.byte_offset, length)) + "\"}";
      return;
    }
    out_ += R"({"t":"view")" + id + ",\"kind\":\"" + sabre::ViewName(view.kind) +
            "\",\"byteOffset\":" + std::to_string(view.byte_offset) +
            ",\"byteLength\":" + std::to_string(length) + ",\"buffer\":";
    Then(value.view_buffer());
    Then("}");
  }

  void Buffer(Value value, const std::string& id) {
    const bool shared = value.kind() == ValueKind::kSharedArrayBuffer;
    const std::span<const std::byte> bytes =
        shared ? value.shared_array_buffer().ExclusiveSpan() : value.array_buffer().ConstSpan();
    out_ += R"({"t":"arraybuffer")" + id + ",\"shared\":" + (shared ? "true" : "false") +
            ",\"max\":" + (value.resizable() ? std::to_string(value.max_byte_length()) : "null") +
            ",\"bytes\":\"" + BytesText(bytes) + "\"}";
  }

  void Object(Value value, const std::string& id) {
    switch (value.kind()) {
      case ValueKind::kObject:
        out_ += R"({"t":"object")" + id + ",\"props\":[";
        Entries(value, true);
        Then("]}");
        return;
      case ValueKind::kArray:
        out_ +=
            R"({"t":"array")" + id + ",\"length\":" + std::to_string(value.size()) + ",\"elems\":[";
        Entries(value, true);
        Then("],\"props\":[");
        Entries(value, false);
        Then("]}");
        return;
      case ValueKind::kMap:
        out_ += R"({"t":"map")" + id + ",\"entries\":[";
        Entries(value, true);
        Then("]}");
        return;
      case ValueKind::kSet: {
        out_ += R"({"t":"set")" + id + ",\"values\":[";
        bool first = true;
        for (const auto& entry : value.entries()) {
          if (!first) Then(",");
          first = false;
          Then(entry.key);
        }
        Then("]}");
        return;
      }
      case ValueKind::kDate:
        out_ += R"({"t":"date")" + id + ",\"bits\":\"" + Bits(value.AsNumber()) + "\"}";
        return;
      case ValueKind::kBooleanObject:
        return Boxed(id, Primitive(Value(value.AsBool())));
      case ValueKind::kNumberObject:
        return Boxed(id, Primitive(Value(value.AsNumber())));
      case ValueKind::kBigIntObject:
        return Boxed(id, BigIntText(value.AsBigInt()));
      case ValueKind::kStringObject:
        return Boxed(id, StringText(value.AsU16String()));
      case ValueKind::kRegExp:
        out_ += R"({"t":"regexp")" + id +
                ",\"source\":" + Text(value.regexp_source().AsU16String()) + ",\"flags\":\"" +
                Flags(value.regexp_flags()) + "\"}";
        return;
      case ValueKind::kError:
        out_ += R"({"t":"error")" + id;
        return Error(value);
      case ValueKind::kArrayBuffer:
      case ValueKind::kSharedArrayBuffer:
        return Buffer(value, id);
      case ValueKind::kView:
        return View(value, id);
      default:
        out_ += R"({"t":"transferable")" + id + "}";
        return;
    }
  }

  void Boxed(const std::string& id, const std::string& inner) {
    out_ += R"({"t":"boxed")" + id + ",\"v\":" + inner + "}";
  }

  const bool host_;
  std::string out_;
  std::vector<Piece> pending_;  // the next one last
  std::unordered_map<const void*, std::size_t> ids_;
};

}  // namespace

std::string Canonical(Value value, bool host) { return Describer(host).Describe(value); }

}  // namespace sabre_inspect
