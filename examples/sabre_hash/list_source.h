// The files that a list of checksums names.
#ifndef SABRE_EXAMPLES_SABRE_HASH_LIST_SOURCE_H_
#define SABRE_EXAMPLES_SABRE_HASH_LIST_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "examples/sabre_hash/digest.h"
#include "examples/sabre_hash/directory.h"
#include "examples/sabre_hash/file_source.h"
#include "examples/sabre_hash/name_arena.h"
#include "examples/sabre_hash/size_budget.h"

namespace sabre_hash {

// ListSource
//
// Reports what `sha256sum -c` would, in the order of the list.
class ListSource final : public FileSource {
 public:
  struct Options {
    std::string list;    // the path of the list; "-" is the standard input
    bool quiet = false;  // no line for a file that is as it should be
  };

  // Errors: a status whose message says why the list cannot be read.
  static absl::StatusOr<std::unique_ptr<ListSource>> Open(Options options);
  ListSource(Options options, int fd);
  ~ListSource() override;

  Found Step(OnFile on_file) override;
  void AddTo(FileId id, std::int64_t size, HashBatch& batch) override;
  void OnHashed(const HashedFile& file) override;
  bool Report(std::string& out) override;

 private:
  enum class Outcome : std::uint8_t { kPending, kOk, kDiffers, kUnreadable };

  struct File {
    std::string_view name;
    Digest expected{};
    Outcome outcome = Outcome::kPending;
  };

  // Reads the next piece of the list into text_. Returns kNothing if that would block, kAll at the end.
  Found Fill();
  void TakeLine(std::string_view line, OnFile on_file);
  void AppendLine(const File& file, std::string& out) const;
  void WarnAtTheEnd();

  const Options options_;
  const int fd_;
  const std::shared_ptr<const Directory> directory_;  // the current one
  std::string text_;                                  // read, and from next_ on not yet taken
  std::size_t next_ = 0;
  std::size_t searched_ = 0;  // no newline between next_ and here
  bool at_end_ = false;
  SizeBudget size_budget_;
  NameArena names_;
  std::deque<File> files_;
  std::size_t reported_ = 0;
  std::int64_t malformed_ = 0;
  std::int64_t differing_ = 0;
  std::int64_t unreadable_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_LIST_SOURCE_H_
