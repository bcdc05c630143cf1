// The canonical description of a value: what has to be equal for two values to be equal.
#ifndef SABRE_EXAMPLES_SABRE_INSPECT_CANONICAL_H_
#define SABRE_EXAMPLES_SABRE_INSPECT_CANONICAL_H_

#include <string>

#include "sabre/clone/value.h"

namespace sabre_inspect {

// One line of JSON, in printable ASCII. Numbers are the bits of the double (one NaN for all), text is
// its UTF-16 units unless it is short printable ASCII, an object has the number of its first visit and
// is later a `ref`, long bytes and texts are cut. docs/sabre_inspect.md has every form.
//
// A view that came with bytes of its own (Node's v8.serialize) is a `hostview`: kind and bytes, for
// which buffer they lie in is not part of the value. With `host` that holds for all views.
std::string Canonical(sabre::Value value, bool host = false);

}  // namespace sabre_inspect

#endif  // SABRE_EXAMPLES_SABRE_INSPECT_CANONICAL_H_
