#!/usr/bin/env python3
"""Ports and workers against moodycamel's blocking queue, raw futexes, std::thread and Node 26, in one run.

usage: messaging.py BUILD_FOLDER [ROUNDS [WORD…]]     WORD: only tables whose title has one of them

Two processes live as long as the run, one of C++ and one of Node; each times its rounds itself. In each round
every measure of a table runs once, beginning with another one each time. C++ runs on the CPUs 0 and 1, or 0
alone; Node where it likes. A time is the median of the rounds' means, with its quartiles; then the median of the
rounds' 99th percentiles, and the CPU time that an operation burns in all threads. A ratio is that of the
medians, in brackets the quartiles of the rounds' own. Instructions are counted by valgrind, in runs of their own:
twice as many operations minus once as many.
"""

import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "common"))
from interleaved import AT_MOST, FASTER, Peer, compared, interleaved, node, quartiles  # noqa: E402

# A title; the measure of ours; what it is; the peers: process, measure, what it is, the bar: (FASTER, how many
# times) than the peer or (AT_MOST, how many times) its time, or None for information.
TABLES = [
    ("one-way {id, name} between two threads, out and in of its bytes included", "one-way", "PostMessage, Receive, As<T>", [
        ("cpp", "one-way moodycamel buffers", "moodycamel, tokens: Encode, a ByteBuffer moved, Decode", (AT_MOST, 0.8)),
        ("cpp", "one-way moodycamel strings", "moodycamel, tokens: the same in a std::string", (AT_MOST, 0.8)),
        ("node", "one-way", "Node: worker.postMessage, on('message')", (FASTER, 10)),
    ]),
    ("round trip, two CPUs, both running", "round trip, running: ports", "ports, an int encoded", [
        ("cpp", "round trip, running: moodycamel", "two of moodycamel's blocking queues, an int", (AT_MOST, 1.5)),
        ("cpp", "round trip, running: spinning", "two words, both spin", None),
        ("cpp", "round trip, running: futexes", "raw futex pair, which sleeps", None),
        ("node", "round trip", "Node: postMessage there and back", (FASTER, 20)),
    ]),
    ("round trip, two CPUs, the receiver asleep", "round trip, asleep: ports", "ports, an int encoded", [
        ("cpp", "round trip, asleep: futexes", "raw futex pair", (AT_MOST, 1.25)),
        ("cpp", "round trip, asleep: moodycamel", "two of moodycamel's blocking queues, an int", None),
    ]),
    ("round trip, both on one CPU", "round trip, one CPU: ports", "ports, an int encoded", [
        ("cpp", "round trip, one CPU: futexes", "raw futex pair", (AT_MOST, 1.25)),
        ("cpp", "round trip, one CPU: moodycamel", "two of moodycamel's blocking queues, an int", None),
    ]),
    ("depth 1,000,000 against depth 1: a post and a receipt", "depth 1000000", "1,000,000 posted, then received", [
        ("cpp", "depth 1", "one posted, one received", (AT_MOST, 3)),
    ]),
    ("worker: start, first message, join", "worker start", "Worker::Start, Receive, Join", [
        ("cpp", "thread start", "std::thread, mutex and condition variable, join", (AT_MOST, 1.15)),
        ("node", "worker start", "Node: new Worker, 'message', 'exit'", (FASTER, 50)),
    ]),
]
WIDTH = 88  # of a row up to its 99th percentile
QUEUED_BYTES = 160  # of a small message
IDLE_SWITCHES, IDLE_CPU = 2, 0.0005  # of context in the whole time, the sleeper's own included; of one CPU
TRANSFER_SLACK = 0.01  # of the instructions: the length as a number takes a byte or two more
EVENT_NANOS = 100
SPAN_INSTRUCTIONS = 6  # load, test, branch, and what the compiler puts around them


class Rounds:
    """The rounds of one measure. Each answer: nanoseconds, 99th percentile, CPU time, switches, an amount."""

    def __init__(self, answers):
        rows = [[float(part) for part in answer.split()] for answer in answers]
        self.nanos, self.percentile, self.cpu, self.switches, self.amount = map(list, zip(*rows))

    def row(self, label):
        low, middle, high = (value / 1e3 for value in quartiles(self.nanos))
        percentile = statistics.median(self.percentile) / 1e3
        tail = f"{percentile:9.4g}" if percentile else " " * 9
        return f"  {label:54} {middle:9.4g} [{low:.4g}, {high:.4g}]".ljust(WIDTH) + f"{tail} {statistics.median(self.cpu) / 1e3:9.4g}"


def judge(said, kept):
    """Prints a line; returns 1 if it is above its bar."""
    print(f"  {said}{'' if kept else '  ABOVE'}", flush=True)
    return not kept


