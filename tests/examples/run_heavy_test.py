#!/usr/bin/env python3
"""Runs run-heavy, and its version for Node if there is one: the main thread goes on while the worker computes.

usage: run_heavy_test.py PROGRAM FOLDER

What is checked is the order of events, not how long they take. A loop that would run for years can end only
because it was stopped, so ticks before its end are ticks while it ran.
"""

import pathlib
import shutil
import subprocess
import sys

PRIMES_BELOW = [(0, 0), (2, 0), (3, 1), (100, 25), (20_000, 2262)]
FOR_YEARS = 10**15


def events(command, *arguments):
    done = subprocess.run(
        [*command, *map(str, arguments)], text=True, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60
    )
    return done.stdout.splitlines(), done.stderr, done.returncode


def ticks_of(lines):
    """How many lines are ticks, numbered from 1; None if the numbers are wrong."""
    ticks = [line for line in lines if line.startswith("tick ")]
    return len(ticks) if ticks == [f"tick {number}" for number in range(1, len(ticks) + 1)] else None


def cases(command):
    for limit, count in PRIMES_BELOW:
        lines, errors, status = events(command, limit)
        rest = [line for line in lines if not line.startswith("tick ")]
        yield f"counts the primes below {limit}", rest == [f"{count} primes below {limit}", "exit 0"] and not errors and status == 0
    lines, errors, status = events(command, FOR_YEARS, 5)
    good = ticks_of(lines) is not None and ticks_of(lines) >= 5 and lines[-1] == "exit 1"
    yield "ticks while the loop runs, and stops it", good and not errors and status == 0
    yield "no count comes of a loop that was stopped", not any("primes" in line for line in lines)


def main(program, folder):
    versions = {"run-heavy": [program]}
    if shutil.which("node"):
        versions["run_heavy.js"] = ["node", pathlib.Path(folder) / "run_heavy.js"]
    results = []
    for name, command in versions.items():
        for claim, good in cases(command):
            results.append(good)
            print(("ok      " if good else "FAILED  ") + f"{name} {claim}")
    _, errors, status = events(versions["run-heavy"], "many")
    results.append(status == 2 and errors.startswith("usage: "))
    print(("ok      " if results[-1] else "FAILED  ") + "run-heavy says how it is used")
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
