"""What the unit suite reaches, by room, and what it does not: each such line is judged in words.

usage: coverage.py SOURCE BUILD [--write]

BUILD is configured with -Db_coverage=true and its unit suite has run. Prints the table and every line that no
test reaches and nobody has judged (tests/coverage/judged.txt); --write also writes docs/coverage.md, where they
are listed as such. Fails if a judgement is of a line that is gone.
"""

import collections
import json
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(sys.argv[1])
BUILD = pathlib.Path(sys.argv[2])
ROOMS = ["sync", "lockfree", "kernel", "memory", "clone", "messaging", "worker", "pool", "platform"]

Tally = collections.namedtuple("Tally", "lines reached branches taken")


def measure():
    """{path: (room, {line: count}, {line: [branch counts]})}"""
    command = ["gcovr", "--root", ".", "--object-directory", str(BUILD), "--json", "--exclude-throw-branches",
               "--exclude-unreachable-branches", "--filter", "include/sabre/", "--filter", "lib/",
               "--exclude", "include/sabre/verify/", str(BUILD)]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr)
    files = {}
    for file in json.loads(done.stdout)["files"]:
        parts = file["file"].split("/")
        room = parts[2] if parts[0] == "include" else parts[1]
        lines, branches = {}, {}
        for line in file["lines"]:
            if line.get("gcovr/noncode") or line.get("gcovr/excluded"):
                continue
            lines[line["line_number"]] = line["count"]
            branches[line["line_number"]] = [b["count"] for b in line["branches"]]
        if room in ROOMS:
            files[file["file"]] = (room, lines, branches)
    return files


def judged():
    """{(path, text of the line): reason}"""
    result, reason = {}, []
    for line in (SOURCE / "tests/coverage/judged.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        if not line.strip():
            reason = []
        elif line.startswith("  "):
            path, text = line.strip().split(": ", 1)
            result[path, text] = " ".join(reason)
        else:
            reason.append(line.strip())
    return result


def texts(path):
    """The lines of a file, and each with the line before it."""
    lines = [line.strip() for line in (SOURCE / path).read_text().splitlines()]
    return {*lines, *(f"{before} \\ {line}" for before, line in zip(lines, lines[1:]))}


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "-"


def table(files):
    rows = []
    for room in [*ROOMS, None]:
        some = [f for f in files.values() if room in (None, f[0])]
        counts = [c for f in some for c in f[1].values()]
        taken = [c for f in some for b in f[2].values() for c in b]
        rows.append((room or "all", len(counts), percent(sum(c > 0 for c in counts), len(counts)),
                     len(taken), percent(sum(c > 0 for c in taken), len(taken))))
    text = "| room | lines of code | reached | branches | taken |\n| --- | ---: | ---: | ---: | ---: |\n"
    return text + "".join("| " + " | ".join(str(cell) for cell in row) + " |\n" for row in rows)


def listed(reason, some):
    # A lambda looks like a link.
    lines = "".join(f"{path}: {line}\n".replace("](", "] (") for path, _, line in some)
    return f"\n{reason}\n\n```\n{lines}```\n"


def main():
    files = measure()
    reasons = judged()
    by_reason = collections.defaultdict(list)
    unjudged = []
    for path, (_, lines, _) in sorted(files.items()):
        source = (SOURCE / path).read_text().splitlines()
        for number in sorted(n for n, count in lines.items() if count == 0):
            text = source[number - 1].strip()
            after = f"{source[number - 2].strip()} \\ {text}"
            if (path, after) in reasons or (path, text) in reasons:
                reason = reasons.get((path, after)) or reasons[path, text]
                by_reason[reason].append((path, number, text))
            else:
                unjudged.append((path, number, text))
    # Some lines are reached by chance, so that one is reached says nothing.
    stale = [(path, text) for path, text in reasons
             if text not in texts(path)]

    text = table(files)
    print(text)
    for path, number, line in unjudged:
        print(f"not reached and not judged: {path}:{number}: {line}")
    for path, line in stale:
        print(f"judged, but gone: {path}: {line}")
    if "--write" in sys.argv[3:]:
        missed = sum(len(some) for some in by_reason.values()) + len(unjudged)
        document = [HEAD, text, MIDDLE.format(missed=missed)]
        for reason, some in sorted(by_reason.items(), key=lambda item: -len(item[1])):
            document.append(listed(reason, some))
        if unjudged:
            document.append(listed("Nobody has judged these yet.", unjudged))
        (SOURCE / "docs/coverage.md").write_text("".join(document))
    print(f"{len(unjudged)} lines to judge, {len(stale)} judgements without a line")
    sys.exit(1 if stale else 0)


HEAD = """# Coverage

`./dev coverage` builds the library and its unit suite with gcov's counters, runs the suite, and writes this page.
Lines that no test reaches are listed with the reason, or as judged by nobody.

The figures are those of the unit suite alone. The algorithms of sync, lockfree and kernel are explored by their
models as well ([verification](verification.md)), and the rooms above run under the seeded scheduler, which is part
of the suite but compiles the library anew and is not counted here. Stress tests, faults and fuzzing are not counted
either. A branch is one way out of a decision; those that only an exception takes are left out.

"""

MIDDLE = """
Coverage says what has run, not what is right. It is here for the list of what never runs.

## What no unit test reaches

{missed} lines, each under the reason why it stays.
"""

main()
