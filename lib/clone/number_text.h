// lib/clone/number_text.h: numbers as JavaScript writes them.
#ifndef SABRE_LIB_CLONE_NUMBER_TEXT_H_
#define SABRE_LIB_CLONE_NUMBER_TEXT_H_

#include <string>
#include <string_view>

namespace sabre::internal {

// The shortest text that reads back as `number`. Spec: ECMA-262 Number::toString, radix 10.
std::string NumberToString(double number);

// Whether `key` is 0 to 2^32 - 2 in its shortest form. Spec: ECMA-262 array index.
bool IsArrayIndex(std::string_view key);

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_NUMBER_TEXT_H_
