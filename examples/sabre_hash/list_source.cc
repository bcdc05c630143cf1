#include "examples/sabre_hash/list_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "examples/sabre_hash/check_line.h"
#include "examples/sabre_hash/file_hasher.h"
#include "examples/sabre_hash/file_name.h"

namespace sabre_hash {
namespace {

// So many lines a Step, and a Report.
constexpr int kLinesAStep = 64;
constexpr int kLinesAReport = 256;
constexpr std::size_t kRead = std::size_t{64} * 1024;

// "3 lines are improperly formatted"
std::string Count(std::int64_t count, const char* one, const char* many) {
  return absl::StrCat("WARNING: ", count, " ", count == 1 ? one : many);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ListSource>> ListSource::Open(Options options) {
  int fd = STDIN_FILENO;
  if (options.list != "-") {
    // Not blocking, for a list that comes from a named pipe.
    fd = open(options.list.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
      return absl::UnavailableError(
          absl::StrCat(Printable(options.list), ": ", std::generic_category().message(errno)));
    }
  }
  return std::make_unique<ListSource>(std::move(options), fd);
}

ListSource::ListSource(Options options, int fd)
    : options_(std::move(options)),
      fd_(fd),
      directory_(std::make_shared<Directory>("", AT_FDCWD)) {}

ListSource::~ListSource() {
  if (fd_ != STDIN_FILENO) close(fd_);
}

FileSource::Found ListSource::Step(OnFile on_file) {
  for (int i = 0; i < kLinesAStep; ++i) {
    std::size_t end = text_.find('\n', searched_);
    while (end == std::string::npos && !at_end_) {
      searched_ = text_.size();
      const Found found = Fill();
      if (found != Found::kMore) return found;
      end = text_.find('\n', searched_);
    }
    if (end == std::string::npos) {
      if (next_ == text_.size()) {
        if (files_.empty() && errors() == 0) {
          Warn(Printable(options_.list) + ": no properly formatted checksum lines found");
          AddError();
          malformed_ = 0;
        }
        return Found::kAll;
      }
      end = text_.size();  // the last line need not end with a newline
    }
    TakeLine(std::string_view(text_).substr(next_, end - next_), on_file);
    next_ = searched_ = std::min(end + 1, text_.size());
  }
  return Found::kMore;
}

FileSource::Found ListSource::Fill() {
  pollfd ready{fd_, POLLIN, 0};
  // A signal that is pending ends poll with EINTR: it must be looked at before anything blocks.
  if (const int n = poll(&ready, 1, 0); n == 0 || (n < 0 && errno == EINTR)) return Found::kNothing;
  text_.erase(0, next_);
  searched_ -= next_;
  next_ = 0;
  const std::size_t size = text_.size();
  text_.resize(size + kRead);
  const ssize_t got = read(fd_, text_.data() + size, kRead);
  const int error = errno;
  text_.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) {
    if (error == EAGAIN || error == EINTR) return Found::kNothing;
    Complain(options_.list, error);
  }
  if (got <= 0) at_end_ = true;
  return Found::kMore;
}

void ListSource::TakeLine(std::string_view line, OnFile on_file) {
  if (line.empty() || line.front() == '#') return;
  const std::optional<CheckLine> parsed = ParseCheckLine(line);
  if (!parsed.has_value()) {
    ++malformed_;
    return;
  }
  const auto id = static_cast<FileId>(files_.size());
  const File& file = files_.emplace_back(File{names_.Add(parsed->name), parsed->digest});
  struct stat status;
  if (size_budget_.Ask() && fstatat(AT_FDCWD, file.name.data(), &status, 0) == 0) {
    size_budget_.Learn(status.st_size);
    on_file(id, status.st_size);
  } else {
    on_file(id, FileHasher::kUnknownSize);
  }
}

void ListSource::AddTo(FileId id, std::int64_t size, HashBatch& batch) {
  batch.Add(id, directory_, files_[id].name, size, /*follow_symlinks=*/true);
}

void ListSource::OnHashed(const HashedFile& hashed) {
  if (hashed.error == ECANCELED) return;
  File& file = files_[hashed.id];
  if (hashed.error != 0) {
    file.outcome = Outcome::kUnreadable;
    ++unreadable_;
    Complain(file.name, hashed.error);
  } else if (hashed.digest == file.expected) {
    file.outcome = Outcome::kOk;
  } else {
    file.outcome = Outcome::kDiffers;
    ++differing_;
    AddError();
  }
}

bool ListSource::Report(std::string& out) {
  for (int i = 0; i < kLinesAReport && reported_ < files_.size(); ++i) {
    AppendLine(files_[reported_++], out);
  }
  if (reported_ < files_.size()) return true;
  WarnAtTheEnd();
  return false;
}

void ListSource::AppendLine(const File& file, std::string& out) const {
  if (file.outcome == Outcome::kOk && options_.quiet) return;
  // Here, unlike in a list, coreutils escapes only what would break the line.
  if (file.name.find('\n') != std::string_view::npos) {
    out += '\\';
    AppendEscaped(file.name, out);
  } else {
    out += file.name;
  }
  switch (file.outcome) {
    case Outcome::kOk:
      out += ": OK\n";
      break;
    case Outcome::kDiffers:
      out += ": FAILED\n";
      break;
    case Outcome::kPending:
    case Outcome::kUnreadable:
      out += ": FAILED open or read\n";
      break;
  }
}

void ListSource::WarnAtTheEnd() {
  if (malformed_ > 0) {
    Warn(Count(malformed_, "line is improperly formatted", "lines are improperly formatted"));
  }
  if (unreadable_ > 0) {
    Warn(Count(unreadable_, "listed file could not be read", "listed files could not be read"));
  }
  if (differing_ > 0) {
    Warn(Count(differing_, "computed checksum did NOT match", "computed checksums did NOT match"));
  }
}

}  // namespace sabre_hash
