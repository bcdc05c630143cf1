// Writing much text without blocking.
#ifndef SABRE_EXAMPLES_SABRE_HASH_LIST_WRITER_H_
#define SABRE_EXAMPLES_SABRE_HASH_LIST_WRITER_H_

#include <cstddef>
#include <string>

namespace sabre_hash {

// ListWriter
//
// Hands text to a descriptor in pieces, and a pipe or terminal only as much as it takes at once: an
// event loop must not wait until somebody scrolls down in `less`. (O_NONBLOCK would do, but it belongs
// to the open file, which other programs share.)
//
// Thread-safety: thread-compatible.
class ListWriter {
 public:
  explicit ListWriter(int fd);

  // Text is appended here. Not between calls of Write that returned kMore or kWouldBlock, unless
  // pending() is small.
  std::string& text() { return text_; }
  // Bytes not yet written.
  std::size_t pending() const { return text_.size() - written_; }

  enum class Result { kMore, kDone, kWouldBlock, kFailed };

  // Writes one piece. After kFailed, errno says why, and the text is dropped.
  Result Write();

 private:
  const int fd_;
  bool may_block_ = true;
  std::string text_;
  std::size_t written_ = 0;
};

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_LIST_WRITER_H_
