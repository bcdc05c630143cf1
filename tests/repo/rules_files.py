"""Sizes, names, words, links: what is asked of every file."""

import posixpath
import re

import tree as t
from rule import rule


@rule(
    "a header has at most 250 lines and a .cc file at most 600",
    bad=[
        {"include/sabre/sync/a.h": "\n" * 251},
        {"lib/sync/a.cc": "\n" * 601},
    ],
    good=[{"lib/sync/a.cc": "\n" * 600, "include/sabre/sync/a.h": "\n" * 250}],
)
def sizes(tree):
    for path, text in tree.items():
        limit = 250 if path.endswith(".h") else 600 if path.endswith(".cc") else None
        lines = text.count("\n")
        if limit is not None and lines > limit:
            yield f"{path}: {lines} lines, more than {limit}: it has two subjects"


def _guard_of(path):
    name = path.removeprefix("include/sabre/").removeprefix("include/")
    return "SABRE_" + re.sub(r"[^A-Za-z0-9]", "_", name).upper() + "_"


@rule(
    "an include guard is named after its path",
    bad=[
        {"include/sabre/sync/a.h": "#ifndef SABRE_A_H_\n#define SABRE_A_H_\n#endif  // SABRE_A_H_\n"},
        {"lib/sync/a.h": "#pragma once\n"},
        {"lib/sync/a.h": "#ifndef SABRE_LIB_SYNC_A_H_\n#define SABRE_LIB_SYNC_B_H_\n#endif  // SABRE_LIB_SYNC_A_H_\n"},
    ],
    good=[
        {"include/sabre/sync/a.h": "#ifndef SABRE_SYNC_A_H_\n#define SABRE_SYNC_A_H_\n\n#endif  // SABRE_SYNC_A_H_\n"},
        {"lib/sync/a.h": "#ifndef SABRE_LIB_SYNC_A_H_\n#define SABRE_LIB_SYNC_A_H_\n#endif  // SABRE_LIB_SYNC_A_H_\n"},
    ],
)
def include_guards(tree):
    for path, text in tree.items():
        # What lies in examples is there to be copied, to a place with names of its own.
        if path.endswith(".h") and not path.startswith("examples/"):
            guard = _guard_of(path)
            if f"#ifndef {guard}\n#define {guard}\n" not in text or f"#endif  // {guard}\n" not in text:
                yield f"{path}: the guard is not {guard}"


@rule(
    "a public header begins with its name and its purpose",
    bad=[
        {"include/sabre/sync/a.h": "#ifndef SABRE_SYNC_A_H_\n"},
        {"include/sabre/sync/a.h": "// sabre/sync/b.h: a thing.\n"},
    ],
    good=[{"include/sabre/sync/a.h": "// sabre/sync/a.h: a thing.\n"}],
)
def headers_say_what_they_are(tree):
    for path, text in tree.items():
        if t.is_public_header(path) and not text.startswith(f"// {path.removeprefix('include/')}: "):
            yield f"{path}: the first line is not '// {path.removeprefix('include/')}: …'"


# Written in two halves, or this file would break its own rule.
_FORBIDDEN = "|".join(
    [
        r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b",
        r"\b(?i:not " r"(?:yet )?implemented)\b",
        r"(?<![\w.])/(?:wo" r"rk|fa" r"rm)/",
        r"\bno_" r"sanitize\b",
        r"\bsuppres" r"sions=",
        r"\bDIS" r"ABLED_",
        r"\bDO_NOT_" r"SUBMIT\b",
    ]
)


@rule(
    "no file promises work, names a place on one machine, or silences a checker",
    bad=[
        {"a.cc": "// TO" "DO: later\n"},
        {"a.md": "This is not " "implemented.\n"},
        {"a.py": 'open("/wo' 'rk/main/a")\n'},
        {"a.cc": "__attribute__((no_" 'sanitize("thread")))\n'},
        {"dev": "TSAN_OPTIONS=suppres" "sions=file\n"},
        {"a_test.cc": 'TEST_CASE("DIS' 'ABLED_x")\n'},
    ],
    good=[{"a.cc": 'mkdtemp("/tmp/sabre_XXXXXX"); // see docs/work/a.md and its hackers\n'}],
)
def words(tree):
    for path, text in tree.items():
        for word, line in t.find(_FORBIDDEN, text):
            yield f"{path}:{line}: '{word.strip()}'"


_LINK = re.compile(r"\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")


