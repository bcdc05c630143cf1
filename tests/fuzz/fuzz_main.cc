// A fuzzer: searches for an input that breaks SABRE_CHECK, one of checks.h.
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string reason = sabre::fuzz::SABRE_CHECK({data, size});
  if (reason.empty()) return 0;
  std::fprintf(stderr, "BROKEN: %s\n", reason.c_str());
  std::abort();
}
