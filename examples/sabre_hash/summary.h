// The figures at the end.
#ifndef SABRE_EXAMPLES_SABRE_HASH_SUMMARY_H_
#define SABRE_EXAMPLES_SABRE_HASH_SUMMARY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace sabre_hash {

struct Summary {
  std::int64_t files = 0;  // hashed
  std::int64_t bytes = 0;  // hashed
  std::int64_t found = 0;  // files
  std::int64_t errors = 0;
  double seconds = 0;
  std::size_t threads = 0;  // 0: all on the main thread
  // How long the event loop was blocked by one turn.
  std::int64_t turns = 0;
  double longest_block_ms = 0;
  double p999_block_ms = 0;
  std::optional<double> control_delay_ms;
  int signal = 0;  // that ended the job early

  double megabytes_per_second() const {
    return seconds > 0 ? static_cast<double>(bytes) / 1e6 / seconds : 0;
  }
};

// One line, without a newline.
std::string ToJson(const Summary& summary);
std::string ToText(const Summary& summary);

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_SUMMARY_H_
