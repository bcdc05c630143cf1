#include "examples/sabre_hash/job.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "examples/sabre_hash/file_hasher.h"
#include "examples/sabre_hash/stop_signals.h"
#include "examples/sabre_hash/work_estimate.h"

namespace sabre_hash {
namespace {

// A turn ends after about so long.
constexpr auto kSlice = std::chrono::milliseconds(2);
// How often signals are looked for, and how long a stopped job waits for its workers. Together with a
// slice they keep within the tenth of a second after which Ctrl-C feels broken.
constexpr absl::Duration kSignalInterval = absl::Milliseconds(10);
constexpr auto kPatience = std::chrono::milliseconds(40);
// A slice posts the next one so, and not with Post, which may run it in the same turn.
constexpr absl::Duration kNextTurn = absl::ZeroDuration();
// How soon something that would have blocked is tried again.
constexpr absl::Duration kRetry = absl::Milliseconds(2);
// Work that is handed out ahead, for each worker: about ten milliseconds, so that none runs dry while
// the main thread waits for its share of the processors.
constexpr std::int64_t kWeightAhead = std::int64_t{16} * 1024 * 1024;
// Batches become larger at the beginning and smaller towards the end, but not smaller than this.
constexpr std::size_t kSmallestBatch = 16;
// So much of the report is made before it is written.
constexpr std::size_t kReportPiece = std::size_t{64} * 1024;

std::int64_t WeightOf(const HashBatch& batch) {
  return batch.bytes() + static_cast<std::int64_t>(batch.files()) * kBytesPerFile;
}

}  // namespace

Job::Job(sabre::EventLoop& loop, FileSource& source, sabre::WorkerPool* pool, Counters counters,
         Progress& progress)
    : loop_(loop),
      source_(source),
      pool_(pool),
      counters_(std::move(counters)),
      progress_(progress),
      watch_(loop),
      writer_(STDOUT_FILENO),
      batch_files_(kSmallestBatch) {}

void Job::Run() {
  if (pool_ == nullptr) {
    loop_.Post([this] { EverythingAtOnce(); });
  } else {
    loop_.Post([this] { WalkTurn(); });
    signal_timer_ = loop_.PostAfter(kSignalInterval, [this] { WatchSignals(); });
    if (progress_.mode() != Progress::Mode::kNone) {
      progress_timer_ = loop_.PostAfter(progress_.interval(), [this] { ShowProgress(); });
    }
  }
  loop_.Run();
  watch_.Look();
}

// ---------------------------------------------------------------------------------- finding files

void Job::WalkTurn() {
  watch_.Look();
  const Clock::time_point deadline = Clock::now() + kSlice;
  FileSource::Found found = FileSource::Found::kMore;
  while (signal_ == 0 && found == FileSource::Found::kMore) {
    found = source_.Step([this](FileId id, std::int64_t size) { Find(id, size); });
    Dispatch();
    if (Clock::now() >= deadline) break;
  }
  // A walk that is slow holds nothing back.
  if (in_flight_ < pool_->threads()) Dispatch(Partial::kFlush);
  PassMessages();
  if (signal_ != 0) return;
  switch (found) {
    case FileSource::Found::kMore:
      loop_.PostAfter(kNextTurn, [this] { WalkTurn(); });
      break;
    case FileSource::Found::kNothing:
      loop_.PostAfter(kRetry, [this] { WalkTurn(); });
      break;
    case FileSource::Found::kAll:
      found_.walking = false;
      Dispatch();
      ReportIfDone();
      break;
  }
}

void Job::Find(FileId id, std::int64_t size) {
  queue_.Push(id, size);
  ++found_.files;
  found_.bytes += std::max<std::int64_t>(size, 0);
  if (size == FileHasher::kUnknownSize) ++unsized_files_;
}

// ------------------------------------------------------------------------------------ hashing them

void Job::Dispatch(Partial partial) {
  const std::size_t threads = pool_->threads();
  while (signal_ == 0 && !queue_.empty()) {
    const bool enough = in_flight_ > threads &&
                        weight_in_flight_ >= kWeightAhead * static_cast<std::int64_t>(threads);
    if (enough) return;
    if (found_.walking) {
      // The first batches are small, so that all workers are busy from the first moment on.
      if (partial == Partial::kHold && !queue_.HasBatch(batch_files_)) return;
      Start(queue_.Take(batch_files_));
      batch_files_ = std::min(batch_files_ * 2, FileQueue::kBatchFiles);
    } else {
      // The last ones, so that all workers end at the same moment.
      Start(queue_.Take(
          std::clamp(queue_.files() / (2 * threads), kSmallestBatch, FileQueue::kBatchFiles)));
    }
  }
}

HashBatch Job::MakeBatch(const std::vector<FileQueue::Item>& items) {
  HashBatch batch(counters_);
  for (const FileQueue::Item& item : items) source_.AddTo(item.id, item.size, batch);
  return batch;
}

void Job::Start(const std::vector<FileQueue::Item>& items) {
  HashBatch batch = MakeBatch(items);
  const std::int64_t weight = WeightOf(batch);
  sabre::Task<HashedBatch> task =
      pool_->Run(HashOnWorker, std::move(batch), {.stop_token = stop_.get_token()});
  ++in_flight_;
  weight_in_flight_ += weight;
  task.Then(loop_, [this, weight](absl::StatusOr<HashedBatch> result) {
    OnBatch(weight, std::move(result));
  });
}

void Job::OnBatch(std::int64_t weight, absl::StatusOr<HashedBatch> batch) {
  watch_.Look();
  --in_flight_;
  weight_in_flight_ -= weight;
  Dispatch();  // first, so that the worker has something to do
  if (batch.ok()) {
    Take(*batch);
    Dispatch();
  } else if (signal_ == 0) {
    source_.Fail(absl::StrCat("a batch of files was lost: ", batch.status().ToString()));
  }
  PassMessages();
  if (signal_ == 0) {
    ReportIfDone();
  } else if (in_flight_ == 0) {
    Finish();
  }
}

void Job::Take(const HashedBatch& batch) {
  for (const HashedFile& file : batch.files) {
    if (file.size_was_unknown) --unsized_files_;
    if (file.error == EFBIG && file.size_was_unknown) {
      // Now that its size is known it has its place among the large ones.
      queue_.Push(file.id, file.size);
      found_.bytes += file.size;
      continue;
    }
    if (file.size_was_unknown) {
      found_.bytes += file.size;
      ++small_files_;
      small_bytes_ += file.size;
    }
    source_.OnHashed(file);
  }
}

// --------------------------------------------------------------------------------------- reporting

void Job::ReportIfDone() {
  if (found_.walking || !queue_.empty() || in_flight_ > 0 || reporting_) return;
  reporting_ = true;
  progress_.Erase();
  loop_.PostAfter(kNextTurn, [this] { ReportTurn(); });
}

void Job::ReportTurn() {
  watch_.Look();
  if (signal_ != 0) return;
  const Clock::time_point deadline = Clock::now() + kSlice;
  do {
    if (more_to_report_ && writer_.pending() < kReportPiece) {
      more_to_report_ = source_.Report(writer_.text());
      continue;
    }
    switch (writer_.Write()) {
      case ListWriter::Result::kMore:
        break;
      case ListWriter::Result::kDone:
        if (more_to_report_) break;
        PassMessages();
        Finish();
        return;
      case ListWriter::Result::kWouldBlock:
        loop_.PostAfter(kRetry, [this] { ReportTurn(); });
        return;
      case ListWriter::Result::kFailed:
        write_error_ = errno;
        Finish();
        return;
    }
  } while (Clock::now() < deadline);
  loop_.PostAfter(kNextTurn, [this] { ReportTurn(); });
}

// -------------------------------------------------------------------------------------- being alive

void Job::WatchSignals() {
  watch_.Look();
  signal_timer_ = loop_.PostAfter(kSignalInterval, [this] { WatchSignals(); });
  if (signal_ == 0) {
    signal_ = CaughtSignal();
    if (signal_ == 0) return;
    caught_at_ = Clock::now();
    progress_.Erase();
    stop_.request_stop();
    if (in_flight_ == 0) Finish();
  } else if (Clock::now() - caught_at_ >= kPatience && on_stuck_) {
    on_stuck_();
  }
}

void Job::ShowProgress() {
  watch_.Look();
  if (reporting_ || signal_ != 0) return;
  Progress::Found found = found_;
  if (unsized_files_ > 0) {
    found.bytes += unsized_files_ * (small_bytes_ / std::max<std::int64_t>(small_files_, 1));
    found.estimated = true;
  }
  progress_.Show(found);
  progress_timer_ = loop_.PostAfter(progress_.interval(), [this] { ShowProgress(); });
}

void Job::PassMessages() {
  const std::string messages = source_.TakeMessages();
  if (!messages.empty()) progress_.Message(messages);
}

void Job::Finish() {
  progress_.Erase();
  loop_.CancelTimer(signal_timer_);
  loop_.CancelTimer(progress_timer_);
  loop_.Stop();
}

// ------------------------------------------------------------------------------------ the other way

// What this program would be without workers. Only the signal's note is looked at between blocks.
void Job::EverythingAtOnce() {
  const auto stopped = [this] { return (signal_ = CaughtSignal()) != 0; };
  const auto nap = [] { usleep(static_cast<useconds_t>(absl::ToInt64Microseconds(kRetry))); };
  while (found_.walking && !stopped()) {
    switch (source_.Step([this](FileId id, std::int64_t size) { Find(id, size); })) {
      case FileSource::Found::kMore:
        break;
      case FileSource::Found::kNothing:
        nap();
        break;
      case FileSource::Found::kAll:
        found_.walking = false;
        break;
    }
  }
  while (!queue_.empty() && !stopped()) {
    const HashedBatch batch = HashFiles(MakeBatch(queue_.Take()), /*worker=*/0, stopped);
    Take(batch);
    PassMessages();
  }
  while (!stopped()) {
    if (more_to_report_ && writer_.pending() < kReportPiece) {
      more_to_report_ = source_.Report(writer_.text());
      continue;
    }
    const ListWriter::Result result = writer_.Write();
    if (result == ListWriter::Result::kFailed) write_error_ = errno;
    if (result == ListWriter::Result::kFailed) break;
    if (result == ListWriter::Result::kDone && !more_to_report_) break;
    if (result == ListWriter::Result::kWouldBlock) nap();
  }
  PassMessages();
  Finish();
}

}  // namespace sabre_hash
