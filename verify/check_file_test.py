#!/usr/bin/env python3
"""Tests `./dev verify FILE` on the folder to copy, outside the tree: check_file_test.py ROOT"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def main(root):
    results = []

    def expect(claim, condition, output):
        results.append(bool(condition))
        print(f"{'ok     ' if condition else 'FAILED '} {claim}")
        if not condition:
            print(output)

    def run(*command):
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
        return done.returncode, done.stdout

    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy"
        shutil.copytree(root / "examples" / "verify_your_own", copy)
        check = root / "verify" / "check_file.sh"

        code, output = run(check, copy / "stack_verify.cc")
        expect("the right stack passes, with its orders audited",
               code == 0 and "killed by NothingIsLost" in output and output.endswith("4 passed, 0 failed\n"), output)

        # Without main.h in it: the script adds it.
        text = (copy / "wrong_stack_verify.cc").read_text(encoding="utf-8")
        (copy / "wrong_stack_verify.cc").write_text(text.replace("sabre/verify/main.h", "sabre/verify/model.h"), encoding="utf-8")
        code, output = run(check, copy / "wrong_stack_verify.cc")
        expect("the wrong stack fails, and the use after free is shown step by step",
               code == 1 and "USE AFTER FREE" in output and "head->next" in output
               and output.endswith("0 passed, 1 failed\n"), output)

        code, output = run(check, copy / "no_such_file.cc")
        expect("a file that is not there is refused with a usage line", code == 2 and "check_file.sh FILE" in output, output)

        compiler = os.environ.get("CXX", "g++").split()
        code, output = run(*compiler, "-std=c++20", "-O1", "-pthread", f"-I{root / 'include'}", copy / "use_it.cc",
                           "-o", copy / "use_it")
        code, output = run(copy / "use_it") if code == 0 else (code, output)
        expect("the same stack works in production", code == 0 and output == "4000 of 4000\n", output)

    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
