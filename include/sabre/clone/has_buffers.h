// sabre/clone/has_buffers.h: which C++ types are confined to a thread.
#ifndef SABRE_CLONE_HAS_BUFFERS_H_
#define SABRE_CLONE_HAS_BUFFERS_H_

#include <type_traits>

#include "sabre/clone/codec.h"
#include "sabre/clone/transferable.h"

namespace sabre {

namespace internal {

// What a Codec names as `Parts`: the types of the values inside.
template <class... Ts>
struct TypeList {};

template <class T, class... Seen>
constexpr bool HasBuffersIn();

template <class... Ts, class... Seen>
constexpr bool AnyHasBuffers(TypeList<Ts...>, TypeList<Seen...>) {
  return (HasBuffersIn<Ts, Seen...>() || ...);
}

// `Seen` are the types around T: a type that contains itself says nothing new the second time.
template <class T, class... Seen>
constexpr bool HasBuffersIn() {
  using U = std::remove_cvref_t<T>;
  if constexpr ((std::is_same_v<U, Seen> || ...)) {
    return false;
  } else if constexpr (requires { Codec<U>::kThreadConfined; }) {
    return Codec<U>::kThreadConfined;
  } else if constexpr (requires { typename Codec<U>::Parts; }) {
    return AnyHasBuffers(typename Codec<U>::Parts{}, TypeList<Seen..., U>{});
  } else if constexpr (std::is_class_v<U>) {
    return std::is_base_of_v<Transferable, U>;
  } else {
    return false;
  }
}

}  // namespace internal

// Whether a T holds, as far as the compiler can see, what belongs to one thread: an ArrayBuffer, a
// view, a Transferable such as MessagePort, a Value or a Graph. It looks into the parts of types
// that have a codec (containers, described structs). Such a T must cross to another thread as a
// message, not as a C++ object. A codec of your own says `static constexpr bool kThreadConfined =
// true;` if its type is confined, or `using Parts = …`; otherwise it is taken not to be.
template <class T>
inline constexpr bool kHasBuffers = internal::HasBuffersIn<T>();

}  // namespace sabre

#endif  // SABRE_CLONE_HAS_BUFFERS_H_
