"""What benchmarks share that compare processes, ours and Node's, in one run."""

import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build"

FASTER, AT_MOST = "faster", "at most"


class Peer:
    """A process that answers a line with a line."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            sys.exit(f"{self.process.args[0]} ended at '{line}'")
        return answer.strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def node():
    """The path of Node 26, from npm."""
    fetch = [ROOT / "tests" / "interop" / "fetch_node.sh", BUILD / "node", "26"]
    return subprocess.run(fetch, check=True, capture_output=True, text=True).stdout.strip()


def interleaved(measures, processes, rounds, warm, twice=False):
    """The answers to each of `measures`, pairs of a process and a name: `rounds` of each, in turn, beginning with
    another one each time, after `warm` that do not count. With `twice` each is asked twice and the second answer
    counts, so that its caches are those of its own process."""
    answers = [[] for _ in measures]
    for process, measure in measures:
        for _ in range(warm):
            processes[process].ask(measure)
    for turn in range(rounds):
        for i in range(len(measures)):
            at = (i + turn) % len(measures)
            process, measure = measures[at]
            if twice:
                processes[process].ask(measure)
            answers[at].append(processes[process].ask(measure))
    return answers


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    return statistics.quantiles(values, n=4, method="inclusive")


def judged(ratio, bar):
    """The ratio as a reader wants it, its bar, and whether it keeps it. `ratio`: ours to the peer's."""
    if bar and bar[0] == FASTER:
        return f"bar >= {bar[1]} x faster", 1 / ratio >= bar[1]
    return (f"bar <= {bar[1]}", ratio <= bar[1]) if bar else ("", True)


def compared(ours, theirs, is_node, bar):
    """What a row says of our times and a peer's, round by round, and whether it keeps its bar."""
    ratio = statistics.median(ours) / statistics.median(theirs)
    low, _, high = quartiles([a / b for a, b in zip(ours, theirs)])
    said, kept = judged(ratio, bar)
    if is_node:
        row = f"   {1 / ratio:6.1f} x as fast [{1 / high:.1f}, {1 / low:.1f}]"
    else:
        row = f"   {ratio:6.2f} of its time [{low:.2f}, {high:.2f}]"
    return f"{row}  {said}{'' if kept else '  ABOVE'}", kept
