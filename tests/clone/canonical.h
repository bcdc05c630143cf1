// tests/clone/canonical.h: the canonical description of a value, as the corpus has it.
#ifndef SABRE_TESTS_CLONE_CANONICAL_H_
#define SABRE_TESTS_CLONE_CANONICAL_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sabre/clone/value.h"

namespace sabre::testing {

// One line of JSON. `host`: views are described as those that came with bytes of their own.
std::string Canonical(Value value, bool host = false);

// "ff0f" and its bytes.
std::vector<std::uint8_t> FromHex(std::string_view hex);
std::string ToHex(std::span<const std::uint8_t> bytes);

// The rows of a table in tests/clone/data, split at tabs.
std::vector<std::vector<std::string>> ReadTable(const std::string& name);

}  // namespace sabre::testing

#endif  // SABRE_TESTS_CLONE_CANONICAL_H_
