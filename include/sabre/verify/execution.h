// sabre/verify/execution.h: what the modelled types say to the execution they are part of.
#ifndef SABRE_VERIFY_EXECUTION_H_
#define SABRE_VERIFY_EXECUTION_H_

#include <cstdint>
#include <cstdio>

#include "sabre/verify/relacy.h"
#include "sabre/verify/trace.h"

namespace sabre::verify {

// How an execution can fail.
enum class FailureKind : std::uint8_t {
  kNone,
  kAssertion,  // SABRE_VERIFY, Unreachable, or Invariant
  kDataRace,
  kUseAfterFree,
  kDoubleFree,
  kLeak,
  kDeadlock,
  kLivelock,
  kUninitialized,  // an atomic is read that, for this thread, has not been initialised yet
  kMutexMisuse,
  kCrash,          // a signal, or an exception that nobody catches
  kMissedOutcome,  // of a model, not of an execution: a declared outcome was never reached
};

inline const char* Name(FailureKind kind) {
  static constexpr const char* kNames[] = {
      "none",     "assertion", "data race",     "use after free", "double free", "leak",
      "deadlock", "livelock",  "uninitialized", "mutex misuse",   "crash",       "missed outcome"};
  return kNames[static_cast<int>(kind)];
}

namespace internal {

// The failure of the execution that runs now, where it was found.
struct FailureNote {
  char text[256] = "";
  Site site{"", 0};
};
inline FailureNote& CurrentFailure() {
  static FailureNote note;
  return note;
}

inline rl::test_result_e ToRelacy(FailureKind kind) {
  switch (kind) {
    case FailureKind::kDataRace:
      return rl::test_result_data_race;
    case FailureKind::kUseAfterFree:
      return rl::test_result_access_to_freed_memory;
    case FailureKind::kUninitialized:
      return rl::test_result_unitialized_access;
    case FailureKind::kMutexMisuse:
      return rl::test_result_unlocking_mutex_wo_ownership;
    case FailureKind::kLivelock:
      return rl::test_result_livelock;
    case FailureKind::kCrash:
      return rl::test_result_inconsistent_test_suite;  // Relacy's own use of it cannot come about
    default:
      return rl::test_result_user_assert_failed;
  }
}

// Ends the execution. Does not return: Relacy leaves the thread's stack for good.
[[noreturn]] inline void Fail(FailureKind kind, const char* text, Site site) {
  FailureNote& note = CurrentFailure();
  std::snprintf(note.text, sizeof(note.text), "%s", text);
  note.site = site;
  rl::ctx().fail_test("", ToRelacy(kind),
                      rl::debug_info("", site.file, static_cast<unsigned>(site.line)));
  std::abort();
}

inline rl::debug_info Info(Site site) {
  return rl::debug_info("", site.file, static_cast<unsigned>(site.line));
}

// Adds to the trace, as the current thread. Returns the number of the event.
inline std::uint32_t Log(Event event) {
  Trace& trace = CurrentTrace();
  const rl::context& context = rl::ctx();
  if (context.invariant_executing) return kNoEvent;
  event.thread =
      trace.threads_running ? static_cast<std::int8_t>(context.threadx_->index_) : std::int8_t{-1};
  event.stamp = context.threadx_->own_acq_rel_order_;
  return trace.Add(event);
}

// Ends the execution with a data race whose later half is the last event of the trace.
[[noreturn]] inline void FailRace(const char* text, Site site) {
  const rl::context& context = rl::ctx();
  Trace& trace = CurrentTrace();
  for (int i = 0; i < context.get_thread_count() && i < kMaxThreads; ++i) {
    trace.known[i] = context.threadx_->acq_rel_order_[i];
  }
  Fail(FailureKind::kDataRace, text, site);
}

// Notices the use of an object after its end. The compiler may not drop the destructor's store, with
// or without -fno-lifetime-dse.
class Alive {
 public:
  Alive() = default;
  ~Alive() {
    mark_ = 0;
    __asm__ __volatile__("" : : "r"(this) : "memory");
  }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;

  // `object` may be garbage by then: it is for the report.
  void Check(Site site, std::uint32_t object) const {
    if (mark_ == kMark) return;
    Log({.op = Op::kUseAfterEnd, .object = object, .site = site});
    Fail(FailureKind::kUseAfterFree, "", site);
  }

 private:
  static constexpr std::uint32_t kMark = 0x5ab2e11u;
  std::uint32_t mark_ = kMark;
};

}  // namespace internal
}  // namespace sabre::verify

#endif  // SABRE_VERIFY_EXECUTION_H_
