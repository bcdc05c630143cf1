"""The program `seeded` itself: wrong scenarios are found, and a seed repeats its run in another process."""

import re
import subprocess
import sys

PROGRAM = sys.argv[1]
SEEDS = 1000

# What is wrong, as the report must say it.
BROKEN = {
    "broken-lost-wake-up": "deadlock: nobody can run",
    "broken-torn-sum": "violated: both have added one",
    "broken-two-locks": "deadlock: nobody can run",
    "broken-condition-with-if": "violated: what was waited for is there",
    "broken-impatient-reader": "violated: a second is enough for everything",
    "broken-unreachable": "sabre: unreachable state: two owners",
    "broken-deaf-owner": "violated: one at a time",
    "broken-crossed-names": "deadlock: nobody can run",
    "broken-late-for-the-drain": "deadlock: nobody can run",
    "broken-two-callers": "deadlock: nobody can run",
}


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=100)
    return done.returncode, done.stdout, done.stderr


def last_events(report):
    """Without the values: the numbers of agents go on from seed to seed, and addresses are the system's."""
    events = report[report.index("the last events:") : report.index("to repeat it:")]
    return re.sub(r" = -?\d+ +", " ", events)


def check(condition, text, *details):
    if not condition:
        print(f"FAILED: {text}", *details, sep="\n")
        sys.exit(1)


def main():
    status, listed, _ = run("--list")
    names = re.findall(r"^(\S+)", listed, re.MULTILINE)
    check(status == 0 and set(BROKEN) == {n for n in names if n.startswith("broken-")}, "--list", listed)
    for name, words in BROKEN.items():
        status, _, report = run("--scenario", name, "--seeds", str(SEEDS))
        check(status == 1 and words in report, f"{name} is found within {SEEDS} seeds", report)
        command = re.search(r"to repeat it:\n  (.*)\n", report)
        check(command is not None, f"{name}: the report says how to repeat it", report)
        status, _, repeated = run(*command.group(1).split()[1:])
        check(status == 1 and last_events(repeated) == last_events(report),
              f"{name}: the command repeats the events", report, repeated)

    # The fingerprint is of all events of all runs.
    right = [n for n in names if n not in BROKEN]
    for name in right:
        first = run("--scenario", name, "--seeds", "10", "--seed", "77")
        again = run("--scenario", name, "--seeds", "10", "--seed", "77")
        other = run("--scenario", name, "--seeds", "10", "--seed", "87")
        check(first[0] == 0 and "fingerprint" in first[1], f"{name} is right", *first[1:])
        check(first == again, f"{name}: the same seeds, the same events", first[1], again[1])
        check(first[1] != other[1], f"{name}: other seeds, other events", first[1])
    for wrong in (["--seeds"], ["--seeds", "x"], ["--what"], ["--scenario", "none"]):
        check(run(*wrong)[0] == 2, f"{wrong} are no arguments")
    print(f"{len(BROKEN)} wrong scenarios found, {len(right)} repeated")


main()
