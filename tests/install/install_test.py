#!/usr/bin/env python3
"""Installs Sabre into an empty folder and builds projects outside the tree against it.

They find it through pkg-config, and through CMake.

usage: install_test.py ROOT BUILD_DIR

BUILD_DIR is the configured and built tree whose result is installed. A second, smaller build of the
library, without exceptions and run-time type information, is kept below it.
"""

import os
import pathlib
import shutil
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
    """Runs the CI script of a folder of models against the `sabre_verify` that was installed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy"
        shutil.copytree(models, copy)
        run("sh", "-c", f"cd '{copy}' && ./ci.sh", PKG_CONFIG_PATH=str(pkgconfig))


def find_package(prefix, project):
    """Builds a CMake project against the package below `prefix`, and runs its tests."""
    packages = list(pathlib.Path(prefix).rglob("sabreConfig.cmake"))
    if len(packages) != 1:
        raise Failed(f"{len(packages)} files sabreConfig.cmake below {prefix}")
    with tempfile.TemporaryDirectory() as folder:
        run("cmake", "-S", project, "-B", folder, "-G", "Ninja", f"-Dsabre_DIR={packages[0].parent}")
        run("cmake", "--build", folder)
        run("ctest", "--test-dir", folder, "--no-tests=error", "--output-on-failure")


def package_version(prefix):
    """Which versions CMake takes the package for."""
    version = next(pathlib.Path(prefix).rglob("sabreConfigVersion.cmake"))
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "ask.cmake"
        for asked, compatible in [("0.1.0", "TRUE"), ("0.1", "TRUE"), ("0.1.9999", "FALSE"), ("0.0", "FALSE"), ("1.0", "FALSE")]:
            major, minor = asked.split(".")[:2]
            script.write_text(
                f"set(PACKAGE_FIND_VERSION {asked})\nset(PACKAGE_FIND_VERSION_MAJOR {major})\n"
                f"set(PACKAGE_FIND_VERSION_MINOR {minor})\ninclude({version})\n"
                f'if(NOT "${{PACKAGE_VERSION_COMPATIBLE}}" STREQUAL "{compatible}")\n'
                f'message(FATAL_ERROR "{asked}: ${{PACKAGE_VERSION_COMPATIBLE}}")\nendif()\n',
                encoding="utf-8",
            )
            run("cmake", "-P", script)


def audit_starts(prefix):
    """That the script of the audit is there, with all that it imports: without arguments it says how it is used."""
    script = next(pathlib.Path(prefix).rglob("bin/sabre-audit"))
    done = subprocess.run([script], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode == 0 or "usage: audit.py BUILD_DIR" not in done.stderr:
        raise Failed(done.stdout + done.stderr)
    if not list(pathlib.Path(prefix).rglob("share/sabre/mutant_main.h")):
        raise Failed("mutant_main.h is not installed")


def inspect_runs(prefix):
    """That sabre-inspect is there, and shows a message."""
    program = next(pathlib.Path(prefix).rglob("bin/sabre-inspect"))
    done = subprocess.run([program, "--hex", "ff0f490e"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout.endswith("2  I  7\n"):
        raise Failed(done.stdout + done.stderr)


def build_without_exceptions(root, build):
    folder = build / "tests" / "install" / "bare"
    if not (folder / "build.ninja").exists():
        # Optimization is not the question here, and takes most of the time.
        run("meson", "setup", folder, root, "--buildtype=debug", "-Ddebug=false", "-Dtests=false", "--unity=on", "--unity-size=8", *BARE)
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
        # What was installed lies elsewhere than where it was configured to lie, and is found all the same.
        case("a CMake project finds the library", lambda: find_package(first, consumer))
        case("a CMake project finds sabre_verify", lambda: find_package(first, root / "examples" / "verify_published_queue"))
        case("sabre-audit finds its parts", lambda: audit_starts(first))
        case("sabre-inspect shows a message", lambda: inspect_runs(first))
        case("CMake asks for a version that fits", lambda: package_version(first))
        case("it does not if a header was not installed", without_a_header)
        case(
            "the library builds without exceptions and RTTI, and serves that project too",
            lambda: consume(install(build_without_exceptions(root, build), second), consumer, BARE),
        )
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
