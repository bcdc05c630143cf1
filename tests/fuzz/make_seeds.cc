// Writes messages that hold a Rich, for the fuzzer of codecs: no mutation would find one by itself.
//
//   make_seeds FOLDER COUNT
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "tests/clone/rich_struct.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::mt19937 random(1);
  for (int i = 0; i < std::atoi(argv[2]); ++i) {
    std::vector<std::uint8_t> bits(std::size_t{1} << (i % 9));
    for (std::uint8_t& byte : bits) byte = static_cast<std::uint8_t>(random());
    const unsigned dialect = static_cast<unsigned>(i) / 9 % 3;  // of the byte of options, too
    const absl::StatusOr<sabre::ByteBuffer> bytes =
        sabre::Encode(sabre::testing::RandomRich(bits),
                      {.dialect = sabre::Dialect{static_cast<std::uint8_t>(dialect)}});
    if (!bytes.ok()) return 1;
    std::ofstream file(std::string(argv[1]) + "/rich" + std::to_string(i), std::ios::binary);
    file.put(static_cast<char>(dialect));
    file.write(reinterpret_cast<const char*>(bytes->data()),
               static_cast<std::streamsize>(bytes->size()));
  }
}
