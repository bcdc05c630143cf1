#!/usr/bin/env python3
"""What access to elements costs: the Unsafe forms are the bare instructions, the plain ones check once.

usage: atomics_cost_test.py ROOT -- COMPILER... [-- COMPILER...]

For every operation, element type and order there are two functions, one with the Unsafe form and one with
the built-in of the compiler on a raw pointer; compiled with -O2, their assembly must be equal. Of the plain
forms over a shared view of fixed length, the way on which all is well is followed through the assembly (on
x86-64): beside moves between registers and of the stack it must be the Unsafe form, one comparison and one
conditional jump.
"""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "sync"))
import std_sync_cost_test as cost  # noqa: E402

HEAD = """
#include <cstddef>
#include <cstdint>
#include "sabre/memory/atomics.h"
using sabre::TypedArray;
namespace atomics = sabre::atomics;
template <class T>
T* Raw(const TypedArray<T>& a) { return reinterpret_cast<T*>(a.UnsafeAddress(0)); }
"""

ORDERS = cost.ORDERS
INTEGERS = [f"std::{sign}int{bits}_t" for bits in (8, 16, 32, 64) for sign in ("", "u")]
READ_MODIFY_WRITE = ["Add", "Sub", "And", "Or", "Xor"]


def built_in(order):
    return f"__ATOMIC_{order.upper()}"


def operations():
    """(name, order or None, result, parameters, arguments, the built-in on a raw pointer)."""
    for order in cost.LOADS:
        yield "Load", order, True, "", "", f"return __atomic_load_n(Raw(a) + i, {built_in(order)});"
    for order in cost.STORES:
        body = f"__atomic_store_n(Raw(a) + i, v, {built_in(order)}); return v;"
        yield "Store", order, True, ", T v", ", v", body
    for order in ORDERS:
        for name in READ_MODIFY_WRITE:
            body = f"return __atomic_fetch_{name.lower()}(Raw(a) + i, v, {built_in(order)});"
            yield name, order, True, ", T v", ", v", body
        body = f"return __atomic_exchange_n(Raw(a) + i, v, {built_in(order)});"
        yield "Exchange", order, True, ", T v", ", v", body
        failure = {"acq_rel": "acquire", "release": "relaxed"}.get(order, order)
        body = (
            f"__atomic_compare_exchange_n(Raw(a) + i, &e, v, false, {built_in(order)}, {built_in(failure)});"
            " return e;"
        )
        yield "CompareExchange", order, True, ", T e, T v", ", e, v", body
    yield "Get", None, True, "", "", f"return __atomic_load_n(Raw(a) + i, {built_in('relaxed')});"
    yield "Set", None, False, ", T v", ", v", f"__atomic_store_n(Raw(a) + i, v, {built_in('relaxed')});"


def call(form, name, order, arguments):
    if order is None:
        return f"a.{form}{name}(i{arguments});"
    return f"atomics::{form}{name}<atomics::{ORDERS[order]}>(a, i{arguments});"


def pairs_of(peer):
    """Pairs of functions: the Unsafe form, and its peer: "built-in", or the "plain" form."""
    pairs = cost.Pairs()
    pairs.source = [HEAD]
    for cell in INTEGERS:
        for name, order, returns, parameters, arguments, body in operations():
            parameters = f"const TypedArray<{cell}>& a, std::size_t i{parameters.replace('T ', cell + ' ')}"
            start = "return " if returns else ""
            unsafe = start + call("Unsafe", name, order, arguments)
            if peer == "plain":
                body = start + call("", name, order, arguments)
            pairs.add(name, cell if returns else "void", parameters, unsafe, parameters, body)
    return pairs


# What a function does to hand its arguments on, and to align its stack.
BESIDE = re.compile(
    r"mov\w* %\w+, ?%\w+|(push|pop)q? %\w+|(add|sub|lea)q? \S+(, ?%rsp)|lea\w* \(%\w+\), ?%\w+|nop.*|endbr64"
)


def paths(body):
    """The straight ways through a function to its return; a call ends a way that counts for nothing."""
    labels = {line[:-1]: place for place, line in enumerate(body) if line.endswith(":")}
    todo, found = [(0, [], frozenset())], []
    while todo:
        place, way, seen = todo.pop()
        while place < len(body) and place not in seen:
            seen |= {place}
            line = body[place]
            place += 1
            jump = re.fullmatch(r"(j\w+) (\S+)", line)
            if line.endswith(":"):
                continue
            if jump and jump[1] == "jmp" and jump[2] in labels:
                place = labels[jump[2]]
            elif jump and jump[2] in labels:
                todo.append((labels[jump[2]], [*way, "jcc"], seen))
                way = [*way, "jcc"]
            elif re.match(r"retq?$", line):
                found.append(way)
                break
            elif line.startswith("call") or jump:
                break
            elif not BESIDE.fullmatch(line):
                way = [*way, re.match(r"(lock )?\S+", line)[0]]
    return found


def plain_complaints(bodies, pairs):
    """Claim → the pairs whose shortest way is not the Unsafe form, one comparison and one jump."""
    result = {}
    for claim, names in pairs.claims.items():
        result[claim] = []
        for name in names:
            unsafe, plain = paths(bodies[f"seam_{name}"]), paths(bodies[f"std_{name}"])
            shortest = min(plain, key=len, default=[])
            # In any order: the compilers mix what does not depend on each other.
            if len(unsafe) != 1 or sorted(shortest) != sorted([*unsafe[0], "cmpq", "jcc"]):
                result[claim].append(f"{name}: Unsafe {unsafe}, plain {shortest}")
    return result


def different():
    """A pair of each kind that must be noticed."""
    pairs = cost.Pairs()
    pairs.source = [HEAD]
    a = "const sabre::Int32Array& a, std::size_t i"
    unsafe = "return atomics::UnsafeLoad(a, i);"
    pairs.add("checked form", "int", a, "return atomics::Load(a, i);", a, "return __atomic_load_n(Raw(a) + i, 5);")
    twice = "a.CheckIndex(i); a.CheckIndex(i + 1); " + unsafe
    pairs.add("second check", "int", a, unsafe, a, twice)
    return pairs


def main(arguments):
    root, compilers = arguments[0], []
    for word in arguments[1:]:
        if word == "--":
            compilers.append([])
        elif os.path.basename(word) != "ccache":
            compilers[-1].append(word)
    results = []

    def report(claim, compiler, complaints):
        results.append(not complaints)
        print(f"{'FAILED' if complaints else 'ok    '}  {claim} ({os.path.basename(compiler[-1])})")
        for complaint in complaints[:5]:
            print(complaint)

    for compiler in compilers:
        pairs = pairs_of("built-in")
        for claim, complaints in cost.differences(compiler, pairs, root).items():
            report(f"Unsafe{claim} is the built-in [{len(pairs.claims[claim])} pairs]", compiler, complaints)
        wrong = different()
        noticed = cost.differences(compiler, wrong, root)
        report("a checked form would be noticed", compiler, [] if noticed["checked form"] else ["not noticed"])
        pairs = pairs_of("plain")
        text = cost.assembly(compiler, pairs.source, root)
        if "%rdi" not in text:
            continue  # another processor
        for claim, complaints in plain_complaints(cost.functions(text), pairs).items():
            report(f"{claim} compares once more [{len(pairs.claims[claim])} pairs]", compiler, complaints)
        bodies = cost.functions(cost.assembly(compiler, wrong.source, root))
        twice = plain_complaints(bodies, wrong)["second check"]
        report("a second check would be noticed", compiler, [] if twice else ["not noticed"])
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
