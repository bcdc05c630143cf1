// lib/clone/ipc_frame.cc
#include "sabre/clone/ipc_frame.h"

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"

namespace sabre {

absl::Status AppendIpcFrame(ByteBuffer& stream, std::span<const std::uint8_t> message) {
  if (message.empty() || message.size() > 0x7fffffff) {
    return absl::OutOfRangeError(absl::StrCat("AppendIpcFrame: a message of ", message.size(),
                                              " bytes is not in the range 1 to 2147483647"));
  }
  std::uint8_t* const frame = stream.Extend(4 + message.size());
  for (int i = 0; i < 4; ++i) frame[i] = static_cast<std::uint8_t>(message.size() >> (24 - 8 * i));
  std::memcpy(frame + 4, message.data(), message.size());
  return absl::OkStatus();
}

bool IsNodeInternalMessage(Value message) {
  constexpr std::u16string_view kPrefix = u"NODE_";
  if (!message.is_object() && !message.is_array()) return false;
  const Value command = message.Get("cmd");
  if (!command.is_string() || command.size() <= kPrefix.size()) return false;
  return command.AsU16String().starts_with(kPrefix);
}

}  // namespace sabre
