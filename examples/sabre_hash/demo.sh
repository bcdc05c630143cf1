#!/bin/sh
# Acts 1 and 2 of the demo: the same job on the main thread, and on the worker pool.
# usage: demo.sh SABRE_HASH [DIR [LIST]]
# SABRE_HASH is the program, DIR what it hashes (default: /usr/include), LIST where the checksums go
# (default: beside the program).
set -eu

program=$1
dir=${2:-/usr/include}
list=${3:-$(dirname "$program")/sums}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# figure FILE KEY: a number of a summary.
figure() { sed -n "s/.*\"$2\":\([-0-9.]*\).*/\1/p" "$1"; }

# hash JSON LIST OPTION...: runs the program. Files that cannot be read are reported, and no reason to stop.
hash() {
  json=$1 sums=$2
  shift 2
  status=0
  "$program" --json="$json" "$@" "$dir" > "$sums" || status=$?
  [ "$status" -le 1 ] || exit "$status"
}

# A first run brings the files into memory: otherwise the disk decides which act is faster.
hash "$work/warm" /dev/null --quiet 2> /dev/null

echo "Act 1: the job on the main thread"
hash "$work/main" "$work/sums" --quiet --on-main-thread
echo "  $(figure "$work/main" files) files, $(figure "$work/main" bytes) bytes in $(figure "$work/main" seconds) s: $(figure "$work/main" mb_per_s) MB/s"
echo "  the event loop was blocked for $(figure "$work/main" longest_block_ms) ms: no timer, no message, no Ctrl-C in between"
echo
echo "Act 2: the same job on the worker pool"
hash "$work/pool" "$list"
echo "  $(figure "$work/pool" files) files, $(figure "$work/pool" bytes) bytes in $(figure "$work/pool" seconds) s: $(figure "$work/pool" mb_per_s) MB/s on $(figure "$work/pool" threads) workers"
echo "  the event loop was blocked for $(figure "$work/pool" longest_block_ms) ms at most"
awk -v one="$(figure "$work/main" seconds)" -v many="$(figure "$work/pool" seconds)" \
  'BEGIN { if (many > 0) printf "  speed-up: %.2f\n", one / many }'
echo
cmp -s "$work/sums" "$list" || {
  echo "the two acts disagree about $dir (did it change meanwhile?)" >&2
  exit 1
}
# The list has the paths as they were given, so it is checked from here.
if [ ! -s "$list" ]; then
  echo "There were no files to list."
elif sha256sum -c --quiet "$list"; then
  echo "The checksums are in $list, and 'sha256sum -c' agrees with every one of them."
else
  echo "sha256sum -c does not agree with $list" >&2
  exit 1
fi
