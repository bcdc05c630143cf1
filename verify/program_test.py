#!/usr/bin/env python3
"""Tests the arguments of a verify program: program_test.py ROOT MPSC_QUEUE_VERIFY LITMUS_VERIFY"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile


def main(root, program, litmus):
    results = []

    def check(claim, good, shown=""):
        results.append(bool(good))
        print(f"{'ok     ' if good else 'FAILED '} {claim}")
        if not good:
            print(shown)

    def case(claim, arguments, code, *patterns, of=program):
        done = subprocess.run([of, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
        good = done.returncode == code and all(re.search(pattern, done.stdout, re.MULTILINE) for pattern in patterns)
        check(claim, good, f"{' '.join(arguments)}: exit {done.returncode}, expected {code}\n{done.stdout}")
        return done.stdout

    one = ["--model", "NodeGoesRound"]
    case("--list names the models", ["--list"], 0, r"^MpscQueue +NodeGoesRound +2 threads")
    case("a bounded search says its bound", [*one, "--search", "bound=1"], 0, r"≤ 1 preemptions ", r"^1 passed, 0 failed$")
    case("a random search says its count and its seed", [*one, "--search", "random=1200", "--seed", "7"], 0,
         r" 1,200 random, seed 7 +1,200 ")
    case("a search that was cut short is not called exhaustive", ["--model", "OneProducerThreeNodes", "--search", "full", "--time", "0"],
         0, "full search, cut short")
    source = (pathlib.Path(root) / "include/sabre/lockfree/mpsc_queue.h").read_text(encoding="utf-8").split("\n")
    publishing = next(number for number, line in enumerate(source, start=1) if "store(node, S::kRelease)" in line)
    weaken = ["--model", "OneProducerTwoNodes", "--weaken", f"mpsc_queue.h:{publishing}"]
    case("a weakened order gives a counterexample", weaken, 1,
         r"^DATA RACE", r"relaxed, not release", r"← step \d", r"← reads from", r"steps, 0 preemptions; the shortest of all ",
         rf"^again: {re.escape(program)} --model OneProducerTwoNodes --weaken mpsc_queue.h:{publishing} --replay bound\.0-",
         r"^0 passed, 1 failed$")
    case("a weakened line without an atomic operation is refused", [*one, "--weaken", "mpsc_queue.h:1"], 2,
         "no model reached an atomic operation at mpsc_queue.h:1")
    case("a model that is not there is not a success", ["--model", "NoSuchModel"], 1, r"^0 passed, 0 failed$",
         "no model and no algorithm has NoSuchModel in its name")
    case("--help says how it is used, and is not an error", ["--help"], 0, r"^usage: ")

    # Running one execution again. The addresses of a queue's links differ from run to run, but not what litmus has.
    def story(output):
        """The execution as printed, from the headline to the command."""
        return re.search(r"^[A-Z]+.*?^again: [^\n]*$", output, re.MULTILINE | re.DOTALL).group(0)

    def told(text):
        """Without what is only said where it was looked for."""
        return re.sub(r"; (the shortest of|as it was found).*", "", text)

    def token_in(output):
        return re.search(r"^again: .* --replay (\S+)$", output, re.MULTILINE).group(1)

    stale = ["--model", "TwoStoresStale"]
    found = case("a failure that only random searches find is found again there", [*stale, "--history"], 0,
                 r"^5 steps, 0 preemptions; the shortest of [\d,]+ random executions without a preemption; ",
                 r"x#1\.load\(relaxed\) → 0  ← start  \[stale; newest: 2, step 2\]",
                 rf"^again: {re.escape(litmus)} --model TwoStoresStale --replay random\.0-\d+-", of=litmus)
    token = token_in(found)
    again = case("--replay of a random execution", [*stale, "--replay", token], 0, r"^fails as predicted: assertion$", of=litmus)
    check("prints the execution that was found", story(again) == told(story(found)), story(again) + "\n" + story(found))
    lost = ["--model", "FlagLockRelaxed"]
    found = case("a failure found by its path", [*lost, "--history", "--search", "full"], 0, r"^again: .* --replay bound\.", of=litmus)
    path = token_in(found)
    again = case("--replay of a path", [*lost, "--replay", path], 0, r"^fails as predicted: data race$", of=litmus)
    check("prints the execution that was found", story(again) == told(story(found)), story(again) + "\n" + story(found))
    for what, search in (("random", ["random=500", "--seed", "9"]), ("full", ["full"])):
        model = stale if what == "random" else lost
        found = case(f"without time to shrink, the token of a {what} search is that of what it found",
                     [*model, "--history", "--time", "0", "--search", *search], 0, "; as it was found: not shrunk$",
                     rf"^again: .* --replay {what}-", of=litmus)
        again = case("--replay of it", [*model, "--replay", token_in(found)], 0, "^fails as predicted: ", of=litmus)
        check("prints the execution that was found", story(again) == told(story(found)), story(again) + "\n" + story(found))
    broken = case("the same of a model that must hold", weaken, 1)
    case("a replay that fails is exit code 1", [*weaken, "--replay", token_in(broken)], 1, r"^DATA RACE", r"^data race$")
    case("without the weakened order it is another execution, or holds", ["--model", "OneProducerTwoNodes", "--replay", token_in(broken)], 0,
         r"^NOTHING IS VIOLATED$", r"^holds$")
    case("a token of another model is refused", ["--model", "SbRelaxed", "--replay", path], 2,
         "the token is of another model, or the source has changed", of=litmus)
    changed = re.sub(r"-(\w+)\.(\w+)$", lambda m: f"-{m[1]}.{'1' if m[2] != '1' else '2'}", path)
    case("so is one of other choices", [*lost, "--replay", changed], 2, "the source has changed", of=litmus)
    case("one for a model that is not there", ["--model", "NoSuchModel", "--replay", path], 2, "no model has the name NoSuchModel")
    for bad in ("", "0", "random", "random-x-1.1", "random-1-1", "full--1.1", "full.2-0-1.1", "bound-0-1.1", "bound.2-a-1.1",
                "bound.2-0!-1.1", "path-0-1.1", "random-99999999999999999999-1.1", "full-0-1.zzzzzzzz"):
        case(f"what is no token is refused: {bad!r}", [*lost, "--replay", bad], 2, "not a token of an execution: ", "usage:", of=litmus)
    case("a replay needs its model", ["--replay", path], 2, "--replay needs --model NAME")
    case("a replay is no search", [*lost, "--replay", path, "--seed", "3"], 2, "--replay runs one execution")

    case("a wrong argument is refused", ["--sarch"], 2, "unknown argument: --sarch", "usage:")
    case("a wrong search is refused", ["--search", "all"], 2, "unknown search: all")
    for bad in ("random=0", "random=", "random=ten", "bound=-1", "bound=4294967295", "random=1e3", "bound=99999999999999999999"):
        case(f"and {bad}", ["--search", bad], 2, "usage:")
    case("a missing value is refused", ["--seed"], 2, "--seed needs a value")
    case("a seed that is no number", ["--seed", "x"], 2, "not a number: x")
    case("an audit without an audit", ["--audit", "--no-audit"], 2, "leave nothing to do")
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.json"
        case("--json writes the table", [*one, "--json", str(report)], 0)
        rows = json.loads(report.read_text(encoding="utf-8"))["rows"]
        check("and it holds what was printed", len(rows) == 1 and rows[0]["passed"] and rows[0]["outcomes"]["pushed again"] > 0
              and rows[0]["threads"] == 2 and "counterexample" not in rows[0], rows)
        case("--json has the counterexamples", [*stale, "--history", "--json", str(report)], 0, of=litmus)
        row = json.loads(report.read_text(encoding="utf-8"))["rows"][0]["counterexample"]
        loads = [step for step in row["steps"] if step["op"] == "load"]
        check("with what each load reads from, and stale ones",
              [(load["readsFrom"], load.get("stale")) for load in loads] == [(3, None), (0, {"newest": "2", "step": 2})], row)
        case("of a deadlock", ["--model", "HandoffSilent", "--history", "--json", str(report)], 0, r"^DEADLOCK$", "⇐ step 3", of=litmus)
        row = json.loads(report.read_text(encoding="utf-8"))["rows"][0]["counterexample"]
        check("with who synchronizes, and where each thread ends",
              row["edges"] == [{"from": 3, "to": 4}] and "sleeps" in row["ends"][1], row)
        page = pathlib.Path(folder) / "page.html"
        case("--html writes a page", [*stale, "--history", "--html", str(page)], 0, of=litmus)
        check("of its own", page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>"))
        page.unlink()
        case("of a replay too", [*stale, "--replay", token, "--html", str(page)], 0, of=litmus)
        check("which is there", page.exists())
        page.unlink()
        case("--html says when there is nothing to show", [*one, "--html", str(page)], 0, "no failing execution to show: ")
        check("and writes nothing", not page.exists())
        case("a page that cannot be written is exit code 1", [*stale, "--history", "--html", f"{folder}/none/page.html"], 1,
             "cannot write ", of=litmus)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
