#include "examples/sabre_hash/summary.h"

#include <signal.h>

#include "absl/strings/str_cat.h"
#include "examples/sabre_hash/units.h"

namespace sabre_hash {

std::string ToJson(const Summary& summary) {
  return absl::StrCat(
      "{\"files\":", summary.files, ",\"bytes\":", summary.bytes, ",\"found\":", summary.found,
      ",\"errors\":", summary.errors, ",\"seconds\":", FormatNumber(summary.seconds, 6),
      ",\"mb_per_s\":", FormatNumber(summary.megabytes_per_second(), 1),
      ",\"threads\":", summary.threads, ",\"turns\":", summary.turns,
      ",\"longest_block_ms\":", FormatNumber(summary.longest_block_ms, 3),
      ",\"p999_block_ms\":", FormatNumber(summary.p999_block_ms, 3), ",\"control_delay_ms\":",
      summary.control_delay_ms.has_value() ? FormatNumber(*summary.control_delay_ms, 3) : "null",
      ",\"signal\":", summary.signal, "}");
}

std::string ToText(const Summary& summary) {
  std::string text;
  if (summary.signal != 0) {
    text = absl::StrCat("stopped by ", summary.signal == SIGINT ? "SIGINT" : "SIGTERM", ": ",
                        summary.files, " of ", summary.found, " files found were hashed, ");
  } else {
    text = absl::StrCat(summary.files, " files, ");
  }
  absl::StrAppend(&text, FormatBytes(summary.bytes), " in ", FormatNumber(summary.seconds, 3),
                  " s (", FormatNumber(summary.megabytes_per_second(), 0), " MB/s) on ");
  if (summary.threads == 0) {
    text += "the main thread";
  } else {
    absl::StrAppend(&text, summary.threads, summary.threads == 1 ? " worker" : " workers");
  }
  absl::StrAppend(&text, "; the event loop was blocked for ",
                  FormatNumber(summary.longest_block_ms, 2), " ms at most");
  if (summary.control_delay_ms.has_value()) {
    absl::StrAppend(&text, " (a sleeping thread woke up ",
                    FormatNumber(*summary.control_delay_ms, 2), " ms late at worst)");
  }
  return text;
}

}  // namespace sabre_hash
