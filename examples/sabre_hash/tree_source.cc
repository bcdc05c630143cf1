#include "examples/sabre_hash/tree_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "examples/sabre_hash/file_hasher.h"
#include "examples/sabre_hash/file_name.h"

namespace sabre_hash {
namespace {

// So many entries a Step, so many lines a Report. Few entries, since on a cold disk each may take
// milliseconds.
constexpr int kEntriesAStep = 8;
constexpr int kLinesAReport = 256;

// Descriptors up to this number may be kept for directories; the workers need the rest. Directories
// beyond it are opened, read and closed, and their files opened by path.
int DescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur / 2, 4096));
}

}  // namespace

bool TreeSource::ByPath::operator()(const Entry& a, const Entry& b) const {
  const std::size_t common = std::min(a.name.size(), b.name.size());
  const int order = std::memcmp(a.name.data(), b.name.data(), common);
  if (order != 0) return order < 0;
  // One name is the beginning of the other, or they are the same: what follows decides.
  const auto next = [common](const Entry& entry) {
    if (entry.name.size() > common)
      return static_cast<int>(static_cast<unsigned char>(entry.name[common]));
    return entry.is_directory ? static_cast<int>('/') : -1;
  };
  const int x = next(a);
  const int y = next(b);
  return x != y ? x < y : a.index < b.index;
}

TreeSource::TreeSource(std::vector<std::string> paths)
    : paths_(std::move(paths)), fd_limit_(DescriptorLimit()) {
  Node& root_files = nodes_.emplace_back();
  root_files.directory = std::make_shared<Directory>("", AT_FDCWD);
  root_files.unopened = 1;  // for the PATHs that are still to come
}

FileSource::Found TreeSource::Step(OnFile on_file) {
  if (reading_) {
    StepDirectory(on_file);
  } else if (!pending_.empty()) {
    OpenNextDirectory();
  } else if (next_path_ < paths_.size()) {
    StepRoot(on_file);
  } else {
    nodes_[kRootFiles].entries.Seal();
    return Found::kAll;
  }
  return Found::kMore;
}

void TreeSource::StepRoot(OnFile on_file) {
  const std::string& path = paths_[next_path_++];
  struct stat status;
  if (fstatat(AT_FDCWD, path.c_str(), &status, 0) != 0) {
    Complain(path, errno);
  } else if (S_ISDIR(status.st_mode)) {
    roots_.push_back(AddDirectory(kRootFiles, path));
  } else if (S_ISREG(status.st_mode)) {
    AddFile(kRootFiles, path, status.st_size, on_file);
  } else {
    Complain(path, EINVAL);
  }
}

void TreeSource::OpenNextDirectory() {
  const PendingDirectory next = pending_.back();
  pending_.pop_back();
  Node& node = nodes_[next.node];
  const int fd =
      nodes_[next.parent].directory->OpenSubdirectory(next.name.data(), next.parent == kRootFiles);
  const int error = errno;
  Opened(next.parent);
  if (fd < 0) {
    Complain(nodes_[next.parent].path + std::string(next.name), error);
    return;
  }
  const bool keep = fd < fd_limit_;
  node.directory = std::make_shared<Directory>(node.path, keep ? fd : Directory::kClosed);
  node.unopened = 1;
  reading_ = true;
  reading_node_ = next.node;
  reading_fd_ = fd;
  reader_.Start(fd);
}

