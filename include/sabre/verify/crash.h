// sabre/verify/crash.h: what ends a program ends only an execution: signals, exceptions, loops without end.
#ifndef SABRE_VERIFY_CRASH_H_
#define SABRE_VERIFY_CRASH_H_

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <exception>

#include "sabre/verify/execution.h"
#include "sabre/verify/scheduler.h"
#include "sabre/verify/trace.h"

namespace sabre::verify::internal {

// Whether code of the model runs: from its constructor to its destructor.
inline bool& ModelRuns() {
  static bool runs = false;
  return runs;
}

// Ends the execution for a reason that has no place: `what`, and whose code it was.
[[noreturn]] inline void FailSomewhere(FailureKind kind, const char* what) {
  char text[sizeof(FailureNote::text)];
  if (CurrentTrace().threads_running) {
    std::snprintf(text, sizeof(text), "%s in T%d", what,
                  static_cast<int>(rl::ctx().threadx_->index_));
  } else {
    std::snprintf(text, sizeof(text), "%s outside of the threads", what);
  }
  Fail(kind, text, Site("", 0));
}

// Runs `code` of the model. An exception that leaves it would end the program.
template <class Code>
void RunModel(Code code) {
  char what[128] = "";
  // The execution ends after the catch block: a handler that is left for good is never finished.
  try {
    code();
    return;
  } catch (const std::exception& error) {
    std::snprintf(what, sizeof(what), "an uncaught exception (%s)", error.what());
  } catch (...) {
    std::snprintf(what, sizeof(what), "an uncaught exception");
  }
  FailSomewhere(FailureKind::kCrash, what);
}

// CrashGuard
//
// While it lives, a signal that code of the model raises fails the execution and not the program, and so
// does a loop that has taken five seconds of the processor without a step. abort() still ends the
// program, but says in which model.
class CrashGuard {
 public:
  CrashGuard() {
    static char stack[std::size_t{1} << 16];  // a thread's own may be what has overflowed
    stack_t alternate = {};
    alternate.ss_sp = stack;
    alternate.ss_size = sizeof(stack);
    sigaltstack(&alternate, &old_stack_);
    for (int i = 0; i < kSignals; ++i) {
      struct sigaction action = {};
      action.sa_handler = &OnSignal;
      action.sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART;  // the handler may not return
      sigaction(kNumbers[i], &action, &old_[i]);
    }
    LastStep() = std::clock();
    alarm(1);  // it and sigaltstack come with Relacy
  }
  ~CrashGuard() {
    alarm(0);
    for (int i = 0; i < kSignals; ++i) sigaction(kNumbers[i], &old_[i], nullptr);
    sigaltstack(&old_stack_, nullptr);
  }
  CrashGuard(const CrashGuard&) = delete;
  CrashGuard& operator=(const CrashGuard&) = delete;

 private:
  static constexpr int kSignals = 5;
  static constexpr int kNumbers[kSignals] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM};

  static void OnSignal(int number) {
    if (number == SIGALRM) {
      OnTick();
      return;
    }
    if (!ModelRuns() || number == SIGABRT) {
      if (ModelRuns()) {
        std::fprintf(stderr, "abort() in the model %s\n", CurrentSearch()->ops->name.c_str());
      }
      std::signal(number, SIG_DFL);
      std::raise(number);
      return;
    }
    FailSomewhere(FailureKind::kCrash, number == SIGSEGV  ? "SIGSEGV"
                                       : number == SIGBUS ? "SIGBUS"
                                                          : "SIGFPE");
  }

  // When a step was seen last, in processor time.
  static std::clock_t& LastStep() {
    static std::clock_t at = 0;
    return at;
  }
  // Called every second.
  static void OnTick() {
    static std::uint64_t before = 0;
    alarm(1);
    if (!ModelRuns()) return;
    const std::uint64_t now = CurrentSearch()->executions * 0x10000 + CurrentTrace().size();
    if (now != before) LastStep() = std::clock();
    before = now;
    if (std::clock() - LastStep() < 5 * CLOCKS_PER_SEC) return;
    FailSomewhere(FailureKind::kLivelock, "a loop without a scheduling point");
  }

  stack_t old_stack_ = {};
  struct sigaction old_[kSignals] = {};
};

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_CRASH_H_
