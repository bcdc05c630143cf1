// sabre-hash: SHA-256 of every file below some paths, on a worker pool, with a main thread that is
// never busy for long. See --help.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "examples/sabre_hash/control_thread.h"
#include "examples/sabre_hash/counters.h"
#include "examples/sabre_hash/file_source.h"
#include "examples/sabre_hash/job.h"
#include "examples/sabre_hash/list_source.h"
#include "examples/sabre_hash/options.h"
#include "examples/sabre_hash/progress.h"
#include "examples/sabre_hash/stop_signals.h"
#include "examples/sabre_hash/summary.h"
#include "examples/sabre_hash/tree_source.h"
#include "sabre/messaging/event_loop.h"
#include "sabre/pool/worker_pool.h"

namespace sabre_hash {
namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;
constexpr int kSignalBase = 128;

using Clock = std::chrono::steady_clock;

double Milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void Say(const std::string& text) {
  const std::string line = absl::StrCat("sabre-hash: ", text, "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int Complain(const absl::Status& status) {
  Say(std::string(status.message()));
  return kFailure;
}

absl::StatusOr<std::unique_ptr<FileSource>> MakeSource(const Options& options) {
  if (!options.check.has_value()) return std::make_unique<TreeSource>(options.paths);
  return ListSource::Open({.list = *options.check, .quiet = options.quiet});
}

// The summary, to where the options want it. Returns false if that failed.
bool Publish(const Options& options, const Summary& summary) {
  if (!options.json) {
    // That it was stopped, a job says even if it is told to be quiet.
    if (!options.quiet || summary.signal != 0) Say(ToText(summary));
    return true;
  }
  if (summary.signal != 0) Say(ToText(summary));
  const std::string json = ToJson(summary) + "\n";
  if (options.json_file.empty()) return std::fputs(json.c_str(), stderr) >= 0;
  std::FILE* const file = std::fopen(options.json_file.c_str(), "we");
  bool written = file != nullptr && std::fputs(json.c_str(), file) >= 0;
  if (file != nullptr) written = std::fclose(file) == 0 && written;
  if (!written) Say(absl::StrCat("cannot write ", options.json_file));
  return written;
}

int RunJob(const Options& options) {
  const Clock::time_point began = Clock::now();
  CatchStopSignals();
  absl::StatusOr<std::unique_ptr<FileSource>> source = MakeSource(options);
  if (!source.ok()) return Complain(source.status());

  std::optional<sabre::WorkerPool> pool;
  if (!options.on_main_thread) {
    absl::StatusOr<sabre::WorkerPool> created =
        sabre::WorkerPool::Create({.name = "hash", .max_threads = options.threads});
    if (!created.ok()) return Complain(created.status());
    pool = *std::move(created);
  }
  absl::StatusOr<Counters> counters = Counters::Create(pool.has_value() ? pool->threads() : 1);
  if (!counters.ok()) return Complain(counters.status());
  std::optional<ControlThread> control;
  if (options.control_thread) control.emplace();

  Progress progress(STDERR_FILENO, options.quiet, *counters);
  Job job(sabre::EventLoop::Current(), **source, pool.has_value() ? &*pool : nullptr, *counters,
          progress);
  const auto summarize = [&] {
    const Counters::Row total = counters->Total();
    Summary summary;
    summary.files = total.files;
    summary.bytes = total.bytes;
    summary.found = job.found_files();
    summary.errors = (*source)->errors() + (job.write_error() != 0 ? 1 : 0);
    summary.seconds = std::chrono::duration<double>(Clock::now() - began).count();
    summary.threads = pool.has_value() ? pool->threads() : 0;
    summary.turns = job.turns().count();
    summary.longest_block_ms = Milliseconds(std::chrono::nanoseconds(job.turns().max()));
    summary.p999_block_ms = Milliseconds(std::chrono::nanoseconds(job.turns().Percentile(0.999)));
    if (control.has_value()) summary.control_delay_ms = Milliseconds(control->worst());
    summary.signal = job.signal();
    return summary;
  };
  job.OnStuck([&] {
    Publish(options, summarize());
    std::_Exit(kSignalBase + job.signal());
  });
  job.Run();

  if (job.write_error() != 0) {
    Say(absl::StrCat("write error: ", std::generic_category().message(job.write_error())));
  }
  const Summary summary = summarize();
  const bool published = Publish(options, summary);
  if (pool.has_value()) pool->Destroy();
  if (summary.signal != 0) return kSignalBase + summary.signal;
  return summary.errors == 0 && published ? 0 : kFailure;
}

int Main(int argc, char** argv) {
  const absl::StatusOr<Options> options =
      ParseOptions(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  if (!options.ok()) {
    Say(absl::StrCat(std::string(options.status().message()), "; --help lists the options"));
    return kUsage;
  }
  if (options->help) {
    const bool written = std::fwrite(kHelp.data(), 1, kHelp.size(), stdout) == kHelp.size();
    return written ? 0 : kFailure;
  }
  return RunJob(*options);
}

}  // namespace
}  // namespace sabre_hash

int main(int argc, char** argv) { return sabre_hash::Main(argc, argv); }
