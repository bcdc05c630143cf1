// lib/clone/conversion.cc: values that change their form within one thread, and what comes with them.
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/clone/borrowed_object.h"
#include "lib/clone/graph_reader.h"
#include "lib/clone/graph_storage.h"
#include "lib/clone/serializer_tables.h"
#include "sabre/clone/convert.h"

namespace sabre::internal {

Conversion::Conversion(InvalidText invalid_text)
    : out_(SerializeOptions{.invalid_text = invalid_text}) {
  out_.BeginConversion();
}

Conversion::~Conversion() {
  // What nobody took is still where it was.
  for (std::size_t i = 0; i < received_.size(); ++i) {
    if (received_[i] == nullptr) continue;
    if (attachments_.objects[i] != nullptr) {
      attachments_.objects[i].release();
    } else {
      *received_[i] = nullptr;
    }
  }
}

void Conversion::FinishWriting() {
  out_.FinishConversion(attachments_, received_);
  bytes_ = out_.TakeBytes();
}

absl::StatusOr<Value> Conversion::ReadInto(Graph& graph) {
  FinishWriting();
  const DeserializeOptions options = TrustedBytes();
  Deserializer in(bytes_, &attachments_, options);
  Value value;
  if (!in.ReadHeader()) return in.status();
  GraphReader reader(graph.storage(), &attachments_, in.version(), options, in.budget());
  WireCursor cursor = in.cursor();
  if (reader.Read(cursor, value, 0, /*view_flags=*/true)) return value;
  return absl::ResourceExhaustedError(absl::StrCat("ToValue: ", reader.what()));
}

absl::Status Conversion::WithoutOffset(const absl::Status& status) {
  const absl::string_view message = status.message();
  return absl::Status(status.code(), message.substr(0, message.rfind(" (at byte ")));
}

}  // namespace sabre::internal
