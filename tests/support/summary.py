#!/usr/bin/env python3
"""Counts what one or more runs of `meson test` did, and ends with the line `N passed, N failed`.

usage: summary.py TESTLOG.json...

The unit is the case, not the program: doctest reports its cases, every other test of this repository
ends with a line `N passed, N failed`, and a test that reports neither counts as one. A program that
did not exit well (a crash, a timeout, a sanitizer's report) adds a failure even if its cases passed.
The output of every program with a failure is shown.
"""

import json
import pathlib
import re
import sys

DOCTEST = re.compile(
    r"^\[doctest\] test cases: *\d+ *\| *(\d+) passed *\| *(\d+) failed *\|", re.MULTILINE
)
PLAIN = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def count(test):
    """The (passed, failed) of one entry of a test log."""
    if test["result"] == "SKIP":
        return 0, 0
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    output = COLOURS.sub("", test.get("stdout") or "")
    reports = DOCTEST.findall(output) or PLAIN.findall(output)[-1:]
    if not reports:
        return (1, 0) if good else (0, 1)
    passed = sum(int(report[0]) for report in reports)
    failed = sum(int(report[1]) for report in reports)
    if not good and failed == 0:
        failed = 1
    return passed, failed


def main(logs):
    passed = failed = 0
    for log in map(pathlib.Path, logs):
        # A run that was stopped before its first result leaves an empty log or none.
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        if not lines:
            print(f"no test was run: {log}", file=sys.stderr)
            failed += 1
        for test in map(json.loads, lines):
            test_passed, test_failed = count(test)
            passed += test_passed
            failed += test_failed
            if test["result"] == "SKIP":
                print(f"skipped: {test['name']}")
            if test_failed:
                print(f"\n---- {test['result']}: {test['name']} ({' '.join(test['command'])})")
                print((test.get("stdout") or "").rstrip())
                print((test.get("stderr") or "").rstrip())
    sys.stderr.flush()
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