@rule(
    "a relative link leads to a file",
    bad=[
        {"README.md": "see [the rooms](docs/architecture.md)\n"},
        {"docs/a.md": "see [b](b.md#part)\n", "b.md": ""},
    ],
    good=[
        {"docs/a.md": "[b](../b.md#part) [c](https://example.org/c) [d](#d) [e](design/)\n", "b.md": "", "docs/design/f.md": ""},
    ],
)
def links(tree):
    folders = {posixpath.dirname(path) for path in tree}
    folders |= {posixpath.dirname(folder) for folder in folders}
    for path, text in tree.items():
        if not path.endswith(".md"):
            continue
        for match in _LINK.finditer(text):
            target = match.group(1).partition("#")[0]
            if not target or "://" in target or target.startswith("mailto:"):
                continue
            full = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if full not in tree and full not in folders:
                yield f"{path}:{t.line_of(text, match.start())}: the link {target} leads nowhere"


_DEV = "#: test [ARGS]  runs\nverb_test() {\n"


@rule(
    "the verbs that the documents name exist, and every verb is in the help",
    bad=[
        {"dev": _DEV, "README.md": "run `./dev tset`\n"},
        {"dev": _DEV + "verb_lint() {\n"},
        {"dev": _DEV + "#: lint  checks\n"},
    ],
    good=[{"dev": _DEV, "README.md": "./dev test\n"}],
)
def verbs(tree):
    functions = set(re.findall(r"^verb_(\w+)\(\)", tree["dev"], re.MULTILINE))
    helped = set(re.findall(r"^#: (\w+)", tree["dev"], re.MULTILINE))
    for verb in sorted(functions ^ helped):
        yield f"dev: {verb} is " + ("not in the help" if verb in functions else "no verb")
    for path, text in tree.items():
        if path.endswith(".md"):
            for match in re.finditer(r"\./dev +([a-z]+)", text):
                if match.group(1) not in functions:
                    yield f"{path}:{t.line_of(text, match.start())}: there is no verb {match.group(1)}"


@rule(
    "every source file is built",
    bad=[
        {"tests/sync/a_test.cc": "", "tests/sync/meson.build": "unit_sources = files('b_test.cc')\n"},
        {"lib/sync/a.cc": ""},
        {"verify/ring_verify.cc": "", "verify/meson.build": "models = ['spsc_ring']\n"},
    ],
    good=[
        {"tests/sync/a_test.cc": "", "tests/sync/meson.build": "unit_sources = files('a_test.cc')\n"},
        {"verify/ring_verify.cc": "", "verify/meson.build": "models = ['ring']\n"},
        {"verify/wrong/ring.cc": "", "verify/meson.build": "wrong = ['wrong/ring.cc']\n"},
        {"lib/platform/futex_linux.cc": "", "lib/platform/meson.build": "files('futex_' + system + '.cc')\n"},
    ],
)
def sources_are_built(tree):
    for path in tree:
        if not path.endswith(".cc") or not path.startswith(("lib/", "tests/", "verify/", "examples/")):
            continue
        if path.startswith("tests/install/"):
            continue  # a project of its own, outside this build
        folder, name = posixpath.split(path)
        stem = name.removesuffix(".cc")
        names = {name, stem, stem.removesuffix("_verify"), stem.removesuffix("_test")}
        if folder == "lib/platform":
            names.add(stem.rpartition("_")[0] + "_")  # the system is appended
        built = []
        while folder:
            built.append(tree.get(f"{folder}/meson.build", ""))
            folder = posixpath.dirname(folder)
        quoted = {posixpath.basename(word) for text in built for word in re.findall(r"'([^'\n]+)'", text)}
        if not names & quoted:
            yield f"{path}: no meson.build names it"


@rule(
    "sabre.h includes the whole face",
    bad=[
        {"include/sabre/sabre.h": "", "include/sabre/pool/a.h": ""},
        {"include/sabre/sabre.h": '#include "sabre/pool/a.h"\n', "include/sabre/pool/a.h": "", "include/sabre/pool/b.h": ""},
    ],
    good=[
        {
            "include/sabre/sabre.h": '#include "sabre/pool/a.h"\n',
            "include/sabre/pool/a.h": '#include "sabre/pool/b.h"\n',
            "include/sabre/pool/b.h": "",
            "include/sabre/verify/model.h": "",
        }
    ],
)
def umbrella(tree):
    reached, queue = set(), ["sabre/sabre.h"]
    while queue:
        header = queue.pop()
        if header not in reached:
            reached.add(header)
            queue += [include for include, _ in t.includes(tree.get(f"include/{header}", ""))]
    for path in tree:
        if t.is_public_header(path) and t.room_of(path) in t.ROOMS and path.removeprefix("include/") not in reached:
            yield f"{path}: sabre/sabre.h does not lead to it"
