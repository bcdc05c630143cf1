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

// std::map, std::unordered_map, absl::flat_hash_map and their like: a Map. Reading also takes an
// object if the keys are strings. Of equal keys the last wins.
template <class T>
concept MapLike = requires(T& map, typename T::key_type key, typename T::mapped_type value) {
  {map.insert_or_assign(std::move(key), std::move(value))};
  map.begin();
  map.clear();
};

template <class T>
struct Codec<T, std::enable_if_t<MapLike<T>>> {
  using Key = typename T::key_type;
  using Mapped = typename T::mapped_type;
  using Parts = internal::TypeList<Key, Mapped>;
  static constexpr bool kTakesId = true;
  // What a node and its place in a table or tree take besides the pair.
  static constexpr std::size_t kEntryBytes = sizeof(std::pair<Key, Mapped>) + 32;

  static bool Write(Serializer& out, const T& map) {
    if (map.size() > wire::kMaxCollectionSize)
      return out.FailDataClone("a Map exceeds 2^24 entries");
    out.BeginMap();
    if (!out.CheckDepth()) return false;
    std::size_t index = 0;
    for (const auto& [key, value] : map) {
      if (!Codec<Key>::Write(out, key)) return out.PrependText(".<key>"), false;
      if (!Codec<Mapped>::Write(out, value)) [[unlikely]] {
        out.PrependIndex(index);
        return false;
      }
      ++index;
    }
    out.EndMap(static_cast<std::uint32_t>(index));
    return true;
  }

  static bool Read(Deserializer& in, T& map) {
    return in.ReadObject([&] {
      map.clear();
      std::uint32_t count = 0;
      if constexpr (std::is_same_v<Key, std::string>) {
        if (in.PeekTag() == wire::kBeginObject) {
          in.ReadBegin(wire::kBeginObject, "");
          for (;; ++count) {
            std::string key;
            bool end;
            if (!in.ReadKeyOrEnd(key, end, count)) return false;
            if (end) return true;
            Mapped value{};
            if (!in.Charge(kEntryBytes)) return false;
            if (!Codec<Mapped>::Read(in, value)) return in.PrependKey(key), false;
            map.insert_or_assign(std::move(key), std::move(value));
          }
        }
      }
      if (!in.ReadBegin(wire::kBeginMap, "a Map")) return false;
      while (in.PeekTag() != wire::kEndMap) {
        Key key{};
        Mapped value{};
        if (!in.Charge(kEntryBytes)) return false;
        if (!Codec<Key>::Read(in, key) || !Codec<Mapped>::Read(in, value)) [[unlikely]] {
          in.PrependIndex(count / 2);
          return false;
        }
        map.insert_or_assign(std::move(key), std::move(value));
        count += 2;
      }
      in.ReadBegin(wire::kEndMap, "");
      return in.ReadCount(count);
    });
  }
};

// std::set, std::unordered_set, absl::flat_hash_set and their like: a Set.
template <class T>
concept SetLike = std::same_as<typename T::key_type, typename T::value_type> &&
    requires(T& set, typename T::key_type key) {
  set.insert(std::move(key));
  set.clear();
};

template <class T>
struct Codec<T, std::enable_if_t<SetLike<T>>> {
  using Key = typename T::key_type;
  using Parts = internal::TypeList<Key>;
  static constexpr bool kTakesId = true;

  static bool Write(Serializer& out, const T& set) {
    if (set.size() > wire::kMaxCollectionSize)
      return out.FailDataClone("a Set exceeds 2^24 entries");
    out.BeginSet();
    if (!out.CheckDepth()) return false;
    std::size_t index = 0;
    for (const auto& key : set) {
      if (!Codec<Key>::Write(out, key)) return out.PrependIndex(index), false;
      ++index;
    }
    out.EndSet(static_cast<std::uint32_t>(index));
    return true;
  }

  static bool Read(Deserializer& in, T& set) {
    return in.ReadObject([&] {
      set.clear();
      std::uint32_t count = 0;
      if (!in.ReadBegin(wire::kBeginSet, "a Set")) return false;
      while (in.PeekTag() != wire::kEndSet) {
        Key key{};
        if (!in.Charge(sizeof(Key) + 32)) return false;
        if (!Codec<Key>::Read(in, key)) return in.PrependIndex(count), false;
        set.insert(std::move(key));
        ++count;
      }
      in.ReadBegin(wire::kEndSet, "");
      return in.ReadCount(count);
    });
  }
};

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_COLLECTION_H_
