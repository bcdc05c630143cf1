// tests/clone/canonical.h: what the tests of the clone room compare values by, and their tables.
#ifndef SABRE_TESTS_CLONE_CANONICAL_H_
#define SABRE_TESTS_CLONE_CANONICAL_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "examples/sabre_inspect/canonical.h"
#include "examples/sabre_inspect/hex.h"

namespace sabre::testing {

// The tool's: one line of JSON.
using sabre_inspect::Canonical;
using sabre_inspect::ToHex;

// "ff0f" and its bytes; anything else is a mistake in the test, and aborts.
std::vector<std::uint8_t> FromHex(std::string_view hex);

// The rows of a table in tests/clone/data, split at tabs.
std::vector<std::vector<std::string>> ReadTable(const std::string& name);

}  // namespace sabre::testing

#endif  // SABRE_TESTS_CLONE_CANONICAL_H_
