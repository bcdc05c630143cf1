// lib/clone/number_text.h: numbers as JavaScript writes them.
#ifndef SABRE_LIB_CLONE_NUMBER_TEXT_H_
#define SABRE_LIB_CLONE_NUMBER_TEXT_H_

#include <string>

namespace sabre::internal {

// The shortest text that reads back as `number`. Spec: ECMA-262 Number::toString, radix 10.
std::string NumberToString(double number);

}  // namespace sabre::internal

#endif  // SABRE_LIB_CLONE_NUMBER_TEXT_H_
