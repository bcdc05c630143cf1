"""The repository as the rules see it: a mapping from path to text, and ways to look into C++ text."""

import pathlib
import re

# Rooms in the order of the design: each may include those to its left.
ROOMS = ["sync", "lockfree", "kernel", "memory", "clone", "messaging", "worker", "pool"]

_IGNORED = {".git", "build", "__pycache__"}
_LEXEMES = re.compile(
    r"""
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<raw>R"(?P<delimiter>[^\s()\\]*)\(.*?\)(?P=delimiter)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<char>(?<![0-9A-Fa-f])'(?:\\.[^'\n]*|[^'\\\n])')
    """,
    re.VERBOSE | re.DOTALL,
)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)


def load(root):
    """Every text file below `root` that belongs to the repository, by its path relative to `root`."""
    tree = {}
    for path in sorted(pathlib.Path(root).rglob("*")):
        relative = path.relative_to(root)
        if _IGNORED & set(relative.parts) or not path.is_file() or path.is_symlink():
            continue
        try:
            tree[relative.as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a binary file has no rules
    return tree


def is_cpp(path):
    return path.endswith((".h", ".cc"))


def is_public_header(path):
    return path.startswith("include/") and path.endswith(".h")


def room_of(path):
    """`sync` for include/sabre/sync/… and lib/sync/…; None for a file outside the rooms."""
    parts = path.split("/")
    if parts[:2] == ["include", "sabre"] and len(parts) > 3:
        return parts[2]
    if parts[0] == "lib" and len(parts) > 2:
        return parts[1]
    return None


def includes(text):
    """The included paths with their line numbers."""
    return [(m.group(1), line_of(text, m.start(1))) for m in _INCLUDE.finditer(without_comments(text))]


def included_room(path):
    """The room that `#include "path"` leads to; None for what is not ours."""
    parts = path.split("/")
    if parts[0] in ("sabre", "lib") and len(parts) > 2:
        return parts[1]
    return None


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    """The text with comments blanked; line numbers stay."""
    return _LEXEMES.sub(lambda m: _blank(m) if m.group("comment") else m.group(0), text)


def code_of(text):
    """The text with comments and literals blanked; line numbers stay."""
    return _LEXEMES.sub(_blank, text)


def comments_of(text):
    """The comments alone, a list with one string a line."""
    lines = [""] * (text.count("\n") + 1)
    for match in _LEXEMES.finditer(text):
        if match.group("comment"):
            first = line_of(text, match.start())
            for i, line in enumerate(match.group(0).split("\n")):
                lines[first - 1 + i] += line
    return lines


def find(pattern, text):
    """(matched text, line number) of every match."""
    return [(m.group(0), line_of(text, m.start())) for m in re.finditer(pattern, text)]
