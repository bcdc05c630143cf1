#!/usr/bin/env python3
"""Installs Sabre into an empty folder and builds a project of three files against it through pkg-config.

usage: install_test.py ROOT BUILD_DIR

BUILD_DIR is the configured and built tree whose result is installed. A second, smaller build of the
library, without exceptions and run-time type information, is kept below it.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

# Both as one option each: the consumer and the library take the same.
PLAIN = []
BARE = ["-Dcpp_eh=none", "-Dcpp_rtti=false"]  # -fno-exceptions -fno-rtti


class Failed(Exception):
    pass


def run(*command, **environment):
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **environment}, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def install(build, prefix):
    """Installs a build and returns the folder of its .pc files."""
    run("meson", "install", "-C", build, "--no-rebuild", "--destdir", prefix)
    found = list(pathlib.Path(prefix).rglob("sabre.pc"))
    if len(found) != 1:
        raise Failed(f"{len(found)} files sabre.pc below {prefix}")
    return found[0].parent


def consume(pkgconfig, consumer, options):
    """Builds and runs the consumer against the library that `pkgconfig` describes."""
    with tempfile.TemporaryDirectory() as folder:
        # --wrap-mode: what was installed, or nothing.
        run("meson", "setup", folder, consumer, "--wrap-mode=nofallback", *options, PKG_CONFIG_PATH=str(pkgconfig))
        run("ninja", "-C", folder)
        run(pathlib.Path(folder) / "consumer")


def check_models(pkgconfig, models):
    """Builds and runs a folder of models against the `sabre_verify` that was installed."""
    with tempfile.TemporaryDirectory() as folder:
        run("meson", "setup", folder, models, "--wrap-mode=nofallback", PKG_CONFIG_PATH=str(pkgconfig))
        run("meson", "test", "-C", folder)


def build_without_exceptions(root, build):
    folder = build / "tests" / "install" / "bare"
    if not (folder / "build.ninja").exists():
        # Optimization is not the question here, and takes most of the time.
        run("meson", "setup", folder, root, "--buildtype=debug", "-Ddebug=false", "-Dtests=false", *BARE)
    run("ninja", "-C", folder)
    return folder


def main(root, build):
    consumer = root / "tests" / "install" / "consumer"
    results = []

    def case(claim, body):
        try:
            body()
            results.append(True)
            print(f"ok      {claim}")
        except Failed as failure:
            results.append(False)
            print(f"FAILED  {claim}\n{failure}")

    def without_a_header():
        victim = next(pathlib.Path(first).rglob("sabre/sync/park.h"))
        victim.unlink()
        try:
            consume(install_of_first, consumer, PLAIN)
        except Failed:
            return
        raise Failed("it was built all the same: against what?")

    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        install_of_first = install(build, first)
        case("a project outside the tree builds and runs", lambda: consume(install_of_first, consumer, PLAIN))
        case("so it does without exceptions and RTTI", lambda: consume(install_of_first, consumer, BARE))
        case(
            "so does a folder of models, against sabre_verify",
            lambda: check_models(install_of_first, root / "examples" / "verify_your_own"),
        )
        case("it does not if a header was not installed", without_a_header)
        case(
            "the library builds without exceptions and RTTI, and serves that project too",
            lambda: consume(install(build_without_exceptions(root, build), second), consumer, BARE),
        )
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
