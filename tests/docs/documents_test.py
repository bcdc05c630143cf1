#!/usr/bin/env python3
"""The code in the documents is right: README.md, docs/, and what lies beside examples and models.

usage: documents_test.py ROOT BUILD_DIR -- COMPILER...

A block marked `cpp` that contains `int main(` is a program: it compiles against the library and exits with 0.
If it is about another library (Asio, libuv), it does where that is installed. A block marked with a language
and a path (`cpp examples/a.h`) is a quotation: its lines stand in that file, one after the other. If the path
is that of a file of models, and the language `text`, they stand in what `./dev verify` prints of it, with the
arguments that follow the path. How long a search took does not matter. A block marked `console` is a session of
the shell: each line that begins with `$ ` is run, all those of a page in one folder, and prints the lines that
follow. A program whose first line is the name of a file lies there, and is left for the session to compile.
Other blocks are fragments.
"""

import concurrent.futures
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
QUOTATION = re.compile(r"^```(\w+) (\S+)((?: \S+)*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
FILE_NAME = re.compile(r"// (\w+\.cc)\n")
# Libraries that a program may need beside Sabre: how it includes them, and what it links.
OTHERS = {"asio/": [], "uv.h": ["-luv"]}
SECONDS = re.compile(r" +\d+\.\d\d(?=  (?:holds|fails|killed|survives|FAILED))")
PROOF = "```cpp\nint main() { return 1; }\n```\n```cpp\nint main() { return x; }\n```\n```cpp\nint fragment;\n```\n"


def programs(text):
    return [block for block in BLOCK.findall(text) if "int main(" in block and not FILE_NAME.match(block)]


def environment(root, build, compiler, folder):
    """That of a session: the tools of this build are found as if they were installed, and so is the library."""
    tools = pathlib.Path(folder, "bin")
    tools.mkdir()
    for tool in build.glob("examples/*/sabre-*"):
        if tool.is_file():
            (tools / tool.name).symlink_to(tool.resolve())
    # By its path: the name is taken here.
    real = " ".join([shutil.which(compiler[0]) or compiler[0], *compiler[1:]])
    (tools / "c++").write_text(f'#!/bin/sh\nexec {real} -I{root}/include "$@"\n', encoding="utf-8")
    (tools / "c++").chmod(0o755)
    pkg_config = str((build / "meson-uninstalled").resolve())
    return {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PKG_CONFIG_PATH": pkg_config, "NO_COLOR": "1"}


def session(text, compiler, root, build):
    """The commands of a page that print something else than stands there, and what they print."""
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder, "work")
        work.mkdir()
        for block in BLOCK.findall(text):
            name = FILE_NAME.match(block)
            if name:
                (work / name[1]).write_text(block, encoding="utf-8")
        where = environment(root, build, compiler, folder)
        for command, expected in COMMAND.findall("".join(CONSOLE.findall(text))):
            done = subprocess.run(
                ["bash", "-c", command], cwd=work, env=where, text=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=240,
            )  # fmt: skip
            if done.stdout != expected:
                yield f"$ {command}\n{done.stdout}"


def can_run(text):
    """Whether this machine has what the sessions of a page need."""
    return "$ node " not in text or shutil.which("node") is not None


@functools.cache
def program_of(file, root, build, folder):
    """The program that is made from a file of models."""
    built = build / file.relative_to(root).parts[0] / file.stem
    if built.is_file():
        return built
    program = pathlib.Path(folder) / file.stem
    subprocess.run(
        [root / "verify" / "check_file.sh", file, "--list"], env={**os.environ, "SABRE_VERIFY_KEEP": str(program)},
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=240,
    )  # fmt: skip
    return program


@functools.cache
def output_of(program, arguments):
    """What the program says."""
    done = subprocess.run(
        [program, *arguments],
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=240,
    )  # fmt: skip
    return timeless(re.sub(r" +$", "", done.stdout, flags=re.MULTILINE))


def timeless(text):
    return SECONDS.sub(" …", text)


def quoted_source(language, path, arguments, root, programs):
    """What a quotation is compared with."""
    file = root / path
    if is_output(language, path):
        return output_of(programs[path], tuple(arguments.split())) if path in programs else ""
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def is_output(language, path):
    return language == "text" and path.endswith("_verify.cc")


def has_header(compiler, header):
    source = f"#if !__has_include(<{header}>)\n#error\n#endif\n"
    done = subprocess.run([*compiler, "-x", "c++", "-E", "-"], input=source, text=True, capture_output=True, check=False)
    return done.returncode == 0


def has_relacy(compiler):
    """Whether models can be compiled; where they cannot, their output is not compared."""
    return has_header(compiler, "relacy/context.hpp")


def others(source):
    """The headers of other libraries that a program includes."""
    return [header for header in re.findall(r"^#include <([^>]+)>", source, re.MULTILINE) if header.startswith(tuple(OTHERS))]


def linked(source):
    """What it links for them."""
    return [flag for start, flags in OTHERS.items() if any(header.startswith(start) for header in others(source)) for flag in flags]


def misquotes(text, root, programs):
    """What a document quotes, by path, and whether it does not stand there. Without programs, not what they say."""
    for language, path, arguments, block in QUOTATION.findall(text):
        if is_output(language, path):
            if programs is None:
                continue
            block = timeless(block)
        # Whole lines: the block may begin anywhere, but not in the middle of one.
        yield path, "\n" + block not in "\n" + quoted_source(language, path, arguments, root, programs)


def quoted_programs(documents, root, build, folder, pool):
    """The programs whose output is quoted, by path."""
    paths = sorted(
        {path for document in documents for language, path, _, _ in QUOTATION.findall(document.read_text(encoding="utf-8")) if is_output(language, path)}
    )
    there = [path for path in paths if (root / path).is_file()]
    return dict(zip(there, pool.map(lambda path: program_of(root / path, root, build, folder), there)))


def flags(kind, name, build):
    """The compiler's arguments for a dependency of this build folder."""
    environment = {**os.environ, "PKG_CONFIG_PATH": str(build / "meson-uninstalled")}
    done = subprocess.run(["pkg-config", kind, name], env=environment, text=True, capture_output=True, check=True)
    return done.stdout.split()


def compilation(dependency, compiler, root, build):
    """The command that compiles, without the file."""
    # The headers lie in the source: what is not installed has no include folder of its own.
    return [*compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{root}/include", *flags("--cflags", dependency, build)]


def precompiled(compiler, root, build, folder):
    """The arguments with which all of Sabre is read faster."""
    header = pathlib.Path(folder) / "all.h"
    header.write_text('#include "sabre/sabre.h"\n', encoding="utf-8")
    output = header.with_suffix(".h.pch" if "clang" in os.path.basename(compiler[0]) else ".h.gch")
    subprocess.run([*compilation("sabre", compiler, root, build), "-x", "c++-header", header, "-o", output], check=True, timeout=120)
    return ["-include", header]


def complaint(source, compiler, root, build, folder, all_of_sabre):
    """None if the program compiles and exits with 0, else what went wrong."""
    dependency = "sabre_verify" if "sabre/verify/" in source else "sabre"
    file = pathlib.Path(folder) / "program.cc"
    file.write_text(source, encoding="utf-8")
    program = file.with_suffix("")
    # Who does not include it must not get it either.
    extra = all_of_sabre if '#include "sabre/sabre.h"' in source else []
    commands = [
        [*compilation(dependency, compiler, root, build), *extra, file, "-o", program]
        + [*flags("--libs", dependency, build), *linked(source)],
        [program],
    ]
    for command in commands:
        done = subprocess.run(command, text=True, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=120)
        if done.returncode != 0:
            return f"{command[0]} exited with {done.returncode}\n{done.stdout}{done.stderr}"
    return None


def check(source, compiler, root, build, all_of_sabre):
    with tempfile.TemporaryDirectory() as folder:
        return complaint(source, compiler, root, build, folder, all_of_sabre)


def main(arguments):
    split = arguments.index("--")
    root, build = map(pathlib.Path, arguments[:split])
    compiler = [word for word in arguments[split + 1 :] if os.path.basename(word) != "ccache"]
    folders = ["docs", "examples", "verify"]
    documents = sorted([*root.glob("*.md"), *(page for folder in folders for page in root.glob(f"{folder}/**/*.md"))])
    found = [
        (f"{document.relative_to(root)}, program {number}", source)
        for document in documents
        for number, source in enumerate(programs(document.read_text(encoding="utf-8")), start=1)
        if all(has_header(compiler, header) for header in others(source))
    ]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        extra = precompiled(compiler, root, build, folder)
        complaints = list(pool.map(lambda entry: check(entry[1], compiler, root, build, extra), found))
    results = [complaint is None for complaint in complaints]
    for (name, _), error in zip(found, complaints):
        print(("ok      " if error is None else "FAILED  ") + name)
        if error is not None:
            print(error)
    with tempfile.TemporaryDirectory() as folder:
        programs_quoted = None  # where models cannot be compiled
        if has_relacy(compiler):
            with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
                programs_quoted = quoted_programs(documents, root, build, folder, pool)
        for document in documents:
            for path, wrong in misquotes(document.read_text(encoding="utf-8"), root, programs_quoted):
                results.append(not wrong)
                print(("FAILED  " if wrong else "ok      ") + f"{document.relative_to(root)} quotes {path}")
    for document in documents:
        text = document.read_text(encoding="utf-8")
        if CONSOLE.search(text) and can_run(text):
            wrong = list(session(text, compiler, root, build))
            results.append(not wrong)
            print(("FAILED  " if wrong else "ok      ") + f"{document.relative_to(root)}, what its commands print")
            print("".join(wrong), end="")
    bad = [check(source, compiler, root, build, []) for source in programs(PROOF)]
    results.append(len(bad) == 2 and all(bad))
    print(("ok      " if results[-1] else "FAILED  ") + "a program that does not compile or fails is noticed")
    here = "tests/docs/documents_test.py"
    proof = f"```python {here}\nimport sys\nimport tempfile\n```\n```python {here}\nimport tempfile\nimport sys\n```\n"
    results.append([wrong for _, wrong in misquotes(proof, root, None)] == [False, True])
    print(("ok      " if results[-1] else "FAILED  ") + "a quotation that differs is noticed")
    lies = "```console\n$ echo a; echo b\na\nb\n$ echo c\nd\n```\n"
    results.append(list(session(lies, compiler, root, build)) == ["$ echo c\nc\n"])
    print(("ok      " if results[-1] else "FAILED  ") + "a command that prints something else is noticed")
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
