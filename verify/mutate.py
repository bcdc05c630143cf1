#!/usr/bin/env python3
"""The operator audit: makes small mistakes in the checked sources, one at a time; some model must then fail, or
the mistake is known to be none.

usage: mutate.py BUILD_DIR [--only TEXT] [--quick] [--progress] [--json FILE] [--docs FOLDER] [MODELS.cc]

Without MODELS.cc: all algorithms of this tree on the policy, and verify/*_verify.cc. With them: the headers
that they include from their own folder. BUILD_DIR receives the copies of the sources with the mutants (see
schemata.py) and the programs made from them. Each mutant runs in a process of its own, with a limit on time
and memory: a crash and a hang count as killed, and the report says so.

A mutant that survives must be explained in verify/survivors.txt, or in survivors.txt beside MODELS.cc:

    FILE: OPERATOR: TEXT OF THE LINE, OR: TEXT OF THE LINE: WHAT IS CHANGED
      why the changed program is as right as the original

An explanation that no survivor matches is an error, too. --only TEXT: mutants whose file or operator contains
TEXT, --quick: only the quick searches, --progress: says how each ended as it goes. The rows are written to
BUILD_DIR/mutants.json, or FILE, and if all is well into FOLDER/verification.md.
"""

import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import pages  # noqa: E402
import schemata  # noqa: E402

_ROOT = pathlib.Path(__file__).resolve().parent.parent
_ON_POLICY = re.compile(r"template\s*<[^{;]*\b(?:Atomic|Blocking)Policy\b|template\s*<\s*(?:class|typename)\s+S\b")
_ROOMS = ("include/sabre/sync", "include/sabre/lockfree", "lib/kernel")
_SECONDS = 240  # of one process under one mutant


def checked_sources():
    """Every algorithm of this tree on the policy: (name, path)."""
    for room in _ROOMS:
        for path in sorted((_ROOT / room).glob("*.h")):
            if path.name != "policy.h" and _ON_POLICY.search(path.read_text(encoding="utf-8")):
                yield str(path.relative_to(_ROOT)), path


def explained(file):
    """(file, operator, text of the line) → the reason, and the line of `file` that says so."""
    reasons = {}
    if not file.exists():
        return reasons
    keys = []
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip() or line.startswith("#"):
            keys = []
        elif line[0].isspace():
            for key in keys:
                reasons[key] = (" ".join([*reasons.get(key, ("",))[:1], line.strip()]).strip(), number)
        else:
            name, operator, text = line.split(": ", 2)
            if keys and keys[-1] in reasons:
                keys = []
            keys.append((name, operator, text))
    return reasons


@dataclasses.dataclass
class Program:
    name: str
    path: pathlib.Path
    models: dict  # name → (algorithm, sources, the mutants it comes by)


