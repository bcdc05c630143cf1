#!/usr/bin/env python3
"""Runs the fuzzers, two at a time, and says what they did.

usage: fuzz.py BUILD_FOLDER SECONDS [TARGET…]

The seeds are the corpus of tests/clone/data, each with the options that it was made for. What a run finds
worth keeping stays in BUILD_FOLDER/corpus for the next. An input that crashes, hangs for 10 seconds, takes too
much memory or breaks the rule is kept in BUILD_FOLDER/found; it belongs, as hex, into tests/fuzz/regressions.txt.
"""

import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TARGETS = ["deserialize", "rewrite", "codec"]
# The byte before a message that chooses the dialect (checks.h), as the tables call it.
DIALECTS = {"ipc": 2, "host": 1}


def make_seeds(folder):
    """A file each message of the corpus, and the inputs that once broke a rule."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = set()
    for name in ("golden", "hostile"):
        for line in (ROOT / "tests" / "clone" / "data" / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
            cells = line.split("\t")
            if cells[4] == "-":
                continue
            message = bytes.fromhex(cells[4])
            dialect = next((byte for word, byte in DIALECTS.items() if word in cells[1]), 0)
            inputs.add(bytes([dialect]) + message)
            if message[:2] != b"\xff\x0f":
                inputs.add(bytes([dialect | 16]) + message)  # old versions are asked for
    inputs |= set(regressions())
    for i, message in enumerate(sorted(inputs)):
        (folder / f"{i:04d}").write_bytes(message)
    return len(inputs)


def regressions():
    lines = (ROOT / "tests" / "fuzz" / "regressions.txt").read_text(encoding="utf-8").splitlines()
    return [bytes.fromhex(line.partition("#")[0]) for line in lines if line.partition("#")[0].strip()]


def run(build, target, seconds):
    """Returns whether the target held; prints its line."""
    corpus, found, log = build / "corpus" / target, build / "found", build / f"{target}.log"
    corpus.mkdir(parents=True, exist_ok=True)
    found.mkdir(exist_ok=True)
    before = set(found.iterdir())
    seeds = [build / "seeds"]
    if target == "codec":
        seeds.append(build / "seeds-codec")
        seeds[1].mkdir(exist_ok=True)
        subprocess.run([build / "tests" / "fuzz" / "make_seeds", seeds[1], "90"], check=True)
    with open(log, "w", encoding="utf-8", errors="replace") as output:
        status = subprocess.run(
            [build / "tests" / "fuzz" / f"fuzz_{target}", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
             "-max_len=4096", "-print_final_stats=1", f"-artifact_prefix={found}/{target}-", corpus, *seeds],
            stdout=output, stderr=subprocess.STDOUT, check=False,
        ).returncode
    text = log.read_text(encoding="utf-8", errors="replace")
    executions = re.findall(r"number_of_executed_units:\s*(\d+)", text)
    coverage = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", text)
    line = f"  {target:12} {int(executions[-1]) if executions else 0:>13,} executions"
    if coverage:
        line += "   {:>6} edges   {:>6} features   {:>5} inputs".format(*coverage[-1])
    if status != 0:
        reason = next((l for l in text.splitlines() if re.search(r"BROKEN|ERROR: |runtime error", l)), f"status {status}")
        line += f"\n    {reason}"
        for path in sorted(set(found.iterdir()) - before):
            line += f"\n    {path}: {path.read_bytes().hex()[:400]}"
        line += f"\n    {log}"
    print(line, flush=True)
    return status == 0


def main():
    build, seconds = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    targets = sys.argv[3:] or TARGETS
    print(f"{seconds} s each, from {make_seeds(build / 'seeds')} seeds", flush=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        held = list(pool.map(lambda target: run(build, target, seconds), targets))
    print(f"{held.count(True)} passed, {held.count(False)} failed")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
