#!/usr/bin/env python3
"""Compiles each public header alone. sync and lockfree need no flag but -Iinclude: no Abseil, nothing else.

usage: headers_alone.py ROOT BUILD_DIR -- COMPILER...

A header that compiled is remembered in BUILD_DIR by what it and our headers below it contain, so that
only changes are compiled again. A header that a source of lib/ includes first is compiled alone with that
source, wherever files are not joined (`./dev stress` with clang), and is left out here. So is an adapter: it
needs the headers of what it adapts to, and tests/adapters compiles it where they are.
"""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

INCLUDE = re.compile(r'^\s*#\s*include\s*"(sabre/[^"]+)"', re.MULTILINE)
FIRST_INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)', re.MULTILINE)
FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]


def flags_of(header, root, abseil):
    if header.startswith(("sabre/sync/", "sabre/lockfree/")):
        return ["-Iinclude"]
    return ["-Iinclude", *abseil]


def closure(header, root, seen):
    """The header and ours that it includes, directly or not."""
    path = root / "include" / header
    if header in seen or not path.exists():
        return seen
    seen[header] = path.read_text(encoding="utf-8")
    for included in INCLUDE.findall(seen[header]):
        closure(included, root, seen)
    return seen


def with_source(root):
    """The headers that some source of lib/ includes before anything else."""
    first = (FIRST_INCLUDE.search(path.read_text(encoding="utf-8")) for path in root.glob("lib/**/*.cc"))
    return {match.group(1) for match in first if match}


def compile_alone(compiler, header, flags, root):
    """None if `header` compiles as the only include of a file, else what the compiler said."""
    command = [*compiler, *FLAGS, *flags, "-x", "c++", "-"]
    # Twice: the include guard is part of what a header must have.
    source = f'#include "{header}"\n#include "{header}"\n'
    done = subprocess.run(command, input=source, cwd=root, text=True, capture_output=True, check=False)
    return None if done.returncode == 0 else done.stderr


def abseil_flags():
    done = subprocess.run(
        ["pkg-config", "--cflags", "absl_statusor", "absl_time"], text=True, capture_output=True, check=True
    )
    return done.stdout.split()


def check(compiler, header, root, stamps, abseil):
    flags = flags_of(header, root, abseil)
    content = repr((compiler, FLAGS, flags, sorted(closure(header, root, {}).items())))
    stamp = stamps / hashlib.sha256(content.encode()).hexdigest()
    if stamp.exists():
        return None
    error = compile_alone(compiler, header, flags, root)
    if error is None:
        stamp.touch()
    return error


def proof(compiler):
    """Whether a header that forgets an include, or that needs Abseil where none may be, is noticed."""
    broken = {
        "sabre/lockfree/forgets.h": "inline std::size_t f() { return 0; }\n",
        "sabre/sync/twice.h": "inline int g() { return 0; }\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        for header, text in broken.items():
            path = pathlib.Path(folder) / "include" / header
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return all(compile_alone(compiler, header, ["-Iinclude"], folder) for header in broken)


def main(arguments):
    split = arguments.index("--")
    root, build = map(pathlib.Path, arguments[:split])
    # A compiler cache does not help a check of syntax.
    compiler = [word for word in arguments[split + 1 :] if os.path.basename(word) != "ccache"]
    stamps = build / "headers_alone"
    stamps.mkdir(parents=True, exist_ok=True)
    include = root / "include"
    elsewhere = with_source(root)
    headers = sorted(path.relative_to(include).as_posix() for path in include.rglob("*.h"))
    headers = [header for header in headers if header not in elsewhere and not header.startswith("sabre/adapters/")]
    abseil = abseil_flags()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        errors = list(pool.map(lambda header: check(compiler, header, root, stamps, abseil), headers))
    for header, error in zip(headers, errors):
        print(("ok      " if error is None else "FAILED  ") + header)
        if error is not None:
            print(error)
    good = [error is None for error in errors] + [proof(compiler)]
    print(("ok      " if good[-1] else "FAILED  ") + "a header that does not compile alone is noticed")
    print(f"{good.count(True)} passed, {good.count(False)} failed")
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
