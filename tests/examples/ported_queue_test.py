#!/usr/bin/env python3
"""The ported queue is the published one with other aliases: ported_queue_test.py FOLDER

Only these may differ: the comment at the top, the include guard, the include that brings the names, the
parameter through which they come, and the aliases.
"""

import pathlib
import re
import sys

ALLOWED = [
    r"//.*",  # above the guard
    r"#(?:ifndef|define|endif).*_QUEUE_H_",
    r'#include "sabre/sync/std_names\.h"',
    r"",
    r"template <class T(?:, class names = sabre::StdNames)?>",
    r"  using \w+ = .*;",
]


def code(text):
    """The lines that must agree."""
    top, guard, rest = text.partition("#ifndef")
    assert guard and all(re.fullmatch(r"//.*|", line) for line in top.splitlines())
    return [line for line in (guard + rest).splitlines() if not any(re.fullmatch(p, line) for p in ALLOWED[1:])]


def aliases(text):
    return re.findall(r"^  using (\w+) = ", text, re.MULTILINE)


def main(folder):
    published = (folder / "published_queue.h").read_text(encoding="utf-8")
    ported = (folder / "ported_queue.h").read_text(encoding="utf-8")
    checks = {
        "the ported queue differs from the published one in its aliases only": code(published) == code(ported),
        "both have the same aliases": len(aliases(published)) >= 2 and aliases(published) == aliases(ported),
        "the published one is plain std": "sabre" not in published and "std::atomic<" in published,
        "the ported one takes no type from std": "std::atomic<" not in ported,
        "another difference is noticed": code(published) != code(ported.replace("memory_order_release", "memory_order_relaxed", 1)),
    }  # fmt: skip
    for claim, holds in checks.items():
        print(("ok      " if holds else "FAILED  ") + claim)
    results = list(checks.values())
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
