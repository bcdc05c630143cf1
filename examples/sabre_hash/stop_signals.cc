#include "examples/sabre_hash/stop_signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace sabre_hash {
namespace {

std::atomic<int> caught_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not lock");

extern "C" void NoteSignal(int signal) {
  if (caught_signal.exchange(signal) != 0) _exit(128 + signal);
}

}  // namespace

void CatchStopSignals() {
  struct sigaction action = {};
  action.sa_handler = NoteSignal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int CaughtSignal() { return caught_signal.load(std::memory_order_relaxed); }

}  // namespace sabre_hash
