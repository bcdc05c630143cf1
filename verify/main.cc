// The program around the suites, compiled once for all verify programs of this repository.
#include "sabre/verify/main.h"
