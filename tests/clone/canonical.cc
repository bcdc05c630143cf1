// tests/clone/canonical.cc
#include "tests/clone/canonical.h"

#include <bit>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "lib/clone/node.h"
#include "tests/clone/test_data.h"

namespace sabre::testing {
namespace {

std::string Number(std::uint64_t value, int digits) {
  char text[24];
  std::snprintf(text, sizeof text, "%0*llx", digits, static_cast<unsigned long long>(value));
  return text;
}

class Describer {
 public:
  explicit Describer(bool host) : host_(host) {}

  std::string Describe(Value value) {
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
        return R"({"t":"bigint","v":")" + value.AsBigInt().ToString() + "\"}";
      case ValueKind::kString:
        return R"({"t":"str","s":)" + Text(value.AsU16String()) + "}";
      default:
        break;
    }
    const void* const node = internal::ValueAccess::pointer(value);
    const auto [known, added] = ids_.try_emplace(node, ids_.size());
    if (!added) return R"({"t":"ref","id":)" + std::to_string(known->second) + "}";
    return Object(value, ",\"id\":" + std::to_string(known->second));
  }

 private:
  static std::string Bits(double number) {
    return Number(number != number ? 0x7ff8000000000000 : std::bit_cast<std::uint64_t>(number), 16);
  }

