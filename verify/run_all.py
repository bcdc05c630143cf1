#!/usr/bin/env python3
"""Runs every verify program of a build folder, prints the tables, and ends with `N passed, N failed`.

usage: run_all.py BUILD_DIR [--json FILE] [--html FILE] [--docs FOLDER] [--deep] [ARGUMENTS OF THE PROGRAMS...]

As many programs at a time as there are CPUs. The rows go into BUILD_DIR/verification.json too (or FILE), and,
if no other arguments select among the models, into the page verification.md of FOLDER; with --deep into
verification_deep.md. What the programs print of failures (the shortest failing execution, line by line) follows
the tables; --html page.html writes a page_PROGRAM.html for each program that has some to show. See
include/sabre/verify/main.h for the arguments.

Fails if a model does not hold or never reaches an outcome that it declares, if a canary passes, if the order
audit finds something (include/sabre/verify/audit.h), and if an algorithm in sync, lockfree or kernel has no
model.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mutate  # noqa: E402
import pages  # noqa: E402

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_UNREACHED = "no model comes by it"  # kUnreached in include/sabre/verify/audit.h


def page_of(program, page):
    return page.with_name(f"{page.stem}_{program.name}{page.suffix}")


def run(program, folder, arguments, page):
    """What one program reports, what it printed, and whether it exited well."""
    report = pathlib.Path(folder) / (program.name + ".json")
    if page:
        page_of(program, page).unlink(missing_ok=True)
        arguments = [*arguments, "--html", str(page_of(program, page))]
    done = subprocess.run(
        [str(program.resolve()), "--json", str(report), *arguments],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if not report.exists():
        return {"rows": [], "suites": []}, done.stdout, False
    found = json.loads(report.read_text(encoding="utf-8"))
    # Exit code 1 says that a row failed, or that there is none (no model of that name, nothing to audit).
    expected = 0 if found["rows"] and all(row["passed"] for row in found["rows"]) else 1
    return found, done.stdout, done.returncode == expected


def failed_row(algorithm, claim, result):
    return {"kind": "model", "algorithm": algorithm, "model": "", "claim": claim, "threads": 0, "operations": 0, "search": "",
            "executions": 0, "outcomes": {}, "result": result, "passed": False, "seconds": 0}  # fmt: skip


def place(row):
    """The FILE:LINE that a row of the audit is about."""
    return row["claim"].split(" ", 1)[0]


def without_reached_elsewhere(rows):
    """An order that this program's models do not come by may be another's, of whose source it is a part."""
    reached = {place(row) for row in rows if row["kind"] == "mutant" and row["result"] != _UNREACHED}
    seen = set()
    for row in rows:
        if row["kind"] == "mutant" and not row["passed"] and row["result"] == _UNREACHED:
            if place(row) in reached or row["claim"] in seen:
                continue
            seen.add(row["claim"])
        yield row


def algorithms(reports, sources):
    """{checked source: the algorithms whose models check it}, by what the suites say."""
    covered = {name: [] for name in sources}
    for report in reports:
        with_models = {row["algorithm"] for row in report["rows"] if row["kind"] == "model"}
        for suite in report["suites"]:
            for name in sources:
                if suite["algorithm"] in with_models and any(name.endswith(source) for source in suite["sources"]):
                    covered[name].append(suite["algorithm"])
    return covered


def sources_without_model(covered):
    for name, suites in covered.items():
        if not suites:
            yield failed_row(pathlib.PurePath(name).stem, f"{name} has a model", "no suite of verify/ names it among its sources")


def main(arguments, sources=None):
    if not arguments:
        sys.exit(__doc__)
    build = pathlib.Path(arguments.pop(0))
    json_file = pathlib.Path(mutate.option(arguments, "--json") or build / "verification.json")
    page = mutate.option(arguments, "--html")
    page = page and pathlib.Path(page)
    docs = mutate.option(arguments, "--docs")
    deep = "--deep" in arguments or "SABRE_FULL" in os.environ
    whole = not [argument for argument in arguments if argument != "--deep"]
    if deep and whole:
        arguments += ["--no-audit", "--time", "36000"]
    programs = sorted(path for path in (build / "verify").glob("*_verify") if os.access(path, os.X_OK))
    if "--list" in arguments:
        for program in programs:
            subprocess.run([str(program.resolve()), "--list"], check=False)
        return 0
    began = time.monotonic()
    rows, trouble = [], []
    with tempfile.TemporaryDirectory() as folder:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda program: run(program, folder, arguments, page), programs))
    for program, (found, output, exited_well) in zip(programs, results):
        rows += found["rows"]
        if any(not row["passed"] and row["result"] != _UNREACHED for row in found["rows"]) or "--history" in arguments:
            trouble.append(output)
        if not exited_well:
            trouble.append(f"{program.name} did not end well\n{output}")
            rows.append(failed_row(program.name, "the program ends well", "it did not"))
    rows = list(without_reached_elsewhere(rows))
    covered = algorithms([found for found, _, _ in results], sources or [name for name, _ in mutate.checked_sources()])
    if whole:
        rows += sources_without_model(covered)
    seconds = time.monotonic() - began
    for text in pages.tables(rows):
        print(text)
    for text in trouble:
        print("\n" + text.rstrip())
    for program in programs:
        if page and page_of(program, page).exists():
            print(f"page: {page_of(program, page)}")
    json_file.write_text(json.dumps({"rows": rows, "algorithms": covered}, indent=1) + "\n", encoding="utf-8")
    if docs and whole and all(row["passed"] for row in rows):
        pages.write_models(pathlib.Path(docs), rows, covered, deep)
    passed = sum(row["passed"] for row in rows)
    kinds = [sum(row["kind"] == kind for row in rows) for kind in ("model", "canary", "mutant")]
    executions = sum(row["executions"] for row in rows)
    print(f"\n{kinds[0]} models, {kinds[1]} canaries, {kinds[2]} weakened orders; {executions:,} executions; {seconds:.0f} s; "
          f"also in {json_file}")  # fmt: skip
    print(f"{passed} passed, {len(rows) - passed} failed", flush=True)
    return 0 if passed == len(rows) and rows else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
