// Where the files of a job come from and where their digests go.
#ifndef SABRE_EXAMPLES_SABRE_HASH_FILE_SOURCE_H_
#define SABRE_EXAMPLES_SABRE_HASH_FILE_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "examples/sabre_hash/hash_batch.h"

namespace sabre_hash {

// FileSource
//
// The two jobs of this program, a list of what is below some paths (TreeSource) and the check of such
// a list (ListSource), look alike to the machinery: files turn up in slices, come back hashed in any
// order, and the report is written in slices. No call takes longer than about a millisecond, unless
// the file system does.
//
// Thread-safety: all on the main thread.
class FileSource {
 public:
  // A file has turned up. `size` in bytes, or FileHasher::kUnknownSize.
  using OnFile = absl::FunctionRef<void(FileId id, std::int64_t size)>;

  virtual ~FileSource() = default;

  enum class Found {
    kMore,     // call again
    kNothing,  // there is nothing to be had without blocking: call again a little later
    kAll,      // there are no more
  };

  // Looks for files a little further.
  virtual Found Step(OnFile on_file) = 0;

  // Adds a file that was found to a batch. Again, if the worker sent it back as too large for the batch.
  virtual void AddTo(FileId id, std::int64_t size, HashBatch& batch) = 0;

  // A file of a batch has come back hashed, or with its error: once for each file.
  virtual void OnHashed(const HashedFile& file) = 0;

  // Appends a few lines of the report to `out`. After the last Step and the last OnHashed. Returns
  // false after the last line.
  virtual bool Report(std::string& out) = 0;

  // Something else went wrong: adds the message "sabre-hash: TEXT", and an error.
  void Fail(std::string_view text) {
    Warn(text);
    AddError();
  }

  // Takes the messages for stderr that have come up since the last call, each a line.
  std::string TakeMessages() { return std::exchange(messages_, {}); }

  // Things that went wrong so far: each makes the program exit with status 1.
  std::int64_t errors() const { return errors_; }

 protected:
  // Adds the message "sabre-hash: TEXT".
  void Warn(std::string_view text);
  // Adds the message "sabre-hash: NAME: REASON", and an error.
  void Complain(std::string_view name, int error);
  void AddError() { ++errors_; }

 private:
  std::string messages_;
  std::int64_t errors_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_FILE_SOURCE_H_