  static std::string Text(const std::u16string& text) {
    bool plain = text.size() <= 200;
    for (const char16_t unit : text) plain = plain && unit >= 0x20 && unit < 0x7f;
    if (plain) {
      std::string out = "\"";
      for (const char16_t unit : text) {
        if (unit == '"' || unit == '\\') out += '\\';
        out += static_cast<char>(unit);
      }
      return out + "\"";
    }
    std::string units;
    const std::size_t shown = text.size() > 600 ? 16 : text.size();
    for (std::size_t i = 0; i < shown; ++i) units += Number(text[i], 4);
    if (text.size() > 600) units += "...x" + std::to_string(text.size());
    return R"({"u16":")" + units + "\"}";
  }

  static std::string Bytes(std::span<const std::byte> bytes) {
    const std::span<const std::uint8_t> all(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            bytes.size());
    if (bytes.size() <= 600) return ToHex(all);
    return ToHex(all.first(32)) + "...x" + std::to_string(bytes.size());
  }

  // The entries whose keys are (not) indices.
  std::string Entries(Value value, bool indices) {
    std::string out;
    for (const auto& [key, item] : value.entries()) {
      if (value.is_array() && key.is_number() != indices) continue;
      if (!out.empty()) out += ',';
      out += '[';
      if (value.kind() == ValueKind::kMap) {
        out += Describe(key);
      } else if (key.is_number()) {
        const std::string index = std::to_string(static_cast<std::uint64_t>(key.AsNumber()));
        out += value.is_array() ? index : "\"" + index + "\"";
      } else {
        out += Text(key.AsU16String());
      }
      out += ',' + Describe(item) + ']';
    }
    return out;
  }

  std::string Error(Value value, const std::string& id) {
    std::string out = R"({"t":"error")" + id + ",\"name\":\"" + value.error_name() + "\"";
    if (value.error_message().is_string()) out += ",\"message\":" + Describe(value.error_message());
    if (value.error_has_cause()) out += ",\"cause\":" + Describe(value.error_cause());
    if (value.error_stack().is_string()) out += ",\"stack\":" + Describe(value.error_stack());
    return out + "}";
  }

  std::string View(Value value, const std::string& id) {
    const ArrayBufferView view = value.view();
    const auto* node = internal::ValueAccess::node<internal::ViewNode>(value);
    const bool buffer = (node->flags & internal::ViewNode::kNodeBuffer) != 0;
    const std::size_t length = view.length * ElementSize(view.kind);
    if (host_) {
      return R"({"t":"hostview")" + id + ",\"kind\":\"" +
             (buffer ? "Buffer" : ViewName(view.kind)) + "\",\"bytes\":\"" +
             Bytes(view.buffer.array_buffer()->Span().subspan(view.byte_offset, length)) + "\"}";
    }
    return R"({"t":"view")" + id + ",\"kind\":\"" + ViewName(view.kind) +
           "\",\"byteOffset\":" + std::to_string(view.byte_offset) +
           ",\"byteLength\":" + std::to_string(length) +
           ",\"buffer\":" + Describe(value.view_buffer()) + "}";
  }

  std::string Object(Value value, const std::string& id) {
    switch (value.kind()) {
      case ValueKind::kObject:
        return R"({"t":"object")" + id + ",\"props\":[" + Entries(value, true) + "]}";
      case ValueKind::kArray: {
        const std::string elements = Entries(value, true);
        return R"({"t":"array")" + id + ",\"length\":" + std::to_string(value.size()) +
               ",\"elems\":[" + elements + "],\"props\":[" + Entries(value, false) + "]}";
      }
      case ValueKind::kMap:
        return R"({"t":"map")" + id + ",\"entries\":[" + Entries(value, true) + "]}";
      case ValueKind::kSet: {
        std::string items;
        for (const auto& entry : value.entries()) {
          if (!items.empty()) items += ',';
          items += Describe(entry.key);
        }
        return R"({"t":"set")" + id + ",\"values\":[" + items + "]}";
      }
      case ValueKind::kDate:
        return R"({"t":"date")" + id + ",\"bits\":\"" + Bits(value.AsNumber()) + "\"}";
      case ValueKind::kBooleanObject:
        return Boxed(id, Describe(Value(value.AsBool())));
      case ValueKind::kNumberObject:
        return Boxed(id, Describe(Value(value.AsNumber())));
      case ValueKind::kBigIntObject:
        return Boxed(id, R"({"t":"bigint","v":")" + value.AsBigInt().ToString() + "\"}");
      case ValueKind::kStringObject:
        return Boxed(id, R"({"t":"str","s":)" + Text(value.AsU16String()) + "}");
      case ValueKind::kRegExp: {
        std::string flags;
        const std::pair<char, std::uint32_t> kFlags[] = {
            {'d', 128}, {'g', 1}, {'i', 2}, {'m', 4}, {'s', 32}, {'u', 16}, {'v', 256}, {'y', 8}};
        for (const auto& [letter, bit] : kFlags) {
          if ((value.regexp_flags() & bit) != 0) flags += letter;
        }
        return R"({"t":"regexp")" + id +
               ",\"source\":" + Text(value.regexp_source().AsU16String()) + ",\"flags\":\"" +
               flags + "\"}";
      }
      case ValueKind::kError:
        return Error(value, id);
      case ValueKind::kArrayBuffer:
      case ValueKind::kSharedArrayBuffer: {
        const bool shared = value.kind() == ValueKind::kSharedArrayBuffer;
        const auto bytes =
            shared ? value.shared_array_buffer().ExclusiveSpan() : value.array_buffer().Span();
        return R"({"t":"arraybuffer")" + id + ",\"shared\":" + (shared ? "true" : "false") +
               ",\"max\":" +
               (value.resizable() ? std::to_string(value.max_byte_length()) : "null") +
               ",\"bytes\":\"" + Bytes(bytes) + "\"}";
      }
      case ValueKind::kView:
        return View(value, id);
      default:
        return R"({"t":"transferable")" + id + "}";
    }
  }

  static std::string Boxed(const std::string& id, const std::string& inner) {
    return R"({"t":"boxed")" + id + ",\"v\":" + inner + "}";
  }

  const bool host_;
  std::unordered_map<const void*, std::size_t> ids_;
};

}  // namespace

std::string Canonical(Value value, bool host) { return Describer(host).Describe(value); }

std::vector<std::uint8_t> FromHex(std::string_view text) {
  std::string hex(text);
  std::erase(hex, ' ');  // spaces are for the reader
  std::vector<std::uint8_t> bytes;
  const auto digit = [](char c) {
    return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  };
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return bytes;
}

std::string ToHex(std::span<const std::uint8_t> bytes) {
  std::string hex;
  for (const std::uint8_t byte : bytes) hex += Number(byte, 2);
  return hex;
}

std::vector<std::vector<std::string>> ReadTable(const std::string& name) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream file(std::string(SABRE_CLONE_TEST_DATA) + "/" + name);
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, '\t');) cells.push_back(cell);
    rows.push_back(cells);
  }
  return rows;
}

}  // namespace sabre::testing
