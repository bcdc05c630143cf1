// lib/clone/deep_equals.cc
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/clone/node.h"
#include "sabre/clone/value.h"

namespace sabre {
namespace {

using internal::ValueAccess;

bool SamePrimitive(Value a, Value b) {
  // -0 and 0 are different values, if the same key.
  if (a.is_number() && b.is_number() && a.AsNumber() == 0 && b.AsNumber() == 0) {
    return std::bit_cast<std::uint64_t>(a.AsNumber()) == std::bit_cast<std::uint64_t>(b.AsNumber());
  }
  return a.Same(b);
}

bool SameBytes(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

class Comparison {
 public:
  bool Run(Value a, Value b) {
    bool equal = Add(a, b);
    while (equal && !open_.empty()) {
      const auto [x, y] = open_.back();
      open_.pop_back();
      equal = Parts(x, y);
    }
    return equal;
  }

 private:
  // Compares what can be compared at once, and remembers the rest. Two that were found to stand for
  // each other, by a chain of pairs, are equal if everything else is: that ends cycles, after at most as
  // many pairs as there are objects (J. Hopcroft and R. Karp, "A linear algorithm for testing
  // equivalence of finite automata", 1971).
  bool Add(Value a, Value b) {
    if (a.kind() != b.kind()) return false;
    if (!a.has_identity()) return SamePrimitive(a, b);
    const void* const x = Representative(ValueAccess::pointer(a));
    const void* const y = Representative(ValueAccess::pointer(b));
    if (x == y) return true;
    parent_[x] = y;
    open_.emplace_back(a, b);
    return true;
  }

  // Of the objects that stand for `object`; halves the path to it.
  const void* Representative(const void* object) {
    for (;;) {
      const auto found = parent_.find(object);
      if (found == parent_.end()) return object;
      if (const auto next = parent_.find(found->second); next != parent_.end()) {
        found->second = next->second;
      }
      object = found->second;
    }
  }

  bool Parts(Value a, Value b) {
    switch (a.kind()) {
      case ValueKind::kObject:
        return a.size() == b.size() && Properties(a, b);
      case ValueKind::kArray:
        return a.size() == b.size() && Properties(a, b) && Count(a) == Count(b);
      case ValueKind::kMap:
      case ValueKind::kSet: {
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i) {
          const Value::Entry x = a.EntryAt(i), y = b.EntryAt(i);
          if (!Add(x.key, y.key) || !Add(x.value, y.value)) return false;
        }
        return true;
      }
      case ValueKind::kDate:
      case ValueKind::kNumberObject:
        return SamePrimitive(a.AsNumber(), b.AsNumber());
      case ValueKind::kBooleanObject:
        return a.AsBool() == b.AsBool();
      case ValueKind::kBigIntObject:
        return a.AsBigInt() == b.AsBigInt();
      case ValueKind::kStringObject:
        return a.AsU16String() == b.AsU16String();
      case ValueKind::kRegExp:
        return a.regexp_flags() == b.regexp_flags() && a.regexp_source().Same(b.regexp_source());
      case ValueKind::kError:
        return std::strcmp(a.error_name(), b.error_name()) == 0 &&
               a.error_has_cause() == b.error_has_cause() &&
               Add(a.error_message(), b.error_message()) && Add(a.error_stack(), b.error_stack()) &&
               Add(a.error_cause(), b.error_cause());
      case ValueKind::kPlatformObject:
        return a.platform_type().Same(b.platform_type()) &&
               Add(a.platform_data(), b.platform_data());
      case ValueKind::kArrayBuffer: {
        const ArrayBuffer x = a.array_buffer(), y = b.array_buffer();
        return a.resizable() == b.resizable() && a.max_byte_length() == b.max_byte_length() &&
               SameBytes(x.ConstSpan(), y.ConstSpan());
      }
      case ValueKind::kSharedArrayBuffer:
        return a.shared_array_buffer() == b.shared_array_buffer();
      case ValueKind::kView: {
        const ArrayBufferView x = a.view(), y = b.view();
        return x.kind == y.kind && x.byte_offset == y.byte_offset && x.length == y.length &&
               x.length_tracking == y.length_tracking && Add(a.view_buffer(), b.view_buffer());
      }
      default:
        return ValueAccess::pointer(a) == ValueAccess::pointer(b);
    }
  }

  static std::size_t Count(Value container) {
    std::size_t count = 0;
    for ([[maybe_unused]] const Value::Entry entry : container.entries()) ++count;
    return count;
  }

  bool Properties(Value a, Value b) {
    for (const auto& [key, value] : a.entries()) {
      if (!b.Has(key) || !Add(value, b.Get(key))) return false;
    }
    return true;
  }

  std::vector<std::pair<Value, Value>> open_;
  absl::flat_hash_map<const void*, const void*> parent_;  // a forest, one tree a class
};

}  // namespace

bool DeepEquals(Value a, Value b) { return Comparison().Run(a, b); }

}  // namespace sabre
