// sabre/worker/worker_options.h: how a worker is started.
#ifndef SABRE_WORKER_WORKER_OPTIONS_H_
#define SABRE_WORKER_WORKER_OPTIONS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sabre/clone/prepared_message.h"
#include "sabre/messaging/message_channel.h"

namespace sabre {

// WorkerOptions
//
// What the system does not grant is an error of Worker::Start; nothing was started or detached then.
struct WorkerOptions {
  // Shown by debuggers and `top -H`: on Linux the first 15 bytes, cut at the end of a UTF-8 character.
  std::string name = "worker";
  // Bytes, at least what the system asks for (16 KiB on Linux, and the program's thread-local data); 0
  // is the system's default (8 MiB of address space, mostly).
  std::size_t stack_size = 0;
  // The CPUs that it may run on, numbered from 0; empty: those of the thread that starts it.
  std::vector<int> cpu_affinity = {};
  // From -20 (first) to 19 (last); without one, that of the thread that starts it. Less than that takes
  // privileges or RLIMIT_NICE.
  std::optional<int> nice = std::nullopt;
  // Whether the worker may block in atomics::Wait, Receive and the like.
  bool can_block = true;
  // Whether it begins with a copy of its parent's environment data, or with none.
  bool inherit_environment_data = true;
  // Of the channel between the worker and its parent, in each direction.
  QueueLimits limits = {};
  // How long after a request to stop a worker that has not exited counts as stuck.
  absl::Duration stuck_after = absl::Seconds(5);
  // Detached from the caller and handed to the worker with its data. If Start fails, nothing is.
  std::vector<TransferItem> transfer = {};
};

}  // namespace sabre

#endif  // SABRE_WORKER_WORKER_OPTIONS_H_
