#!/usr/bin/env python3
"""Structured clone against Node 26, boost.json, simdjson and memcpy, in one run.

usage: clone.py BUILD_FOLDER [ROUNDS [WORD…]]     WORD: only tables whose title has one of them; `growth`

Two processes live as long as the run, one of C++ and one of Node; each times its rounds itself. In each
round every measure of a table runs twice, beginning with another one each time, and the second run counts: the
first finds the caches as the other process left them. A run is a mean of many operations, 15 ms and more in C++
and 100 ms and more in Node: what a program pays that does nothing else, and what Node leaves to its collector
collected. In C++ a copy is freed by the operation that made it. A ratio is that of the medians; in brackets the
quartiles, of the times and of the rounds' own ratios. The document is countries.json of the npm package
world-countries as a Graph.
"""

import pathlib
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "common"))
from interleaved import AT_MOST, BUILD, FASTER, Peer, compared, interleaved, node, quartiles  # noqa: E402

# A title; the measure of ours; the peers: process, measure, what it is, the bar: (FASTER, how many times) than
# the peer or (AT_MOST, how many times) its time, or None for information.
TABLES = [
    ("document, graph to graph", "document clone", "StructuredClone of a Value", [
        ("node", "document clone", "Node: structuredClone", (FASTER, 20)),
        ("cpp", "boost copy", "boost.json: copy into a monotonic_resource", (AT_MOST, 0.5)),
        ("cpp", "rapidjson copy", "rapidjson: CopyFrom", None),
    ]),
    ("document, through bytes as a message goes", "document through bytes", "Prepare, Commit, Decode<Graph>", [
        ("node", "document clone", "Node: structuredClone", (FASTER, 8)),
        ("cpp", "boost copy", "boost.json: copy into a monotonic_resource", (AT_MOST, 1.3)),
        ("cpp", "rapidjson copy", "rapidjson: CopyFrom", None),
    ]),
    ("document, serialize", "document serialize", "Encode of a Value", [
        ("node", "document serialize", "Node: v8.serialize", (FASTER, 6)),
    ]),
    ("document, deserialize", "document deserialize", "Decode<Graph>", [
        ("node", "document deserialize", "Node: v8.deserialize", (FASTER, 9)),
        ("cpp", "simdjson parse", "simdjson: parse of the JSON text, same parser", (AT_MOST, 0.7)),
        ("cpp", "simdjson parse anew", "simdjson: the same, a new parser each time", None),
    ]),
    ("small struct {id, name}, out and in, Codec", "small codec", "Encode and Decode of a struct", [
        ("node", "small serialize and deserialize", "Node: v8.serialize, v8.deserialize", (FASTER, 40)),
    ]),
    ("small struct {id, name}, out and in, Graph", "small graph", "Encode of a Value and Decode<Graph>", [
        ("node", "small serialize and deserialize", "Node: v8.serialize, v8.deserialize", (FASTER, 12)),
    ]),
    ("200,000 doubles", "doubles clone", "StructuredClone of a Value", [
        ("node", "doubles clone", "Node: structuredClone", (FASTER, 12)),
    ]),
    ("Map of 50,000 strings", "map clone", "StructuredClone of a Value", [
        ("node", "map clone", "Node: structuredClone", (FASTER, 10)),
    ]),
    ("Float64Array of 8 MiB", "floats clone", "StructuredClone of a Value", [
        ("cpp", "memcpy floats", "malloc, memcpy, free", (AT_MOST, 1.1)),
        ("node", "floats clone", "Node: structuredClone", None),
    ]),
]
# How many times as much a byte the largest document may take as one of 10 MB. Less than that lies in a cache.
LINEAR_TIME, LINEAR_MEMORY, LINEAR_FROM = 2.0, 1.1, 7


