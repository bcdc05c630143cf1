#!/usr/bin/env python3
"""Every wrong algorithm of this folder is found, as README.md says, and its right twin holds.

usage: wrong_test.py README PROGRAM...

A canary's claim is `wrong: TWIN: MISTAKE`, and TWIN is the claim of a model of the same suite. Each claim
has five seconds; what is not found by then counts as passed over.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

SECONDS = 5
AT_LEAST = 20  # with a published source
COLUMNS = ["model", "mistake", "published in", "fails by", "repair"]


def rows_of(program):
    """What the program says of its models."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "rows.json"
        subprocess.run(
            [program, "--no-audit", "--time", str(SECONDS), "--json", report],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False, timeout=300,
        )  # fmt: skip
        return json.loads(report.read_text(encoding="utf-8"))["rows"]


def table_of(text):
    """The lines of the tables in the document: model → its cells."""
    table = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"`\w+`", cells[0]):
            assert len(cells) == len(COLUMNS), line
            assert cells[0] not in table, line
            table[cells[0].strip("`")] = dict(zip(COLUMNS, cells))
    return table


def kind_of(row):
    """How a canary failed, in the words of the document."""
    if row["result"].startswith("never reached"):
        return "missed outcome"
    return row["result"].rpartition("predicted: ")[2]


def complaints(rows, table):
    """What is wrong with the suites: (canary, complaint)."""
    models = [row for row in rows if row["kind"] == "model"]
    canaries = [row for row in rows if row["kind"] == "canary"]
    for row in models:
        if not row["passed"]:
            yield row["model"], f"the right version fails: {row['result']}"
    for row in canaries:
        name = row["model"]
        if not row["passed"]:
            yield name, f"not found: {row['result']}"
        claim = row["claim"].removeprefix("wrong: ")
        twins = [
            model for model in models
            if model["algorithm"] == row["algorithm"] and claim.startswith(model["claim"] + ": ")
        ]  # fmt: skip
        if len(twins) != 1:
            yield name, f"{len(twins)} twins for '{claim}'"
        if name not in table:
            yield name, "not in the document"
        elif table[name]["fails by"] != kind_of(row):
            yield name, f"the document says {table[name]['fails by']}, and it fails by {kind_of(row)}"
    for name in sorted(table.keys() - {row["model"] for row in canaries}):
        yield name, "in the document, and in no program"


def main(arguments):
    table = table_of(pathlib.Path(arguments[0]).read_text(encoding="utf-8"))
    rows = [row for program in arguments[1:] for row in rows_of(program)]
    found = list(complaints(rows, table))
    published = sum(cells["published in"] != "—" for cells in table.values())
    if published < AT_LEAST:
        found.append(("README.md", f"{published} published mistakes, fewer than {AT_LEAST}"))
    # Each complaint can be made: the same rows with one of them spoiled.
    wrong = next(row for row in rows if row["kind"] == "canary")
    right = next(row for row in rows if row["kind"] == "model")
    spoiled = [
        ([*rows, {**wrong, "passed": False}], table),
        ([*rows, {**right, "passed": False}], table),
        ([*rows, {**wrong, "claim": "wrong: nothing of the kind"}], table),
        (rows, {name: cells for name, cells in table.items() if name != wrong["model"]}),
        (rows, {**table, wrong["model"]: {**table[wrong["model"]], "fails by": "magic"}}),
        (rows, {**table, "NoSuchModel": table[wrong["model"]]}),
    ]
    for number, (some_rows, some_table) in enumerate(spoiled, start=1):
        if len(list(complaints(some_rows, some_table))) <= len(list(complaints(rows, table))):
            found.append(("wrong_test.py", f"spoiled rows {number} are not noticed"))
    for name, complaint in found:
        print(f"FAILED  {name}: {complaint}")
    canaries = sum(row["kind"] == "canary" for row in rows)
    print(f"{canaries} wrong algorithms, {published} of them published, {len(rows) - canaries} right ones")
    print(f"{len(rows) - len(found)} passed, {len(found)} failed")
    return 1 if found or not rows else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
