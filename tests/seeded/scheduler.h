// tests/seeded/scheduler.h: real threads, of which exactly one runs, and a seed that says which.
//
// Every operation of the seam (see include/ beside this file) is a point at which the scheduler may give
// the turn to another thread. Time is virtual, so a run depends on its seed alone and can be repeated.
// What it explores are interleavings: memory is sequentially consistent here. Orders are the models' matter.
#ifndef SABRE_TESTS_SEEDED_SCHEDULER_H_
#define SABRE_TESTS_SEEDED_SCHEDULER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sabre/sync/time.h"

namespace sabre::seeded {

// Where in the source an operation stands.
struct Place {
  const char* file;
  int line;
};

// One step of one thread, for the report and for comparing runs.
struct Event {
  int thread;
  const char* what;
  const void* object;
  std::optional<std::int64_t> value;
  Place place;
};

// What the seam calls. Outside of a run, and in threads that no run knows, they do nothing and choose
// nothing. None of them may be called by two threads at once, which the scheduler sees to itself.

// Another thread may run now. `yields`: the caller waits for another one, so one that can should.
void Point(bool yields = false);
// The caller has done `what`. `object` names a thing by its address.
void Note(const char* what, const void* object, Place place,
          std::optional<std::int64_t> value = std::nullopt);
// The caller sleeps until a Wake of `object` or until `deadline`. Returns: false at the deadline.
bool Sleep(const char* what, const void* object, Place place, TimePoint deadline);
// Threads that sleep on `object` may run again: all, or one.
void WakeAll(const void* object);
void WakeOne(const void* object);
// True once in `of` calls or so. For what may happen for no reason: a spurious wake-up.
bool Chance(unsigned of);
TimePoint Now();

// Threads, for the platform room. `entry` runs once the scheduler lets it.
int Spawn(std::function<void()> entry);
// Returns once the thread, the destructors of its thread-locals included, is done.
void AwaitEnd(int thread);

// Ends the program with a report unless `condition`.
void Expect(bool condition, const char* text, Place place = {__builtin_FILE(), __builtin_LINE()});

// What one run was.
struct Run {
  std::uint64_t fingerprint = 0;  // of the sequence of events
  std::uint64_t events = 0;
  int threads = 0;
};

// Runs `body` in a thread of its own, with all threads that it starts, as `seed` says. Must not be called in
// a run. A violation, a deadlock, a run without end or a crash ends the program with status 1 and a report:
// what happened, where each thread is, the last events, and the command that repeats it, which begins with
// `command`. `trace`: prints every event.
Run RunSeed(const std::function<void()>& body, std::uint64_t seed, const std::string& command,
            bool trace);

}  // namespace sabre::seeded

#endif  // SABRE_TESTS_SEEDED_SCHEDULER_H_
