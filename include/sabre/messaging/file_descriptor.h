// sabre/messaging/file_descriptor.h: a file descriptor that messages can carry.
#ifndef SABRE_MESSAGING_FILE_DESCRIPTOR_H_
#define SABRE_MESSAGING_FILE_DESCRIPTOR_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/transferable.h"

namespace sabre {

// FileDescriptor
//
// Owns a descriptor of the operating system. In a message that goes to another thread of the process
// it is cloned: the receiver gets a descriptor of its own of the same open file (as by dup, closed
// on exec), which shares the file's position and flags. If the transfer list names it, it moves, and
// this object is empty. A message that nobody reads closes what it carries.
//
//   FileDescriptor log(open("log", O_WRONLY | O_CLOEXEC));
//   port.PostMessage(log);                           // both threads can write
//   port.PostMessage(log, {.transfer = {&log}});     // only the receiver can
//
// Bytes cannot carry one: its number means nothing in another process, so Encode refuses it.
//
// Thread-safety: thread-compatible.
// Spec: a platform object that is serializable and transferable
//   (https://html.spec.whatwg.org/multipage/structured-data.html#serializable-objects).
class FileDescriptor final : public Transferable {
 public:
  // An empty one.
  FileDescriptor() noexcept = default;
  // Takes `fd` over; a negative number gives an empty one.
  explicit FileDescriptor(int fd) noexcept : fd_(fd < 0 ? kNone : fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : Transferable(std::move(other)), fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() override { Close(); }

  // The number; -1 if empty. It stays this object's to close.
  int get() const noexcept { return fd_; }
  bool is_open() const noexcept { return fd_ != kNone; }

  // Gives the descriptor up to the caller: the number, or -1; this object is empty.
  int Release() noexcept;
  // Closes it. An empty one stays empty.
  void Close() noexcept;
  // Another descriptor of the same open file, closed on exec.
  // Errors: kFailedPrecondition if empty; kResourceExhausted if the process or the system has no
  //   descriptor left; kUnimplemented if the platform has none; else what the system says of the
  //   number. Blocking: no.
  absl::StatusOr<FileDescriptor> Duplicate() const;

  // Transferable. CloneOut fails as Duplicate does.
  absl::Status CanTransfer() const override;
  absl::StatusOr<std::unique_ptr<TransferredObject>> CloneOut() const override;
  std::unique_ptr<TransferredObject> TransferOut() override;
  const void* identity() const noexcept override { return is_open() ? this : nullptr; }
  const TransferType& type() const noexcept override { return kTransferType; }

  // What the wire calls a FileDescriptor.
  static const TransferType kTransferType;

  // What CloneOut or TransferOut returned, as a FileDescriptor; empty if it is something else.
  static FileDescriptor FromTransferred(std::unique_ptr<TransferredObject> object);

 private:
  static constexpr int kNone = -1;

  int fd_ = kNone;
};

// Cloned, or moved if the transfer list names it. An empty one cannot be sent.
template <>
struct Codec<FileDescriptor> {
  // A number of the process, which no thread owns.
  static constexpr bool kThreadConfined = false;
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, const FileDescriptor& descriptor) {
    return out.WriteTransferable(descriptor);
  }
  static bool Read(Deserializer& in, FileDescriptor& descriptor) {
    std::unique_ptr<TransferredObject> object;
    if (!in.ReadTransferred(FileDescriptor::kTransferType, object)) return false;
    descriptor = FileDescriptor::FromTransferred(std::move(object));
    return true;
  }
};

}  // namespace sabre

#endif  // SABRE_MESSAGING_FILE_DESCRIPTOR_H_
