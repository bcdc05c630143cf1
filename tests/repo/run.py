#!/usr/bin/env python3
"""Checks the repository's rules, and that each rule can fail. One case each.

usage: run.py ROOT
"""

import sys

import rules_files  # noqa: F401  (registers its rules)
import rules_layers  # noqa: F401
import rules_orders  # noqa: F401
import tree
from rule import RULES


def report(claim, complaints):
    print(("ok      " if not complaints else "FAILED  ") + claim)
    for complaint in complaints:
        print(f"          {complaint}")
    return not complaints


def proof(check, bad, good):
    """Complaints about the rule itself: bad examples that it accepts, good ones that it rejects."""

    def complaints_about(example):
        return list(check({"dev": "", **example}))

    return [f"accepts {example}" for example in bad if not complaints_about(example)] + [
        f"rejects {example}: {complaints_about(example)}" for example in good if complaints_about(example)
    ]


def main(root):
    files = tree.load(root)
    results = []
    for claim, check, bad, good in RULES:
        results.append(report(claim, list(check(files))))
        results.append(report(f"  and a breach of this would be noticed ({len(bad)} examples)", proof(check, bad, good)))
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
