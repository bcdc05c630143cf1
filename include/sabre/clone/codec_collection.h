// sabre/clone/codec_collection.h: codecs of maps and sets, and of all that look like them.
#ifndef SABRE_CLONE_CODEC_COLLECTION_H_
#define SABRE_CLONE_CODEC_COLLECTION_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include "sabre/clone/codec.h"
#include "sabre/clone/codec_scalar.h"
#include "sabre/clone/has_buffers.h"

namespace sabre {

// std::map, std::unordered_map, absl's hash maps and B-trees, and their like: a Map. Reading also takes
// an object if the keys are strings. Of equal keys of a Map the last wins; in an object they are an
// error. A NaN as a key of a sorted container is refused.
template <class T>
concept MapLike = requires(T& map, typename T::key_type key, typename T::mapped_type value) {
  {map.insert_or_assign(std::move(key), std::move(value)).second};
  map.begin();
  map.clear();
};

// std::set, std::unordered_set, absl's hash sets and B-trees, and their like: a Set.
template <class T>
concept SetLike = std::same_as<typename T::key_type, typename T::value_type> &&
    requires(T& set, typename T::key_type key) {
  {set.insert(std::move(key)).second};
  set.clear();
};

namespace internal {

// What an element of a table or a tree takes of the heap at most. A table in one block has, just after
// it has grown, 3.4 slots for each element, the old ones counted.
template <class Table, class Element>
inline constexpr std::size_t kEntryBytes = [] {
  if constexpr (requires(Table & table) { table.capacity(); }) {
    return (sizeof(Element) + 1) * 7 / 2;
  } else {
    return sizeof(Element) + 64;
  }
}();
// What the first one takes besides: a table of chains has 13 buckets then.
template <class Table>
inline constexpr std::size_t kFirstEntryBytes = [] {
  if constexpr (requires(Table & table) { table.bucket_size(0); }) {
    return 13 * sizeof(void*);
  } else {
    return 0;
  }
}();

bool FailCollectionSize(Serializer& out, std::size_t size);
bool FailCollectionSize(Deserializer& in);
// After a failure: adds `.<what index>` to the path.
bool FailEntry(Serializer& out, const char* what, std::uint32_t index);
bool FailEntry(Deserializer& in, const char* what, std::uint32_t index);
bool FailTwice(Deserializer& in, const std::string& key);

// Sorted containers have no place for a NaN: it is neither before nor behind the others.
template <class T>
bool CheckOrder(Deserializer& in, const typename T::key_type& key) {
  if constexpr (std::floating_point<typename T::key_type> &&
                requires { typename T::key_compare; }) {
    if (key != key) return in.FailValue("a sorted container has no place for NaN");
  }
  return true;
}

// Reads the elements of a Map or a Set to its end, calling read(index) for each.
template <class F>
bool ReadEntries(Deserializer& in, std::uint8_t end, std::uint32_t items, F&& read) {
  std::uint32_t count = 0;
  while (in.PeekTag() != end) {
    if (count == wire::kMaxCollectionSize) return FailCollectionSize(in);
    if (!read(count)) return false;
    ++count;
  }
  in.ReadBegin(end, "");
  return in.ReadCount(count * items);
}

}  // namespace internal

template <class T>
struct Codec<T, std::enable_if_t<MapLike<T>>> {
  using Key = typename T::key_type;
  using Mapped = typename T::mapped_type;
  using Parts = internal::TypeList<Key, Mapped>;
  static constexpr bool kTakesId = true;

  static bool Write(Serializer& out, const T& map) {
    if (map.size() > wire::kMaxCollectionSize) return internal::FailCollectionSize(out, map.size());
    out.BeginMap();
    if (!out.CheckDepth()) return false;
    std::uint32_t index = 0;
    for (const auto& [key, value] : map) {
      if (!Codec<Key>::Write(out, key)) return internal::FailEntry(out, "key", index);
      if (!Codec<Mapped>::Write(out, value)) return internal::FailEntry(out, "value", index);
      ++index;
    }
    out.EndMap(index);
    return true;
  }

  static bool Read(Deserializer& in, T& map) {
    return in.ReadObject([&] {
      map.clear();
      if constexpr (std::is_same_v<Key, std::string>) {
        if (in.PeekTag() == wire::kBeginObject) return ReadProperties(in, map);
      }
      if (!in.ReadBegin(wire::kBeginMap, "a Map")) return false;
      return internal::ReadEntries(in, wire::kEndMap, 2, [&](std::uint32_t index) {
        Key key{};
        Mapped value{};
        if (!in.Charge(kEntryBytes + (index == 0 ? kFirstBytes : 0))) return false;
        if (!Codec<Key>::Read(in, key) || !internal::CheckOrder<T>(in, key)) {
          return internal::FailEntry(in, "key", index);
        }
        if (!Codec<Mapped>::Read(in, value)) return internal::FailEntry(in, "value", index);
        // A map that is sorted was written in this order.
        map.insert_or_assign(map.end(), std::move(key), std::move(value));
        return true;
      });
    });
  }

 private:
  static constexpr std::size_t kEntryBytes = internal::kEntryBytes<T, std::pair<Key, Mapped>>;
  static constexpr std::size_t kFirstBytes = internal::kFirstEntryBytes<T>;

  static bool ReadProperties(Deserializer& in, T& map) {
    in.ReadBegin(wire::kBeginObject, "");
    for (std::uint32_t count = 0;; ++count) {
      std::string key;
      bool end;
      if (!in.ReadKeyOrEnd(key, end, count)) return false;
      if (end) return true;
      Mapped value{};
      if (!in.Charge(kEntryBytes + (count == 0 ? kFirstBytes : 0))) return false;
      if (!Codec<Mapped>::Read(in, value)) {
        in.PrependKey(key);
        return false;
      }
      if (!map.insert_or_assign(key, std::move(value)).second) return internal::FailTwice(in, key);
    }
  }
};

template <class T>
struct Codec<T, std::enable_if_t<SetLike<T>>> {
  using Key = typename T::key_type;
  using Parts = internal::TypeList<Key>;
  static constexpr bool kTakesId = true;

  static bool Write(Serializer& out, const T& set) {
    if (set.size() > wire::kMaxCollectionSize) return internal::FailCollectionSize(out, set.size());
    out.BeginSet();
    if (!out.CheckDepth()) return false;
    std::uint32_t index = 0;
    for (const auto& key : set) {
      if (!Codec<Key>::Write(out, key)) return internal::FailEntry(out, "value", index);
      ++index;
    }
    out.EndSet(index);
    return true;
  }

  static bool Read(Deserializer& in, T& set) {
    return in.ReadObject([&] {
      set.clear();
      if (!in.ReadBegin(wire::kBeginSet, "a Set")) return false;
      return internal::ReadEntries(in, wire::kEndSet, 1, [&](std::uint32_t index) {
        Key key{};
        if (!in.Charge(kEntryBytes + (index == 0 ? kFirstBytes : 0))) return false;
        if (!Codec<Key>::Read(in, key) || !internal::CheckOrder<T>(in, key)) {
          return internal::FailEntry(in, "value", index);
        }
        set.insert(set.end(), std::move(key));
        return true;
      });
    });
  }

 private:
  static constexpr std::size_t kEntryBytes = internal::kEntryBytes<T, Key>;
  static constexpr std::size_t kFirstBytes = internal::kFirstEntryBytes<T>;
};

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_COLLECTION_H_
