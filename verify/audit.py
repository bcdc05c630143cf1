#!/usr/bin/env python3
"""The audit: would the models notice a mistake? First every memory order is weakened by one step, then small
mistakes are made in the sources (mutate.py); some model must fail each time, or it is written down why not.

usage: audit.py BUILD_DIR [--docs FOLDER]     all of this tree; also writes the tables into FOLDER/verification.md
       audit.py BUILD_DIR FILE                your own file of models
"""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mutate  # noqa: E402
import run_all  # noqa: E402

_HERE = pathlib.Path(__file__).resolve().parent


def main(arguments):
    if not arguments or arguments[0].startswith("--"):
        sys.exit(__doc__)
    build, *rest = arguments
    pathlib.Path(build).mkdir(parents=True, exist_ok=True)
    if rest and not rest[0].startswith("--"):
        print("== orders", flush=True)
        orders = subprocess.run([str(_HERE / "check_file.sh"), rest[0], "--audit"], stdin=subprocess.DEVNULL, check=False).returncode
        print("\n== mistakes", flush=True)
        return mutate.main([build, rest[0]]) or orders
    print("== orders", flush=True)
    orders = run_all.main([build, "--audit", "--json", str(pathlib.Path(build) / "orders.json")])
    print("\n== mistakes", flush=True)
    return mutate.main([build, *rest]) or orders


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
