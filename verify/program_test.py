#!/usr/bin/env python3
"""Tests the arguments of a verify program: program_test.py ROOT MPSC_QUEUE_VERIFY"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile


def main(root, program):
    results = []

    def case(claim, arguments, code, *patterns):
        done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
        good = done.returncode == code and all(re.search(pattern, done.stdout, re.MULTILINE) for pattern in patterns)
        results.append(good)
        print(f"{'ok     ' if good else 'FAILED '} {claim}")
        if not good:
            print(f"{' '.join(arguments)}: exit {done.returncode}\n{done.stdout}")

    one = ["--model", "NodeGoesRound"]
    case("--list names the models", ["--list"], 0, r"^MpscQueue +NodeGoesRound +2 threads")
    case("a bounded search says its bound", [*one, "--search", "bound=1"], 0, r"≤ 1 preemptions ", r"^1 passed, 0 failed$")
    case("a random search says its seed", [*one, "--search", "random=100", "--seed", "7"], 0, r"random, seed 7 +100 ")
    case("a search that was cut short is not called exhaustive", ["--model", "OneProducerThreeNodes", "--search", "full", "--time", "0"],
         0, "full search, cut short")
    source = (pathlib.Path(root) / "include/sabre/lockfree/mpsc_queue.h").read_text(encoding="utf-8").split("\n")
    publishing = next(number for number, line in enumerate(source, start=1) if "store(node, S::kRelease)" in line)
    case("a weakened order gives a counterexample",
         ["--model", "OneProducerTwoNodes", "--weaken", f"mpsc_queue.h:{publishing}"], 1,
         r"^DATA RACE", r"relaxed, not release", r"^again: .* --model OneProducerTwoNodes$", r"^0 passed, 1 failed$")
    case("a weakened line without an atomic operation is refused", [*one, "--weaken", "mpsc_queue.h:1"], 2,
         "no model reached an atomic operation at mpsc_queue.h:1")
    case("a model that is not there is not a success", ["--model", "NoSuchModel"], 1, r"^0 passed, 0 failed$")
    case("a wrong argument is refused", ["--sarch"], 2, "unknown argument: --sarch", "usage:")
    case("a wrong search is refused", ["--search", "all"], 2, "unknown search: all")
    case("a missing value is refused", ["--seed"], 2, "--seed needs a value")
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        case("--json writes the table", [*one, "--json", str(report)], 0)
        rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
        good = len(rows) == 1 and rows[0]["passed"] and rows[0]["outcomes"]["pushed again"] > 0 and rows[0]["threads"] == 2
        results.append(good)
        print(f"{'ok     ' if good else 'FAILED '} and it holds what was printed")
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
