#include "sabre/messaging/file_descriptor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/platform/descriptor.h"

namespace sabre {
namespace {

// A descriptor in a message. If nobody takes it out, it is closed with the message.
class DescriptorInTransit final : public TransferredObject {
 public:
  explicit DescriptorInTransit(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
  const TransferType& type() const noexcept override { return FileDescriptor::kTransferType; }
  FileDescriptor Take() { return std::move(descriptor_); }

 private:
  FileDescriptor descriptor_;
};

}  // namespace

const TransferType FileDescriptor::kTransferType{"FileDescriptor"};

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  FileDescriptor moved(std::move(other));
  std::swap(fd_, moved.fd_);
  Transferable::operator=(std::move(moved));
  return *this;
}

int FileDescriptor::Release() noexcept { return std::exchange(fd_, kNone); }

void FileDescriptor::Close() noexcept {
  if (is_open()) platform::CloseDescriptor(Release());
}

absl::StatusOr<FileDescriptor> FileDescriptor::Duplicate() const {
  if (!is_open()) return absl::FailedPreconditionError("FileDescriptor: empty");
  if (!platform::HasDescriptors()) {
    return absl::UnimplementedError("FileDescriptor: this platform has none");
  }
  int copy;
  const int error = platform::DuplicateDescriptor(fd_, copy);
  if (error != 0) {
    return absl::ErrnoToStatus(error,
                               absl::StrCat("FileDescriptor: cannot duplicate descriptor ", fd_));
  }
  return FileDescriptor(copy);
}

absl::Status FileDescriptor::CanTransfer() const {
  return is_open() ? absl::OkStatus() : absl::FailedPreconditionError("a FileDescriptor is empty");
}

absl::StatusOr<std::unique_ptr<TransferredObject>> FileDescriptor::CloneOut() const {
  absl::StatusOr<FileDescriptor> copy = Duplicate();
  if (!copy.ok()) return std::move(copy).status();
  return std::make_unique<DescriptorInTransit>(*std::move(copy));
}

std::unique_ptr<TransferredObject> FileDescriptor::TransferOut() {
  return std::make_unique<DescriptorInTransit>(FileDescriptor(Release()));
}

FileDescriptor FileDescriptor::FromTransferred(std::unique_ptr<TransferredObject> object) {
  if (object == nullptr || &object->type() != &kTransferType) return FileDescriptor();
  return static_cast<DescriptorInTransit&>(*object).Take();
}

}  // namespace sabre
