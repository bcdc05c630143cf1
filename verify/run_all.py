#!/usr/bin/env python3
"""Runs every verify program of a build folder, prints one table, and ends with `N passed, N failed`.

usage: run_all.py BUILD_DIR [--json FILE] [--markdown FILE] [ARGUMENTS OF THE PROGRAMS...]

Two programs at a time (as many as there are CPUs). What the programs print of failures (the shortest
failing execution, line by line) follows the table. See include/sabre/verify/main.h for the arguments.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time


def run(program, folder, arguments):
    """The rows of one program, what it printed, and whether it exited well."""
    report = pathlib.Path(folder) / (program.name + ".json")
    done = subprocess.run(
        [str(program.resolve()), "--json", str(report), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if not report.exists():
        return [], done.stdout, False
    rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
    # Exit code 1 says that a row failed, or that there is none (no model of that name, nothing to audit).
    expected = 0 if rows and all(row["passed"] for row in rows) else 1
    return rows, done.stdout, done.returncode == expected


def searched(row):
    return row["search"] if row["kind"] != "mutant" else ""


def result(row):
    outcomes = ", ".join(f"{name} {count:,}" for name, count in row["outcomes"].items())
    text = ("" if row["passed"] else "FAILED: ") + row["result"]
    return f"{text}; {outcomes}" if outcomes else text


COLUMNS = [
    ("algorithm", lambda row: row["algorithm"], "<"),
    ("claim", lambda row: row["claim"], "<"),
    ("threads", lambda row: str(row["threads"] or ""), ">"),
    ("search", searched, "<"),
    ("executions", lambda row: f"{row['executions']:,}", ">"),
    ("seconds", lambda row: f"{row['seconds']:.2f}", ">"),
    ("result; outcomes reached", result, "<"),
]


def table(rows):
    cells = [[name for name, _, _ in COLUMNS]] + [[get(row) for _, get, _ in COLUMNS] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS) - 1)] + [0]
    for line in cells:
        yield "  ".join(f"{cell:{COLUMNS[i][2]}{widths[i]}}" for i, cell in enumerate(line)).rstrip()


def markdown(rows):
    yield "| " + " | ".join(name for name, _, _ in COLUMNS) + " |"
    yield "|" + "---|" * len(COLUMNS)
    for row in rows:
        yield "| " + " | ".join(get(row).replace("|", "\\|") for _, get, _ in COLUMNS) + " |"


def option(arguments, name):
    """Takes `name VALUE` out of the arguments."""
    if name not in arguments:
        return None
    at = arguments.index(name)
    if at + 1 == len(arguments):
        sys.exit(f"{name} needs a value")
    value = arguments[at + 1]
    del arguments[at : at + 2]
    return value


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    build = pathlib.Path(arguments.pop(0))
    json_file = option(arguments, "--json")
    markdown_file = option(arguments, "--markdown")
    programs = sorted(path for path in (build / "verify").glob("*_verify") if os.access(path, os.X_OK))
    if "--list" in arguments:
        for program in programs:
            subprocess.run([str(program.resolve()), "--list"], check=False)
        return 0
    began = time.monotonic()
    rows, trouble = [], []
    with tempfile.TemporaryDirectory() as folder:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda program: run(program, folder, arguments), programs))
    for program, (found, output, exited_well) in zip(programs, results):
        rows += found
        if any(not row["passed"] for row in found) or "--history" in arguments:
            trouble.append(output)
        if not exited_well:
            trouble.append(f"{program.name} did not end well\n{output}")
            rows.append({"kind": "model", "algorithm": program.name, "model": "", "claim": "the program ends well",
                         "threads": 0, "search": "", "executions": 0, "outcomes": {}, "result": "it did not",
                         "passed": False, "seconds": 0})  # fmt: skip
    for line in table(rows):
        print(line)
    for text in trouble:
        print("\n" + text.rstrip())
    if json_file:
        pathlib.Path(json_file).write_text(json.dumps({"rows": rows}, indent=1) + "\n", encoding="utf-8")
    if markdown_file:
        pathlib.Path(markdown_file).write_text("\n".join(markdown(rows)) + "\n", encoding="utf-8")
    passed = sum(row["passed"] for row in rows)
    kinds = [sum(row["kind"] == kind for row in rows) for kind in ("model", "canary", "mutant")]
    executions = sum(row["executions"] for row in rows)
    print(f"\n{kinds[0]} models, {kinds[1]} canaries, {kinds[2]} weakened orders; {executions:,} executions; "
          f"{time.monotonic() - began:.0f} s")  # fmt: skip
    print(f"{passed} passed, {len(rows) - passed} failed", flush=True)
    return 0 if passed == len(rows) and rows else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
