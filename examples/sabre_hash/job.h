// The main thread's part of the work.
#ifndef SABRE_EXAMPLES_SABRE_HASH_JOB_H_
#define SABRE_EXAMPLES_SABRE_HASH_JOB_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "examples/sabre_hash/counters.h"
#include "examples/sabre_hash/file_queue.h"
#include "examples/sabre_hash/file_source.h"
#include "examples/sabre_hash/histogram.h"
#include "examples/sabre_hash/list_writer.h"
#include "examples/sabre_hash/progress.h"
#include "examples/sabre_hash/turn_watch.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/pool/worker_pool.h"

namespace sabre_hash {

// Job
//
// Runs on an event loop, in turns of about two milliseconds: it lets the source find files, hands them
// to the pool in batches, takes the results, draws the progress, notices Ctrl-C, and when all is
// hashed writes the report.
//
//   walk turn ──► FileQueue ──► batches ──► pool.Run ──► Then: results ──► source ──► report turns
//
// Thread-safety: the loop's thread.
class Job {
 public:
  // With `pool` null everything is done in one turn, on the loop's thread: for comparison.
  // All must outlive the job.
  Job(sabre::EventLoop& loop, FileSource& source, sabre::WorkerPool* pool, Counters counters,
      Progress& progress);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Runs the loop until the job is done, or stopped by a signal.
  void Run();

  // After Run. The signal that stopped the job, or 0.
  int signal() const { return signal_; }
  // The errno of the write that failed, or 0.
  int write_error() const { return write_error_; }
  std::int64_t found_files() const { return found_.files; }
  // Nanoseconds for which the loop was blocked, of each turn.
  const Histogram& turns() const { return watch_.turns(); }

  // Called when a signal was noticed and the workers have not come back in time (a disk that does not
  // answer): the last chance to say something before the program ends.
  void OnStuck(std::function<void()> on_stuck) { on_stuck_ = std::move(on_stuck); }

 private:
  using Clock = std::chrono::steady_clock;

  void WalkTurn();
  // Whether a batch that could become larger is to be handed out as it is.
  enum class Partial { kHold, kFlush };
  void Dispatch(Partial partial = Partial::kHold);
  void Start(const std::vector<FileQueue::Item>& items);
  void OnBatch(std::int64_t weight, absl::StatusOr<HashedBatch> batch);
  void ReportIfDone();
  void ReportTurn();
  void WatchSignals();
  void ShowProgress();
  void EverythingAtOnce();
  HashBatch MakeBatch(const std::vector<FileQueue::Item>& items);
  void Find(FileId id, std::int64_t size);
  // The files of a batch that has come back.
  void Take(const HashedBatch& batch);
  void PassMessages();
  void Finish();

  sabre::EventLoop& loop_;
  FileSource& source_;
  sabre::WorkerPool* const pool_;
  const Counters counters_;
  Progress& progress_;
  TurnWatch watch_;
  ListWriter writer_;
  FileQueue queue_;
  Progress::Found found_{.walking = true};  // bytes: those of files whose size is known
  // Files whose size was unknown: how many are so still; how many turned out to be small, and how small.
  std::int64_t unsized_files_ = 0;
  std::int64_t small_files_ = 0;
  std::int64_t small_bytes_ = 0;
  std::stop_source stop_;
  std::function<void()> on_stuck_;
  std::size_t batch_files_;  // of the next batch while the walk goes on
  std::size_t in_flight_ = 0;
  std::int64_t weight_in_flight_ = 0;
  bool reporting_ = false;
  bool more_to_report_ = true;
  int signal_ = 0;
  int write_error_ = 0;
  Clock::time_point caught_at_;
  sabre::EventLoop::TimerId signal_timer_ = 0;
  sabre::EventLoop::TimerId progress_timer_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_JOB_H_
