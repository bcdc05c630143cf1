// Quantities for people.
#ifndef SABRE_EXAMPLES_SABRE_HASH_UNITS_H_
#define SABRE_EXAMPLES_SABRE_HASH_UNITS_H_

#include <cstdint>
#include <string>

namespace sabre_hash {

// "999 B", "1.5 kB", "12.3 MB": powers of 1000, three digits and a unit.
std::string FormatBytes(std::int64_t bytes);

// "0:07", "12:34", "1:02:03".
std::string FormatDuration(double seconds);

// With `digits` digits after the point.
std::string FormatNumber(double value, int digits);

}  // namespace sabre_hash

#endif  // SABRE_EXAMPLES_SABRE_HASH_UNITS_H_