def table(title, ours, label, peers, processes, rounds):
    """Prints one table; returns how many of its rows are above their bar."""
    measures = [("cpp", ours)] + [(process, measure) for process, measure, _, _ in peers]
    results = [Rounds(answers) for answers in interleaved(measures, processes, rounds, warm=2)]
    print(f"\n{title}\n" + f"  {'':54} {'µs':>9} [quartiles]".ljust(WIDTH) + f"{'99 %':>9} {'CPU µs':>9}")
    above = 0
    for i, result in enumerate(results):
        row = result.row(label if i == 0 else peers[i - 1][2])
        if i > 0:
            said, kept = compared(results[0].nanos, result.nanos, measures[i][0] == "node", peers[i - 1][3])
            row += said
            above += not kept
        print(row, flush=True)
    if ours == "depth 1000000":
        queued = statistics.median(results[0].amount)
        above += judge(f"memory of a queued message: {queued:.0f} bytes   bar <= {QUEUED_BYTES}", queued <= QUEUED_BYTES)
    return above


def instructions(program, *arguments):
    """How many instructions a run takes."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={folder}/out", program, *map(str, arguments)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    return int(re.search(r"I\s+refs:\s+([\d,]+)", said)[1].replace(",", ""))


def transfer(program):
    """The instructions of one transfer, of a small and of a large buffer."""
    count = 2_000
    print("\ntransfer of an ArrayBuffer, a post and a receipt")
    costs = {}
    for size in (1 << 10, 64 << 20):
        costs[size] = (instructions(program, "transfer", size, 2 * count) - instructions(program, "transfer", size, count)) / count
        print(f"  {size:12,} bytes {costs[size]:10.1f} instructions")
    small, large = costs.values()
    return judge(f"the large one takes {large / small:.4f} times as many   bar <= {1 + TRANSFER_SLACK}", large / small <= 1 + TRANSFER_SLACK)


def idle(cpp, rounds):
    """What 1,000 ports and 100 workers cost in which nothing happens."""
    print("\nidle for 2 s: 1,000 open ports with handlers, 50 workers in their loops, 50 in Receive")
    result = Rounds([cpp.ask("idle") for _ in range(min(rounds, 3))])
    share = statistics.median(result.cpu) / result.nanos[0]
    switches = statistics.median(result.switches)
    above = judge(f"CPU: {100 * share:.3f} % of one   bar <= {100 * IDLE_CPU} %", share <= IDLE_CPU)
    return above + judge(f"context switches of all threads: {switches:.0f}   bar <= {IDLE_SWITCHES}", switches <= IDLE_SWITCHES)


def trace(program, processes, rounds):
    """What the trace costs."""
    print("\ntrace")
    names = ["span, traced", "span, not traced", "message, traced", "message, not traced"]
    results = {name: Rounds(answers) for name, answers in zip(names, interleaved([("cpp", name) for name in names], processes, rounds, warm=2))}
    above = 0
    off = statistics.median(results["span, not traced"].nanos)
    count = 1_000_000
    taken = [instructions(program, word, 2 * count) - instructions(program, word, count) for word in ("spans", "none")]
    cost = (taken[0] - taken[1]) / count
    above += judge(f"off: a span takes {off:.2f} ns and {cost:.1f} instructions   bar <= {SPAN_INSTRUCTIONS} instructions", cost <= SPAN_INSTRUCTIONS)
    on = statistics.median(results["span, traced"].nanos) / 2
    above += judge(f"on: {on:.1f} ns an event (a span is two)   bar <= {EVENT_NANOS} ns", on <= EVENT_NANOS)
    with_trace, without = results["message, traced"], results["message, not traced"]
    events = with_trace.amount[0]
    more = statistics.median(with_trace.nanos) - statistics.median(without.nanos)
    print(f"  a message in one thread, post and receipt: {statistics.median(without.nanos):.0f} ns; traced {statistics.median(with_trace.nanos):.0f} ns, {events:.0f} events")
    return above + judge(f"that is {more / max(events, 1):.1f} ns an event   bar <= {EVENT_NANOS} ns", more / max(events, 1) <= EVENT_NANOS)


def main():
    build = pathlib.Path(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    words = sys.argv[3:] or [""]
    wanted = lambda title: any(word in title for word in words)  # noqa: E731
    program = build / "tests" / "bench" / "messaging_measures"
    processes = {
        "cpp": Peer(program),
        "node": Peer(node(), pathlib.Path(__file__).resolve().parent / "messaging" / "peer.js"),
    }
    print(f"Medians of {rounds} rounds, of one operation.")
    above = 0
    for title, ours, label, peers in TABLES:
        if wanted(title):
            above += table(title, ours, label, peers, processes, rounds)
    if wanted("transfer"):
        above += transfer(program)
    if wanted("idle"):
        above += idle(processes["cpp"], rounds)
    if wanted("trace"):
        above += trace(program, processes, rounds)
    for process in processes.values():
        process.close()
    print(f"\n{above} rows above their bar")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
