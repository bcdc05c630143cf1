#!/bin/sh
# What a CI job runs, on a machine that has g++, Meson, Relacy (Debian: relacy-dev) and an installed Sabre.
# Every night with SABRE_FULL=1 in the environment: 20 times as many executions.
set -eu
meson setup build --wrap-mode=nofallback
meson test -C build --print-errorlogs