def table(title, ours, label, peers, processes, rounds):
    """Prints one table; returns how many of its rows are above their bar."""
    measures = [("cpp", ours)] + [(process, measure) for process, measure, _, _ in peers]
    # Warm: Node compiles what runs often.
    answers = interleaved(measures, processes, rounds, warm=5, twice=True)
    times = [[float(answer) for answer in those] for those in answers]

    print(f"\n{title}\n  {'':46} {'µs':>9} [quartiles]")
    above = 0
    labels = [label] + [peer[2] for peer in peers]
    for i, (values, name) in enumerate(zip(times, labels)):
        low, middle, high = (value / 1e3 for value in quartiles(values))
        row = f"  {name:46} {middle:9.4g} [{low:.4g}, {high:.4g}]"
        if i > 0:
            said, kept = compared(times[0], values, measures[i][0] == "node", peers[i - 1][3])
            row += said
            above += not kept
        print(row, flush=True)
    return above


def available_bytes():
    with open("/proc/meminfo", encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))


def growth(cpp):
    """Time and memory a byte, from 1 KB to 1 GB; and great depth."""
    print(f"\ngrowth: records, no two alike\n  {'on the wire':>12} {'serialize':>10} {'deserialize':>12} {'clone':>7}  ns a byte"
          f"   {'memory of the graph read':>10}")
    results = {}
    for power in range(3, 10):
        size = 10**power
        if available_bytes() < 12 * size:
            print(f"  {size:12,}  left out: too little memory is free here")
            continue
        serialize, deserialize, clone, wire, memory, nodes = map(float, cpp.ask(f"growth {size}").split())
        results[power] = (serialize / wire, deserialize / wire, clone / wire, memory / wire)
        print(f"  {int(wire):12,} {serialize / wire:10.2f} {deserialize / wire:12.2f} {clone / wire:7.2f}"
              f"   {memory / wire:24.2f} x the wire, {memory / nodes:.0f} bytes an object", flush=True)
    above = 0
    largest = max(results)
    for i, what in enumerate(("serialize", "deserialize", "clone", "memory")):
        ratio = results[largest][i] / results[LINEAR_FROM][i]
        bar = LINEAR_MEMORY if what == "memory" else LINEAR_TIME
        print(f"  {what}: {ratio:.2f} x as much a byte at 10^{largest} bytes as at 10^{LINEAR_FROM}   bar <= {bar}{'' if ratio <= bar else '  ABOVE'}")
        above += ratio > bar
    for depth, handled in ((100_000, True), (100_001, False), (3_000_000, False)):
        answer = cpp.ask(f"depth {depth}")
        kept = answer[0].isdigit() == handled
        said = f"{float(answer) / depth:.0f} ns a level" if answer[0].isdigit() else f"refused: {answer[:100]}"
        print(f"  depth {depth:,} on a stack of 256 KiB: {said}{'' if kept else '  ABOVE'}")
        above += not kept
    return above


def document():
    """The path of countries.json, which npm installs below build/ unless it is there."""
    found = BUILD / "npm" / "node_modules" / "world-countries" / "countries.json"
    if not found.exists():
        if shutil.which("npm") is None:
            sys.exit("npm is needed, to fetch world-countries")
        command = ["npm", "install", "--silent", "--no-save", "--prefix", BUILD / "npm", "world-countries@5"]
        subprocess.run(command, check=True)
    return found


def main():
    build = pathlib.Path(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 21
    words = sys.argv[3:] or [""]
    here = pathlib.Path(__file__).resolve().parent
    processes = {
        "cpp": Peer(build / "tests" / "bench" / "clone_measures", document()),
        "node": Peer(node(), here / "clone" / "peer.js", document()),
    }
    print(f"Medians of {rounds} rounds, each the mean of many operations, what they leave to be freed or collected "
          f"included. The document: {document().stat().st_size:,} bytes of JSON.")
    above = 0
    for title, ours, label, peers in TABLES:
        if any(word in title for word in words):
            above += table(title, ours, label, peers, processes, rounds)
            if ours == "small codec":
                count = int(processes["cpp"].ask("allocations"))
                print(f"  allocations, out and in: {count}   bar <= 1{'' if count <= 1 else '  ABOVE'}")
                above += count > 1
    if any(word in "growth" for word in words):
        above += growth(processes["cpp"])
    for process in processes.values():
        process.close()
    print(f"\n{above} rows above their bar")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