class Audit:
    def __init__(self, build, sources, models, user):
        self.folder = build / "mutants"
        self.sources, self.models, self.user = sources, models, user
        self.compiler = [*(["ccache"] if subprocess.run(["which", "ccache"], capture_output=True, check=False).returncode == 0 else []),
                         *os.environ.get("CXX", "g++").split()]  # fmt: skip
        self.compiler = self.compiler[1:] if self.compiler[:2] == ["ccache", "ccache"] else self.compiler
        include = os.environ.get("SABRE_INCLUDE", str(_ROOT / "include"))
        self.flags = ["-std=c++20", "-O1", "-U_FORTIFY_SOURCE", "-w", *os.environ.get("CXXFLAGS", "").split()]
        if "g++" in self.compiler[-1] and "clang" not in self.compiler[-1]:
            self.flags.append("-fno-lifetime-dse")
        self.flags += [f"-I{self.folder / 'include'}", f"-I{self.folder}", f"-I{include}"]
        self.flags += [f"-I{path.parent}" for path in models] if user else [f"-I{_ROOT}"]
        self.flags += ["-include", "sabre/verify/mutant.h"]
        self.excluded = collections.defaultdict(set)
        self.mutants = {}

    # ---- building

    def write(self):
        self.mutants = {}
        for name, path in self.sources:
            text, mutants = schemata.schemata(name, path.read_text(encoding="utf-8"), len(self.mutants) + 1, self.excluded[name])
            self.mutants.update((mutant.number, mutant) for mutant in mutants)
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                target.write_text(text, encoding="utf-8")
        if self.user:
            for path in self.models:
                text = re.sub(r'^[ \t]*#[ \t]*include[ \t]*[<"]sabre/verify/main\.h[">]', '#include "sabre/verify/model.h"', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
                (self.folder / path.name).write_text(text, encoding="utf-8")
        (self.folder / "main.cc").write_text(f'#include "{pathlib.Path(__file__).resolve().parent}/mutant_main.h"\n', encoding="utf-8")

    def compile(self, path):
        target = self.folder / (path.stem + ".o")
        source = self.folder / path.name if self.user or path.name == "main.cc" else path
        # Direct mode does not notice a copy that has come to lie before the original in the search path.
        environment = {**os.environ, "CCACHE_NODIRECT": "1"}
        done = subprocess.run([*self.compiler, *self.flags, "-c", str(source), "-o", str(target)], cwd=_ROOT, env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)  # fmt: skip
        return target, done.returncode, done.stderr

    def build(self, pool):
        for _ in range(6):
            self.write()
            units = [self.folder / "main.cc", *self.models]
            objects = list(pool.map(self.compile, units))
            if all(code == 0 for _, code, _ in objects):
                break
            # What does not compile is left out: the lines that the compiler complains of.
            bad = 0
            for _, _, errors in objects:
                for file, line in re.findall(r"^(?:.* from )?(\S+?):(\d+)(?::\d+)?: (?:error|fatal error)", errors, re.MULTILINE):
                    for name, _ in self.sources:
                        if os.path.realpath(_ROOT / file) == os.path.realpath(self.folder / name) and int(line) not in self.excluded[name]:
                            self.excluded[name].add(int(line))
                            bad += 1
            if bad == 0:
                sys.exit("the models do not compile:\n" + "\n".join(errors[:4000] for _, code, errors in objects if code))
        else:
            sys.exit("the mutants do not compile")
        programs = []
        for path, (target, _, _) in zip(self.models, objects[1:]):
            program = self.folder / path.stem
            subprocess.run([*self.compiler, str(objects[0][0]), str(target), "-o", str(program)], check=True, cwd=_ROOT)
            programs.append(Program(path.stem, program, {}))
        list(pool.map(self.reach, programs))
        return programs

    def reach(self, program):
        output = subprocess.run([str(program.path), "--reach"], capture_output=True, text=True, check=True).stdout
        for line in output.splitlines():
            model, algorithm, sources, reached = line.split("\t")
            program.models[model] = (algorithm, sources.split(), {int(number) for number in reached.split()})
        # Mutant 0 is the source as it is: a claim that fails there would kill every mutant.
        outcome, model, how, _ = self.attempt(program, 0, [], True)
        if outcome != "survived":
            sys.exit(f"{program.name}: {model} fails without any mistake ({how}): mend that first")

    # ---- running

    def attempt(self, program, number, models, quick):
        """(outcome, model, how, executions) of one process."""
        limit = 6 << 30
        try:
            done = subprocess.run([str(program.path), *(["--quick"] if quick else []), str(number), *models],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_SECONDS,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))  # fmt: skip
        except subprocess.TimeoutExpired:
            return "killed", program.name, f"does not end within {_SECONDS} s", 0
        lines = [line for line in done.stdout.splitlines() if line.startswith(("killed\t", "survived\t"))]
        if done.returncode != 0 or not lines:
            return "killed", program.name, "crash", 0
        outcome, model, how, executions = lines[-1].split("\t")
        return outcome, model or program.name, how, int(executions)

    def row(self, mutant, programs, reasons, quick):
        key = (mutant.file, mutant.operator, mutant.text)
        exact = (mutant.file, mutant.operator, f"{mutant.text}: {mutant.what}")
        reason = reasons.get(exact) or reasons.get(key)
        began = time.monotonic()
        row = {"kind": "operator", "algorithm": pathlib.PurePath(mutant.file).stem, "model": "", "threads": 0, "search": "until one fails",
               "claim": f"{pathlib.PurePath(mutant.file).name}:{mutant.line} {mutant.operator}: {mutant.what}",
               "file": mutant.file, "line": mutant.line, "operator": mutant.operator, "text": mutant.text, "what": mutant.what,
               "number": mutant.number, "executions": 0, "outcomes": {}, "passed": False, "explained": "", "operations": 0}  # fmt: skip
        near, far = [], []
        for program in programs:
            mine = [model for model, (_, sources, reached) in program.models.items()
                    if mutant.number in reached and any(mutant.file.endswith(source) for source in sources)]  # fmt: skip
            others = [model for model, (_, _, reached) in program.models.items() if mutant.number in reached and model not in mine]
            near += [(program, mine)] if mine else []
            far += [(program, others)] if others else []
        if not near and not far:
            row["result"] = "no model comes by"
        # An explained one that the quick searches do not kill needs no more looking.
        rounds = [(near, True), (far, True)]
        if not quick and reason is None:
            rounds += [(near, False), (far, False)]
        for group, fast in rounds:
            for program, models in group:
                outcome, model, how, executions = self.attempt(program, mutant.number, models, fast)
                row["executions"] += executions
                if outcome == "killed":
                    row.update(passed=True, model=model, result=f"killed by {model}: {how}")
                    break
            if row["passed"]:
                break
        else:
            row["result"] = row.get("result") or "survives"
            if reason is not None:
                row.update(passed=True, explained=exact if exact in reasons else key, result=f"{row['result']}; as right as the original: {reason[0]}")
            else:
                row["result"] += ", and survivors.txt does not explain it"
        row["seconds"] = time.monotonic() - began
        return row


