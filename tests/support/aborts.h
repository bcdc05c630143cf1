// tests/support/aborts.h: whether a call ends the program, as a caller's bug must.
#ifndef SABRE_TESTS_SUPPORT_ABORTS_H_
#define SABRE_TESTS_SUPPORT_ABORTS_H_

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

// Of a build that measures coverage: writes what the counters say.
extern "C" void __gcov_dump() __attribute__((weak));

namespace sabre::test {

// Calls `body` in a copy of this process, whose words go nowhere. Call it while the process has one
// thread. Returns: whether the copy was aborted.
template <class Body>
bool Aborts(Body body) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    // doctest would take the signal for a failure of the copy's test and report it.
    std::signal(SIGABRT, SIG_DFL);
    if (__gcov_dump != nullptr) std::signal(SIGABRT, [](int) { __gcov_dump(); });
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
    body();
    _exit(0);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return false;
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace sabre::test

#endif  // SABRE_TESTS_SUPPORT_ABORTS_H_