void TreeSource::StepDirectory(OnFile on_file) {
  for (int i = 0; i < kEntriesAStep; ++i) {
    DirectoryReader::Entry entry;
    const DirectoryReader::Result result = reader_.Next(entry);
    if (result != DirectoryReader::Result::kEntry) {
      if (result == DirectoryReader::Result::kError) Complain(nodes_[reading_node_].path, errno);
      FinishDirectory();
      return;
    }
    if (entry.type == DT_DIR) {
      AddDirectory(reading_node_, entry.name);
    } else if (entry.type == DT_REG && !size_budget_.Ask()) {
      AddFile(reading_node_, entry.name, FileHasher::kUnknownSize, on_file);
    } else if (entry.type == DT_REG || entry.type == DT_UNKNOWN) {
      struct stat status;
      // If it has vanished meanwhile, the worker that opens it will say so.
      if (fstatat(reading_fd_, entry.name.data(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        AddFile(reading_node_, entry.name, FileHasher::kUnknownSize, on_file);
      } else if (S_ISREG(status.st_mode)) {
        size_budget_.Learn(status.st_size);
        AddFile(reading_node_, entry.name, status.st_size, on_file);
      } else if (S_ISDIR(status.st_mode)) {
        AddDirectory(reading_node_, entry.name);
      }
    }
  }
}

void TreeSource::FinishDirectory() {
  Node& node = nodes_[reading_node_];
  node.entries.Seal();
  if (node.directory->closed()) close(reading_fd_);
  reading_ = false;
  Opened(reading_node_);
}

void TreeSource::AddFile(NodeId node, std::string_view name, std::int64_t size, OnFile on_file) {
  const auto id = static_cast<FileId>(files_.size());
  const File& file = files_.emplace_back(File{names_.Add(name), node});
  nodes_[node].entries.Add({file.name, id, false});
  ++nodes_[node].unopened;
  on_file(id, size);
}

TreeSource::NodeId TreeSource::AddDirectory(NodeId parent, std::string_view name) {
  const auto id = static_cast<NodeId>(nodes_.size());
  Node& node = nodes_.emplace_back();
  node.path = nodes_[parent].path;
  node.path += name;
  if (!node.path.ends_with('/')) node.path += '/';
  const std::string_view kept = names_.Add(name);
  // The PATHs themselves are merged by whole paths: one may lie inside another.
  if (parent != kRootFiles) nodes_[parent].entries.Add({kept, id, true});
  ++nodes_[parent].unopened;
  pending_.push_back({parent, id, kept});
  return id;
}

void TreeSource::Opened(NodeId node) {
  if (--nodes_[node].unopened == 0) nodes_[node].directory.reset();
}

void TreeSource::AddTo(FileId id, std::int64_t size, HashBatch& batch) {
  const File& file = files_[id];
  batch.Add(id, nodes_[file.node].directory, file.name, size, file.node == kRootFiles);
}

void TreeSource::OnHashed(const HashedFile& hashed) {
  File& file = files_[hashed.id];
  file.hashed = hashed.error == 0;
  file.digest = hashed.digest;
  if (hashed.error != 0 && hashed.error != ECANCELED) Complain(PathOf(file), hashed.error);
  Opened(file.node);
}

namespace {

// The order of a heap whose top is the cursor with the smallest path.
constexpr auto kAfter = [](const auto& a, const auto& b) {
  const int order = a.path.compare(b.path);
  return order != 0 ? order > 0 : a.file > b.file;
};

}  // namespace

bool TreeSource::Report(std::string& out) {
  if (!reporting_) StartReport();
  for (int i = 0; i < kLinesAReport && !cursors_.empty(); ++i) {
    if (cursors_.size() > 1) std::pop_heap(cursors_.begin(), cursors_.end(), kAfter);
    AppendLine(files_[cursors_.back().file], out);
    if (!Advance(cursors_.back())) {
      cursors_.pop_back();
    } else if (cursors_.size() > 1) {
      std::push_heap(cursors_.begin(), cursors_.end(), kAfter);
    }
  }
  return !cursors_.empty();
}

void TreeSource::StartReport() {
  reporting_ = true;
  roots_.push_back(kRootFiles);
  cursors_.reserve(roots_.size());
  for (const NodeId root : roots_) {
    Cursor& cursor = cursors_.emplace_back();
    cursor.stack.push_back(root);
    if (!Advance(cursor)) cursors_.pop_back();
  }
  for (Cursor& cursor : cursors_) cursor.path = PathOf(files_[cursor.file]);
  std::make_heap(cursors_.begin(), cursors_.end(), kAfter);
}

bool TreeSource::Advance(Cursor& cursor) {
  while (!cursor.stack.empty()) {
    const std::optional<Entry> entry = nodes_[cursor.stack.back()].entries.Next();
    if (!entry.has_value()) {
      cursor.stack.pop_back();
    } else if (entry->is_directory) {
      cursor.stack.push_back(entry->index);
    } else {
      cursor.file = entry->index;
      if (cursors_.size() > 1) cursor.path = PathOf(files_[cursor.file]);
      return true;
    }
  }
  return false;
}

void TreeSource::AppendLine(const File& file, std::string& out) const {
  if (!file.hashed) return;
  const std::string& directory = nodes_[file.node].path;
  const bool escape = NeedsEscape(directory) || NeedsEscape(file.name);
  if (escape) out += '\\';
  AppendHex(file.digest, out);
  out += "  ";
  if (escape) {
    AppendEscaped(directory, out);
    AppendEscaped(file.name, out);
  } else {
    out.append(directory).append(file.name);
  }
  out += '\n';
}

}  // namespace sabre_hash