def headers_beside(models):
    """The headers on a policy that the user's models include from their own folder: (name, path)."""
    found, queue = {}, list(models)
    while queue:
        path = queue.pop()
        for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE):
            header = path.parent / name
            if header.exists() and name not in found:
                found[name] = header
                queue.append(header)
    # On a policy, or with the names of std from outside (sabre/sync/std_names.h).
    return sorted(
        (name, path) for name, path in found.items() if re.search(_ON_POLICY.pattern + r"|\bStdNames\b", path.read_text(encoding="utf-8"))
    )


def run(build, models, only, quick, report=print):
    """The rows of all mutants, and what is wrong beside them."""
    user = bool(models)
    models = [path.resolve() for path in models] or sorted(
        path for path in (_ROOT / "verify").glob("*_verify.cc") if path.name != "litmus_verify.cc")  # fmt: skip
    sources = headers_beside(models) if user else list(checked_sources())
    survivors = (models[0].parent if user else _ROOT / "verify") / "survivors.txt"
    reasons = explained(survivors)
    audit = Audit(build.resolve(), sources, models, user)
    audit.folder.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        programs = audit.build(pool)
        mutants = [mutant for mutant in audit.mutants.values() if only in mutant.file or only in mutant.operator]
        print(f"{len(mutants)} mutants in {len(programs)} programs", flush=True)
        rows = []
        for row in pool.map(lambda mutant: audit.row(mutant, programs, reasons, quick), mutants):
            rows.append(row)
            if "--progress" in sys.argv:
                print(f"{row['seconds']:6.1f} s [{row['number']}] {row['claim']}: {row['result'][:60]}", flush=True)
    used = {tuple(row["explained"]) for row in rows if row["explained"]}
    problems = []
    if not only:
        for key, (_, line) in reasons.items():
            if key not in used:
                problems.append(f"{survivors.name}:{line} explains no survivor: {': '.join(key)}")
    for name, lines in ((name, lines) for name, lines in audit.excluded.items() if lines):
        report(f"{name}: left out, because it does not compile: line {', '.join(map(str, sorted(lines)))}")
    return rows, problems


def option(arguments, name):
    if name not in arguments:
        return None
    at = arguments.index(name)
    if at + 1 == len(arguments):
        sys.exit(f"{name} needs a value")
    value = arguments[at + 1]
    del arguments[at : at + 2]
    return value


def main(arguments):
    if not arguments or arguments[0].startswith("--"):
        sys.exit(__doc__)
    build = pathlib.Path(arguments.pop(0))
    only = option(arguments, "--only") or ""
    json_file = pathlib.Path(option(arguments, "--json") or build / "mutants.json")
    docs = option(arguments, "--docs")
    quick = "--quick" in arguments
    models = [pathlib.Path(argument) for argument in arguments if not argument.startswith("--")]
    began = time.monotonic()
    rows, problems = run(build, models, only, quick)
    for row in rows:
        if not row["passed"] or "--all" in sys.argv:
            print(f"{row['file']}:{row['line']}: [{row['number']}] {row['operator']}: {row['what']}\n    {row['text']}\n    {row['result']}")
    for problem in problems:
        print(problem)
    json_file.write_text(json.dumps({"rows": rows}, indent=1) + "\n", encoding="utf-8")
    failed = sum(not row["passed"] for row in rows) + len(problems)
    explained_ones = sum(bool(row["explained"]) for row in rows)
    print(f"\n{len(rows)} mutants, {sum(row['passed'] for row in rows) - explained_ones} killed, {explained_ones} explained; "
          f"{sum(row['executions'] for row in rows):,} executions; {time.monotonic() - began:.0f} s; also in {json_file}")  # fmt: skip
    if docs and not failed and not only and not quick:
        pages.write_operators(docs, rows)
    print(f"{sum(row['passed'] for row in rows)} passed, {failed} failed", flush=True)
    return 0 if rows and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
