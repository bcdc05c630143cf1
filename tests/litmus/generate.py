#!/usr/bin/env python3
"""Makes C++ of litmus.tsv: each thread of each test becomes a few straight lines.

usage: generate.py litmus.tsv OUTPUT.cc

An interpreter would put more between two accesses than the processor may reorder.
"""

import pathlib
import re
import sys

# An outcome that RC11 forbids and ISO C++ does not: RC11 orders every load before the later stores of its
# thread, so that no value comes out of thin air. Two plain accesses to different cells have no order in
# C++, and AArch64 does reorder them. With an atomic access in each thread (LB_rsrs, LB_srsr) neither
# the compilers nor the machines do, for a release store stays after a load, and an acquire load before a store.
TOO_STRICT = {"LB_rrrr"}

ACCESS = re.compile(
    r"(?P<cell>[a-z])"
    r"(?:=(?P<store>\d+)|\+(?P<add>\d+)| xchg (?P<xchg>\d+))?"
    r":(?P<order>sc|rx)$"
)


def parse_thread(text):
    """The accesses of a thread, each (cell, operation, value, order)."""
    accesses = []
    for part in text.split(";"):
        match = ACCESS.match(part.strip())
        assert match, f"not an access: {part!r}"
        operation = next((name for name in ("store", "add", "xchg") if match[name] is not None), "load")
        assert operation in ("load", "store") or match["order"] == "sc", f"a relaxed update: {part!r}"
        value = match[operation] if operation != "load" else None
        accesses.append((match["cell"], operation, value, match["order"]))
    return accesses


def statement(access, register):
    cell, operation, value, order = access
    if operation == "store":
        return f"A::{'Store' if order == 'sc' else 'Set'}(cells, {cell}, {value});"
    if operation == "load":
        return f"const std::int32_t {register} = A::{'Load' if order == 'sc' else 'Get'}(cells, {cell});"
    name = {"add": "Add", "xchg": "Exchange"}[operation]
    return f"const std::int32_t {register} = A::{name}(cells, {cell}, {value}, pause);"


def body(direction, cells, statements, registers):
    used = [cell for cell in cells if any(re.search(rf"\(cells, {cell}[,)]", line) for line in statements)]
    lines = [f"    const std::size_t {cell} = places[{cells.index(cell)}];" for cell in used]
    for i, line in enumerate(statements):
        if i > 0:
            lines.append("    A::Pauses::Between(pause);")
        lines.append("    " + line)
    lines += [f"    reg[{r}] = r{r};" for r in range(registers)]
    return "\n".join(
        [
            "  template <class A>",
            f"  static void {direction}(const Int32Array& cells, [[maybe_unused]] const Places& places,",
            "      [[maybe_unused]] Registers& reg, [[maybe_unused]] Pause& pause) {",
            *lines,
            "  }",
        ]
    )


def condition(outcome, cells):
    """`(0:r0=1 /\\ x=2)` in C++."""
    assert outcome.startswith("(") and outcome.endswith(")"), outcome
    terms = []
    for term in outcome[1:-1].split("/\\"):
        match = re.match(r"(?:(\d):r(\d)|([a-z]))=(\d+)$", term.strip())
        assert match, f"not a term: {term!r}"
        thread, register, cell, value = match.groups()
        place = f"cell[{cells.index(cell)}]" if cell else f"reg[{thread}][{register}]"
        terms.append(f"s.{place} == {value}")
    return " && ".join(terms)


def verdict(name, cpp, ecmascript):
    assert {cpp, ecmascript} <= {"allowed", "forbidden"}, name
    if ecmascript == "forbidden":
        assert cpp == "forbidden", f"{name}: plain access would have to be stronger than relaxed"
        return "kForbidden"
    if cpp == "forbidden":
        return "kTooStrict" if name in TOO_STRICT else "kForbiddenByCpp"
    return "kAllowed"


def quoted(text):
    return '"' + text.replace("\\", "\\\\") + '"'


def main(table, output):
    structs, entries = [], []
    header, *rows = pathlib.Path(table).read_text(encoding="utf-8").splitlines()
    assert header.split("\t")[0] == "test" and header.split("\t")[3:] == ["c++_rc11", "ecmascript"], header
    for row in rows:
        name, program, outcome, cpp, ecmascript = row.split("\t")
        threads = [parse_thread(text) for text in program.split("||")]
        cells = list(dict.fromkeys(access[0] for thread in threads for access in thread))
        codes = []
        for number, accesses in enumerate(threads):
            statements, registers = [], 0
            for access in accesses:
                statements.append(statement(access, f"r{registers}"))
                registers += access[1] != "store"
            struct = "T_" + re.sub(r"\W", "_", name) + f"_{number}"
            structs.append(
                f"struct {struct} {{\n"
                + body("Forward", cells, statements, registers)
                + "\n"
                + body("Backward", cells, statements[::-1], registers)
                + "\n};"
            )
            codes.append(f"AllVariants<{struct}>({registers})")
        entries.append(
            f"    {{{quoted(name)}, {quoted(program)}, {quoted(outcome)}, {quoted(cpp)}, {quoted(ecmascript)},\n"
            f"     Verdict::{verdict(name, cpp, ecmascript)}, {len(threads)}, {len(cells)},\n"
            f"     {{{{{', '.join(codes)}}}}},\n"
            f"     [](const State& s) {{ return {condition(outcome, cells)}; }}}},"
        )
    pathlib.Path(output).write_text(
        "// Made by generate.py; not to be edited.\n"
        '#include "tests/litmus/accesses.h"\n'
        '#include "tests/litmus/litmus.h"\n\n'
        "namespace sabre::litmus {\nnamespace {\n\n"
        + "\n".join(structs)
        + "\n\nconstexpr Test kTests[] = {\n"
        + "\n".join(entries)
        + "\n};\n\n}  // namespace\n\nstd::span<const Test> Tests() { return kTests; }\n\n"
        "}  // namespace sabre::litmus\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
