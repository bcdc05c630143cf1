#!/usr/bin/env python3
"""StdSync costs what the std types cost: each of its operations compiles to the same instructions.

usage: std_sync_cost_test.py ROOT -- COMPILER... [-- COMPILER...]

For every operation, element type and order there are two functions, one on StdSync and one on the std
type. Both are compiled with -O2 and their assembly must be equal, label for label.
"""

import os
import re
import subprocess
import sys

ORDERS = {
    "relaxed": "kRelaxed",
    "acquire": "kAcquire",
    "release": "kRelease",
    "acq_rel": "kAcqRel",
    "seq_cst": "kSeqCst",
}
LOADS = ["relaxed", "acquire", "seq_cst"]
STORES = ["relaxed", "release", "seq_cst"]
COMPARES = [
    ("relaxed", "relaxed"),
    ("acquire", "relaxed"),
    ("acquire", "acquire"),
    ("release", "relaxed"),
    ("acq_rel", "relaxed"),
    ("acq_rel", "acquire"),
    ("seq_cst", "seq_cst"),
]
INTEGERS = ["std::uint32_t", "std::int64_t"]
TYPES = [*INTEGERS, "int*"]

HEAD = """
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include "sabre/sync/std_sync.h"
using sabre::StdSync;
"""


class Pairs:
    """Pairs of functions, each with the claim to which it belongs."""

    def __init__(self):
        self.source = [HEAD]
        self.claims = {}  # claim → names of its pairs

    def add(self, claim, result, seam_parameters, seam, std_parameters, std):
        name = f"pair{sum(map(len, self.claims.values()))}"
        self.claims.setdefault(claim, []).append(name)
        self.source.append(f'extern "C" {result} seam_{name}({seam_parameters}) {{ {seam} }}')
        self.source.append(f'extern "C" {result} std_{name}({std_parameters}) {{ {std} }}')

    def add_atomic(self, operation, cell, result, arguments, orders):
        """a.operation(arguments, orders) on both kinds of Atomic<cell>."""
        parameters = "".join(f", {cell} {name}" if name == "v" else f", {cell}& {name}" for name in arguments)

        def call(spell):
            return f"return a.{operation}({', '.join([*arguments, *map(spell, orders)])});"

        self.add(
            f"{operation} costs what std::atomic's costs",
            result,
            f"StdSync::Atomic<{cell}>& a{parameters}",
            call(lambda order: f"StdSync::{ORDERS[order]}"),
            f"std::atomic<{cell}>& a{parameters}",
            call(lambda order: f"std::memory_order_{order}"),
        )


def all_pairs():
    pairs = Pairs()
    for cell in TYPES:
        for order in LOADS:
            pairs.add_atomic("load", cell, cell, [], [order])
        for order in STORES:
            pairs.add_atomic("store", cell, "void", ["v"], [order])
        for order in ORDERS:
            pairs.add_atomic("exchange", cell, cell, ["v"], [order])
        for strength in ("weak", "strong"):
            for orders in COMPARES:
                pairs.add_atomic(f"compare_exchange_{strength}", cell, "bool", ["e", "v"], orders)
    for cell in INTEGERS:
        for operation in ("add", "sub", "and", "or", "xor"):
            for order in ORDERS:
                pairs.add_atomic(f"fetch_{operation}", cell, cell, ["v"], [order])
    for cell in TYPES:
        variable, plain = f"StdSync::Var<{cell}>& a", f"{cell}& a"
        claim = "a Var costs what a plain variable costs"
        pairs.add(claim, cell, variable, "return a.Get();", plain, "return a;")
        pairs.add(claim, "void", f"{variable}, {cell} v", "a.Set(v);", f"{plain}, {cell} v", "a = v;")
        pairs.add(claim, cell, variable, "return a.Take();", plain, f"return std::exchange(a, static_cast<{cell}>(0));")
    pairs.add(
        "ThreadYield and Now cost what the std functions cost",
        "void", "", "StdSync::ThreadYield();", "", "std::this_thread::yield();",
    )  # fmt: skip
    pairs.add(
        "ThreadYield and Now cost what the std functions cost",
        "sabre::TimePoint", "", "return StdSync::Now();", "", "return std::chrono::steady_clock::now();",
    )  # fmt: skip
    return pairs


