#include "absl/strings/str_cat.h"
#include "tests/clone/rich_struct.h"
#include "tests/fuzz/checks.h"
#include "tests/support/heap_meter.h"

namespace sabre::fuzz {
namespace {

using testing::Rich;

// What writing gives, read.
absl::StatusOr<Rich> Reread(const Rich& rich, Dialect dialect) {
  absl::StatusOr<ByteBuffer> bytes = Encode(rich, {.dialect = dialect});
  if (!bytes.ok()) return std::move(bytes).status();
  return Decode<Rich>(*bytes,
                      {.dialect = dialect, .max_memory = SIZE_MAX, .refuse_trailing_bytes = true});
}

}  // namespace

std::string CheckCodec(std::span<const std::uint8_t> bytes) {
  const Input input(bytes);
  std::size_t peak = 0;
  const absl::StatusOr<Rich> read = [&] {
    const testing::HeapMeter meter;
    absl::StatusOr<Rich> rich = Decode<Rich>(input.bytes, input.options);
    peak = meter.peak();
    return rich;
  }();
  if (peak > MemoryLimit(input)) {
    return absl::StrCat("reading ", input.bytes.size(), " bytes as a struct held ", peak,
                        " bytes, more than ", MemoryLimit(input));
  }
  if (!read.ok()) return "";
  const Dialect dialect = input.options.dialect;
  const absl::StatusOr<Rich> once = Reread(*read, dialect);
  if (!once.ok())
    return absl::StrCat("a struct is not written and read: ", once.status().ToString());
  const absl::StatusOr<Rich> twice = Reread(*once, dialect);
  if (!twice.ok()) return absl::StrCat("nor is it again: ", twice.status().ToString());
  // Node's dialects keep the bytes of a view, not its buffer: the first writing makes them so.
  const Rich& before = dialect == Dialect::kV8 ? *read : *once;
  if (const std::string field = Difference(before, *twice); !field.empty()) {
    return absl::StrCat("writing a struct changes its field ", field);
  }
  return "";
}

}  // namespace sabre::fuzz
