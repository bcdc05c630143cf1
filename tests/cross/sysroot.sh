#!/usr/bin/env bash
# Fetches Debian packages of another architecture and unpacks them below a folder, unless that has been
# done. Those with static libraries are enough: nothing follows dependencies here.
#
# usage: sysroot.sh ARCHITECTURE DIR PACKAGE...
#
# Nothing is installed: the system's packages, its list of architectures and its package lists stay as
# they are. DIR/sysroot.ini tells Meson where the folder is.
set -euo pipefail

readonly architecture=$1 dir=$2
shift 2
readonly done=$dir/.packages
if [[ -f $done && $(cat "$done") == "$*" ]]; then exit; fi

rm -rf "$dir"
mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" "$dir/apt/packages"
apt=$(realpath "$dir")/apt
: > "$apt/status"  # nothing is installed there
readonly options=(
  -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" -o APT::Sandbox::User=
  -o "Dir::State=$apt" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache")
apt-get "${options[@]}" update
(cd "$apt/packages" && apt-get "${options[@]}" download "$@")
for package in "$apt"/packages/*.deb; do dpkg-deb --extract "$package" "$dir"; done
rm -rf "$apt"
printf "[constants]\nsysroot = '%s'\n" "$(realpath "$dir")" > "$dir/sysroot.ini"
echo "$*" > "$done"
