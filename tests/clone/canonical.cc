// tests/clone/canonical.cc
#include "tests/clone/canonical.h"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "tests/clone/test_data.h"

namespace sabre::testing {

std::vector<std::uint8_t> FromHex(std::string_view hex) {
  std::optional<std::vector<std::uint8_t>> bytes = sabre_inspect::FromHex(hex);
  if (!bytes.has_value()) std::abort();
  return *std::move(bytes);
}

std::vector<std::vector<std::string>> ReadTable(const std::string& name) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream file(std::string(SABRE_CLONE_TEST_DATA) + "/" + name);
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> cells;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, '\t');) cells.push_back(cell);
    rows.push_back(cells);
  }
  return rows;
}

}  // namespace sabre::testing
