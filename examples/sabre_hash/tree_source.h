// Every regular file below some paths.
#ifndef SABRE_EXAMPLES_SABRE_HASH_TREE_SOURCE_H_
#define SABRE_EXAMPLES_SABRE_HASH_TREE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "examples/sabre_hash/digest.h"
#include "examples/sabre_hash/directory.h"
#include "examples/sabre_hash/directory_reader.h"
#include "examples/sabre_hash/file_source.h"
#include "examples/sabre_hash/name_arena.h"
#include "examples/sabre_hash/size_budget.h"
#include "examples/sabre_hash/sorted_runs.h"

namespace sabre_hash {

// TreeSource
//
// Walks like `find -H PATH... -type f`: a symbolic link is followed if it is a PATH itself, and never
// below one. Reports what sha256sum would print for the files, in ascending order of their paths'
// bytes.
class TreeSource final : public FileSource {
 public:
  explicit TreeSource(std::vector<std::string> paths);

  Found Step(OnFile on_file) override;
  void AddTo(FileId id, std::int64_t size, HashBatch& batch) override;
  void OnHashed(const HashedFile& file) override;
  bool Report(std::string& out) override;

 private:
  using NodeId = std::uint32_t;

  // The node of those PATHs that are files.
  static constexpr NodeId kRootFiles = 0;

  struct Entry {
    std::string_view name;
    std::uint32_t index;  // a NodeId or a FileId
    bool is_directory;
  };

  // The order of the paths below: the name of a directory counts as if a slash followed it, which is
  // what follows it in every path that it is part of. ("a.b" < "a/b" < "aa")
  struct ByPath {
    bool operator()(const Entry& a, const Entry& b) const;
  };

  struct Node {
    std::string path;  // what stands before the names of its entries
    // Kept while somebody may want to open something inside.
    std::shared_ptr<const Directory> directory;
    std::size_t unopened = 0;  // entries that may have to be opened yet, and one for the reader
    SortedRuns<Entry, ByPath> entries;
  };

  struct PendingDirectory {
    NodeId parent;
    NodeId node;
    std::string_view name;
  };

  struct File {
    std::string_view name;
    NodeId node;
    bool hashed = false;
    Digest digest{};
  };

  // Goes through one PATH in order, for the report.
  struct Cursor {
    std::vector<NodeId> stack;
    FileId file = 0;
    std::string path;  // of `file`; only kept if there are several cursors
  };

  void StepRoot(OnFile on_file);
  void StepDirectory(OnFile on_file);
  void OpenNextDirectory();
  void FinishDirectory();
  void AddFile(NodeId node, std::string_view name, std::int64_t size, OnFile on_file);
  NodeId AddDirectory(NodeId parent, std::string_view name);
  // One entry less to open: the last of them lets go of the directory.
  void Opened(NodeId node);
  std::string PathOf(const File& file) const {
    return nodes_[file.node].path + std::string(file.name);
  }

  void StartReport();
  bool Advance(Cursor& cursor);
  void AppendLine(const File& file, std::string& out) const;

  const std::vector<std::string> paths_;
  const int fd_limit_;
  SizeBudget size_budget_;
  std::size_t next_path_ = 0;
  NameArena names_;
  // Deques, because a vector that grows moves everything at once.
  std::deque<Node> nodes_;
  std::deque<File> files_;
  std::vector<NodeId> roots_;
  std::vector<PendingDirectory> pending_;  // a stack: the walk goes down first

  bool reading_ = false;
  NodeId reading_node_ = 0;
  int reading_fd_ = -1;
  DirectoryReader reader_;

  bool reporting_ = false;
  std::vector<Cursor> cursors_;  // a heap by path
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_TREE_SOURCE_H_
