#!/usr/bin/env python3
"""The order audit alone: weakens every memory order by one step; some model must fail, or the source says
why the order stays.

usage: audit.py BUILD_DIR [--json FILE] [ARGUMENTS OF THE PROGRAMS...]
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import run_all  # noqa: E402

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(run_all.main([*sys.argv[1:], "--audit"]))