def different_pairs():
    """Pairs that must be found different."""
    pairs = Pairs()
    cell, std = "StdSync::Atomic<int>& a", "std::atomic<int>& a"
    store = "a.store(1, std::memory_order_relaxed);"
    pairs.add("order", "void", cell, "a.store(1, StdSync::kSeqCst);", std, store)
    pairs.add("value", "void", cell, "a.store(2, StdSync::kRelaxed);", std, store)
    pairs.add("label", "void", cell, "while (a.load(StdSync::kRelaxed) == 0) {}", std, store)
    return pairs


def assembly(compiler, source, root):
    # Equal functions must not be merged, or there would be nothing to compare.
    merge = [] if "clang" in os.path.basename(compiler[-1]) else ["-fno-ipa-icf"]
    done = subprocess.run(
        [*compiler, "-std=c++20", "-O2", *merge, "-fno-asynchronous-unwind-tables", "-fcf-protection=none"]
        + ["-Iinclude", "-x", "c++", "-S", "-o", "-", "-"],
        input="\n".join(source), cwd=root, text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.exit(done.stderr + "0 passed, 1 failed")
    return done.stdout


def functions(text):
    """Name → instructions of every function; local labels are numbered by appearance, comments dropped."""
    bodies, body = {}, None
    for line in text.split("\n"):
        line = re.sub(r"\s+#.*$", "", line).strip()
        start = re.fullmatch(r'"?((?:seam|std)_pair\d+)"?:', line)
        if start:
            body = bodies.setdefault(start.group(1), [])
        elif line.startswith(".size"):
            body = None
        elif body is not None and line and not re.match(r"\.(?!L\w*:)|#", line):
            body.append(re.sub(r"\s+", " ", line))
    for name, body in bodies.items():
        labels = {}
        local = r"\.L\w+"
        for label in re.findall(local, "\n".join(body)):
            labels.setdefault(label, f".L{len(labels)}")
        bodies[name] = [re.sub(local, lambda match: labels[match.group(0)], line) for line in body]
    return bodies


def differences(compiler, pairs, root):
    """Claim → descriptions of pairs whose instructions differ."""
    bodies = functions(assembly(compiler, pairs.source, root))
    result = {}
    for claim, names in pairs.claims.items():
        result[claim] = []
        for name in names:
            seam, std = bodies.get(f"seam_{name}"), bodies.get(f"std_{name}")
            if not seam or not std or seam != std:
                source = "\n".join(line for line in pairs.source if f"_{name}(" in line)
                result[claim].append(f"{source}\n  StdSync: {seam}\n  std:     {std}")
    return result


def main(arguments):
    root, compilers = arguments[0], []
    for word in arguments[1:]:
        if word == "--":
            compilers.append([])
        elif os.path.basename(word) != "ccache":
            compilers[-1].append(word)
    results = []

    def report(claim, compiler, complaints):
        results.append(not complaints)
        print(f"{'FAILED' if complaints else 'ok    '}  {claim} ({os.path.basename(compiler[-1])})")
        for complaint in complaints:
            print(complaint)

    for compiler in compilers:
        pairs = all_pairs()
        for claim, complaints in differences(compiler, pairs, root).items():
            report(f"{claim} [{len(pairs.claims[claim])} pairs]", compiler, complaints)
        for claim, complaints in differences(compiler, different_pairs(), root).items():
            unnoticed = [] if complaints else ["not noticed"]
            report(f"another {claim} would be noticed", compiler, unnoticed)
        fence = assembly(compiler, [HEAD, 'extern "C" void f() { StdSync::Fence(); }'], root)
        slow = ["mfence"] if re.search(r"^\s*mfence", fence, re.MULTILINE) else []
        report("the fence is not the slow one", compiler, slow)
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
