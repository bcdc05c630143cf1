#!/usr/bin/env python3
"""sabre-hash against the plain program that one would write instead (plain_hash.cc).

usage: hash [--rounds N] [--threads N] [--only WORD] [--quick]

Three trees, warm in the page cache: /usr/include, 100,000 small files, a few large files. In each round
both programs run, in alternating order; what counts is the ratio of the medians (the goal: at most
1.05), and beside it the quartiles of the rounds' own ratios. Then, in runs of their own, how long the
event loop of sabre-hash was blocked, beside the worst delay of a thread that only sleeps.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
SABRE = HERE.parent.parent / "examples" / "sabre_hash" / "sabre-hash"
PLAIN = HERE / "plain_hash"


def make_small(folder, count):
    """Files of 16 to 4000 bytes, a thousand a folder."""
    for i in range(count):
        if i % 1000 == 0:
            os.makedirs(f"{folder}/{i // 1000:03d}")
        with open(f"{folder}/{i // 1000:03d}/file_{i % 1000:03d}.txt", "wb") as file:
            file.write(os.urandom(16) * (i * 7919 % 250 + 1))


def make_large(folder, megabytes):
    os.makedirs(folder)
    block = random.Random(1).randbytes(1 << 20)
    for i, size in enumerate(megabytes):
        with open(f"{folder}/large_{i}", "wb") as file:
            for _ in range(size):
                file.write(block)


def roomy_folder(needed):
    """A folder in memory if there is room for `needed` bytes, otherwise beside the build."""
    shm = "/dev/shm"
    if os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2 * needed:
        return shm
    return str(HERE)


def timed(command):
    """Seconds that the command took. Its list goes to a file, as it would in use."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        subprocess.run(command, stdout=output, check=True)
        return time.perf_counter() - began


def megabytes_below(folder):
    return sum(p.lstat().st_size for p in pathlib.Path(folder).rglob("*") if p.is_file() and not p.is_symlink()) / 1e6


def compare(name, folder, rounds, threads):
    sabre = [str(SABRE), "--quiet", f"--threads={threads}", folder]
    plain = [str(PLAIN), str(threads), folder]
    # `exec` would make sh wait for nothing.
    xargs = ["sh", "-c", 'find "$0" -type f -print0 | xargs -0 -n 64 -P "$1" sha256sum', folder, str(threads)]
    for command in (sabre, plain):  # warm
        timed(command)
    times = {"sabre": [], "plain": []}
    for i in range(rounds):
        pair = [("sabre", sabre), ("plain", plain)]
        for which, command in pair if i % 2 == 0 else reversed(pair):
            times[which].append(timed(command))
    times["xargs"] = [timed(xargs) for _ in range(max(3, rounds // 7))]

    size = megabytes_below(folder)
    print(f"\n{name}: {size:.0f} MB, {threads} threads, {rounds} rounds")
    for which, label in (("sabre", "sabre-hash"), ("plain", "plain program"), ("xargs", "xargs sha256sum")):
        low, middle, high = quartiles(times[which])
        print(f"  {label:16} {middle * 1e3:9.1f} ms  ({low * 1e3:.1f} to {high * 1e3:.1f})  {size / middle:7.0f} MB/s")
    ratio = statistics.median(times["sabre"]) / statistics.median(times["plain"])
    low, _, high = quartiles([a / b for a, b in zip(times["sabre"], times["plain"])])
    best = min(times["sabre"]) / min(times["plain"])
    print(f"  ratio of medians {ratio:.3f}  (rounds {low:.3f} to {high:.3f}; of the best {best:.3f})")
    return ratio


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    return statistics.quantiles(values, n=4, method="inclusive")


def blocks(name, folder, rounds, threads):
    """How long the event loop was blocked."""
    runs = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as other:
            report = pathlib.Path(other, "json")
            timed([str(SABRE), "--quiet", f"--json={report}", "--control-thread", f"--threads={threads}", folder])
            runs.append(json.loads(report.read_text(encoding="utf-8")))
    p999, longest, control = (
        [run[key] for run in runs] for key in ("p999_block_ms", "longest_block_ms", "control_delay_ms")
    )
    print(
        f"  {name:14} p99.9 {statistics.median(p999):6.2f} ms (worst {max(p999):.2f})"
        f"   longest {statistics.median(longest):6.2f} ms (worst {max(longest):.2f})"
        f"   a sleeping thread {statistics.median(control):6.2f} ms (worst {max(control):.2f})"
    )
    return statistics.median(p999)


def stop_times(threads):
    """Milliseconds from Ctrl-C inside huge files to the end of the program."""
    with tempfile.TemporaryDirectory() as folder:
        for i in range(threads + 1):
            with open(f"{folder}/{i}", "wb") as file:
                file.truncate(1 << 40)
        found = []
        for i in range(10):
            process = subprocess.Popen(
                [str(SABRE), "--quiet", f"--threads={threads}", folder], stderr=subprocess.DEVNULL
            )
            time.sleep(0.3 + i * 0.007)
            began = time.perf_counter()
            process.send_signal(2)
            process.wait()
            found.append((time.perf_counter() - began) * 1e3)
    print(f"\nCtrl-C inside a huge file: {statistics.median(found):.1f} ms to the end, worst of 10 {max(found):.1f} ms")


def main():
    parser = argparse.ArgumentParser(prog="hash", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", default="", help="only trees with this word in their name")
    parser.add_argument("--quick", action="store_true", help="a tenth of the data, five rounds")
    arguments = parser.parse_args()
    rounds = 5 if arguments.quick else arguments.rounds
    count = 10_000 if arguments.quick else 100_000
    large = [64, 48, 32, 32, 16] if arguments.quick else [640, 512, 320, 320, 256]

    with tempfile.TemporaryDirectory(prefix="sabre_bench_", dir=roomy_folder(3 << 30)) as data:
        trees = {
            "/usr/include": ("/usr/include", lambda: None),
            f"{count} small files": (f"{data}/small", lambda: make_small(f"{data}/small", count)),
            f"{len(large)} large files": (f"{data}/large", lambda: make_large(f"{data}/large", large)),
        }
        trees = {name: tree for name, tree in trees.items() if arguments.only in name and (os.path.isdir(tree[0]) or tree[0].startswith(data))}
        ratios = {}
        for name, (folder, make) in trees.items():
            make()
            ratios[name] = compare(name, folder, rounds, arguments.threads)
        print("\nHow long the event loop was blocked (goal: p99.9 below 20 ms)")
        for name, (folder, _) in trees.items():
            blocks(name, folder, max(3, rounds // 3), arguments.threads)
        stop_times(arguments.threads)
        print()
        for name, ratio in ratios.items():
            print(f"{name}: {ratio:.3f} x the plain program, {'within' if ratio <= 1.05 else 'NOT within'} 1.05")


if __name__ == "__main__":
    sys.exit(main())
