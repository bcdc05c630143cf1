#!/usr/bin/env bash
# Compiles a file of models and runs it: check_file.sh FILE [ARGUMENTS OF THE PROGRAM...]
#
# FILE includes sabre/verify/model.h and registers a Suite; if it does not include sabre/verify/main.h,
# that is added. Headers beside FILE are found. CXX names the compiler (default: g++), CXXFLAGS adds to
# its flags, SABRE_INCLUDE says where Sabre's headers are (default: the ones of this tree).
# SABRE_VERIFY_KEEP names a file that the program is copied to.
# The arguments are those of sabre/verify/main.h, for instance --list, --model NAME, --search random=100000.
set -euo pipefail

if [[ $# -eq 0 || ! -f $1 ]]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
readonly file=$(realpath "$1")
# What a counterexample says is to be run to see it again.
export SABRE_VERIFY_COMMAND=${SABRE_VERIFY_COMMAND:-$(printf '%q %q' "$(readlink -f "$0")" "$file")}
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
flags+=(-I"$include" "${extra[@]}")

# The program around the models is compiled apart: at the same time, and with ccache only once. It is in
# the folder without a path of its own, which would be part of what ccache compares.
cached=()
if command -v ccache > /dev/null; then cached=(ccache); fi
echo '#include "sabre/verify/main.h"' > "$folder/main.cc"
(cd "$folder" && "${cached[@]}" "${compiler[@]}" "${flags[@]}" -c main.cc -o main.o) &
main=$!
"${compiler[@]}" "${flags[@]}" -DSABRE_VERIFY_MAIN_ELSEWHERE -I"$(dirname "$file")" -c "$file" -o "$folder/file.o" &&
  compiled=0 || compiled=$?
wait "$main"
[[ $compiled -eq 0 ]] || exit "$compiled"
"${compiler[@]}" "$folder/main.o" "$folder/file.o" -o "$folder/verify"
if [[ -n ${SABRE_VERIFY_KEEP:-} ]]; then cp "$folder/verify" "$SABRE_VERIFY_KEEP"; fi
"$folder/verify" "$@"
