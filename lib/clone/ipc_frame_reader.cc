// lib/clone/ipc_frame_reader.cc
#include "sabre/clone/ipc_frame_reader.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace sabre {
namespace {
constexpr std::size_t kLengthSize = 4;
}  // namespace

void IpcFrameReader::Feed(std::span<const std::uint8_t> bytes) {
  const std::size_t skipped = std::min(skip_, bytes.size());
  skip_ -= skipped;
  bytes = bytes.subspan(skipped);
  // Moves what is left only if at least as much is given up: each byte is moved once at most.
  if (begin_ >= bytes_.size() - begin_) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  if (broken_ == 0) bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

std::optional<absl::StatusOr<std::span<const std::uint8_t>>> IpcFrameReader::Next() {
  if (broken_ == 0 && pending() >= kLengthSize) {
    const std::uint8_t* const frame = bytes_.data() + begin_;
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < kLengthSize; ++i) length = length << 8 | frame[i];
    const std::size_t behind = pending() - kLengthSize;
    if (length > 0x7fffffff) {
      broken_ = length;
    } else if (length == 0) {
      begin_ += kLengthSize;
      return absl::DataLossError("IpcFrameReader: a message of 0 bytes");
    } else if (length > max_message_) {
      const std::size_t here = std::min<std::size_t>(length, behind);
      begin_ += kLengthSize + here;
      skip_ = length - here;
      return absl::ResourceExhaustedError(
          absl::StrCat("IpcFrameReader: a message of ", length, " bytes exceeds ", max_message_));
    } else if (length <= behind) {
      begin_ += kLengthSize + length;
      return std::span<const std::uint8_t>(frame + kLengthSize, length);
    }
  }
  if (broken_ == 0) return std::nullopt;
  return absl::DataLossError(
      absl::StrCat("IpcFrameReader: a length of ", broken_, " bytes exceeds 2147483647"));
}

}  // namespace sabre
