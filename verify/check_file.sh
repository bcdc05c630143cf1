#!/usr/bin/env bash
# Compiles a file of models and runs it: check_file.sh FILE [ARGUMENTS OF THE PROGRAM...]
#
# FILE includes sabre/verify/model.h and registers a Suite; if it does not include sabre/verify/main.h,
# that is added. Headers beside FILE are found. CXX names the compiler (default: g++), CXXFLAGS adds to
# its flags, SABRE_INCLUDE says where Sabre's headers are (default: the ones of this tree).
# The arguments are those of sabre/verify/main.h, for instance --list, --model NAME, --search random=100000.
set -euo pipefail

if [[ $# -eq 0 || ! -f $1 ]]; then
  sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
readonly file=$(realpath "$1")
shift
readonly here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
readonly include=${SABRE_INCLUDE:-$here/../include}
read -r -a compiler <<< "${CXX:-g++}"
read -r -a extra <<< "${CXXFLAGS:-}"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

flags=(-std=c++20 -O1 -U_FORTIFY_SOURCE -Wall -Wextra -Wno-missing-field-initializers)
# g++ without it drops the marks by which a use after the end of an object is noticed. clang has no such
# option, and no need of it.
if "${compiler[@]}" -fno-lifetime-dse -Werror -x c++ -fsyntax-only /dev/null 2> /dev/null; then
  flags+=(-fno-lifetime-dse)
fi
flags+=(-I"$include" -I"$(dirname "$file")" "${extra[@]}")

if grep -q '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]sabre/verify/main\.h[>"]' "$file"; then
  "${compiler[@]}" "${flags[@]}" "$file" -o "$folder/verify"
else
  echo '#include "sabre/verify/main.h"' > "$folder/main.cc"
  "${compiler[@]}" "${flags[@]}" -c "$folder/main.cc" -o "$folder/main.o" &
  main=$!
  "${compiler[@]}" "${flags[@]}" -c "$file" -o "$folder/file.o" && compiled=0 || compiled=$?
  wait "$main"
  [[ $compiled -eq 0 ]] || exit "$compiled"
  "${compiler[@]}" "$folder/main.o" "$folder/file.o" -o "$folder/verify"
fi
"$folder/verify" "$@"
