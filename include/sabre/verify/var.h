// sabre/verify/var.h: plain data whose races the checker sees.
#ifndef SABRE_VERIFY_VAR_H_
#define SABRE_VERIFY_VAR_H_

#include <cstdint>
#include <utility>

#include "sabre/verify/execution.h"
#include "sabre/verify/relacy.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

// Var<T> of any movable T. The value lies here; beside it a token of Relacy's, which knows who read
// and wrote when. Accesses are not scheduling points: what two threads do between two atomic
// operations cannot be told apart except by the race itself. The end of a Var is a write too, so a use
// that is not ordered before it is a data race, in whichever order the two happen to come.
template <class T>
class Var {
 public:
  Var() : Var(T()) {}
  explicit Var(T value, Site site = Site())
      : value_(std::move(value)),
        object_(internal::CurrentTrace().NewObject()),
        token_(rl::ctx().var_ctor()) {
    token_->init(*rl::ctx().threadx_);
    internal::Log({.op = Op::kInit,
                   .kind = KindOf<T>(),
                   .object = object_,
                   .after = Bits(value_),
                   .site = site});
  }
  ~Var() {
    Touch(Op::kEnd, value_, Site("", 0));
    rl::ctx().var_dtor(token_);
  }
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;

  const T& Get(Site site = Site()) const {
    Touch(Op::kRead, value_, site);
    return value_;
  }
  void Set(T value, Site site = Site()) {
    Touch(Op::kWrite, value, site);
    value_ = std::move(value);
  }
  T Take(Site site = Site()) {
    Touch(Op::kTake, value_, site);
    return std::exchange(value_, T());
  }

 private:
  void Touch(Op op, const T& value, Site site) const {
    alive_.Check(site, object_);
    rl::context& context = rl::ctx();
    if (context.invariant_executing) {
      if (op == Op::kRead) return;
      internal::Fail(FailureKind::kAssertion, "Invariant may load, and nothing else", site);
    }
    rl::thread_info_base& thread = *context.threadx_;
    const bool ordered = op == Op::kRead ? token_->load(thread) : token_->store(thread);
    internal::Log(
        {.op = op, .kind = KindOf<T>(), .object = object_, .after = Bits(value), .site = site});
    if (!ordered) internal::FailRace("", site);
  }

  T value_;
  const std::uint32_t object_;
  rl::var_data* const token_;
  internal::Alive alive_;
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_VAR_H_
