#!/bin/sh
# The audit of your own models, with an installed Sabre: sabre-audit BUILD_DIR FILE
#
# Weakens every memory order of the headers that FILE checks, then makes small mistakes in copies of them,
# which lie in BUILD_DIR; some model must fail each time.
set -eu
here=$(dirname "$(readlink -f "$0")")
SABRE_INCLUDE=${SABRE_INCLUDE:-$(readlink -f "$here/../include")}
export SABRE_INCLUDE
exec python3 "$here/../share/sabre/audit.py" "$@"
