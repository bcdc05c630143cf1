"""What is asked of code that is model-checked: see include/sabre/sync/policy.h."""

import re

import tree as t
from rule import rule

_ON_POLICY = re.compile(r"template\s*<[^{;]*\b(Atomic|Blocking)Policy\b")
_OPERATION = r"(?:\.|->)\s*(?:load|store|exchange|compare_exchange_weak|compare_exchange_strong|fetch_\w+)\s*\("
_RING = "template <AtomicPolicy S>\nclass Ring {\n"


def _is_checked(path, text):
    """Whether the file is an algorithm on the policy: a template over it in a room that is checked."""
    rooms = ("include/sabre/sync/", "include/sabre/lockfree/", "lib/kernel/")
    if path == "include/sabre/sync/policy.h":
        return False  # the contract, not an algorithm
    return path.startswith(rooms) and path.endswith(".h") and _ON_POLICY.search(t.code_of(text)) is not None


def _checked(tree):
    return [(path, text) for path, text in tree.items() if _is_checked(path, text)]


def _arguments(code, opening):
    """The texts of the arguments of the call whose parenthesis is at `opening`."""
    depth, start, arguments = 0, opening + 1, []
    for i in range(opening, len(code)):
        if code[i] in "([{":
            depth += 1
        elif code[i] in ")]}":
            depth -= 1
            if depth == 0:
                return arguments + [code[start:i].strip()]
        elif code[i] == "," and depth == 1:
            arguments.append(code[start:i].strip())
            start = i + 1
    return arguments


@rule(
    "no compare-exchange fails with a stronger order than it loads with when it succeeds",
    bad=[
        {"lib/kernel/a.h": _RING + "a.compare_exchange_weak(e, f(1, 2),\n S::kRelease, S::kAcquire);\n"},
        {"lib/kernel/a.h": _RING + "a.compare_exchange_strong(e, d, S::kRelaxed, S::kAcquire);\n"},
        {"lib/kernel/a.h": _RING + "a.compare_exchange_strong(e, d, S::kAcqRel, S::kSeqCst);\n"},
        {"lib/kernel/a.h": _RING + "a.compare_exchange_strong(e, d, S::kSeqCst);\n"},
    ],
    good=[
        {"lib/kernel/a.h": _RING + "a.compare_exchange_weak(e, d, S::kAcqRel, S::kAcquire);\n"},
        {"lib/kernel/a.h": _RING + "a.compare_exchange_weak(e, d, S::kRelease, S::kRelaxed);\n"},
        {"lib/kernel/a.h": _RING + "a.compare_exchange_weak(e, d, S::kSeqCst, S::kSeqCst);\n"},
    ],
)
def compare_exchange_orders(tree):
    strength = {"kRelaxed": 0, "kRelease": 0, "kAcquire": 1, "kAcqRel": 1, "kSeqCst": 2}
    for path, text in _checked(tree):
        code = t.code_of(text)
        for match in re.finditer(r"\bcompare_exchange_(?:weak|strong)\s*\(", code):
            place = f"{path}:{t.line_of(code, match.start())}"
            orders = [a.rpartition("::")[2] for a in _arguments(code, match.end() - 1)[2:]]
            if len(orders) != 2 or not set(orders) <= set(strength):
                yield f"{place}: both orders of a compare-exchange are written out"
            elif strength[orders[1]] > strength[orders[0]]:
                yield f"{place}: ({orders[0]}, {orders[1]}) cannot be checked"


@rule(
    "a line of checked code holds one atomic operation",
    bad=[{"include/sabre/lockfree/a.h": _RING + "return a.load(S::kSeqCst) - b->load(S::kSeqCst);\n"}],
    good=[{"include/sabre/lockfree/a.h": _RING + "x = a.load(S::kSeqCst);\ny = b.load(S::kSeqCst);\n"}],
)
def one_operation_a_line(tree):
    for path, text in _checked(tree):
        for number, line in enumerate(t.code_of(text).split("\n"), start=1):
            if len(re.findall(_OPERATION, line)) > 1:
                yield f"{path}:{number}: two atomic operations: {line.strip()}"


@rule(
    "an atomic operation of checked code names its order",
    bad=[
        {"include/sabre/lockfree/a.h": _RING + "x = a.load();\n"},
        {"include/sabre/lockfree/a.h": _RING + "a_.fetch_add(1);\n"},
    ],
    good=[{"include/sabre/lockfree/a.h": _RING + "x = a.exchange(\n  1, S::kSeqCst);\n"}],
)
def orders_written_out(tree):
    for path, text in _checked(tree):
        code = t.code_of(text)
        for match in re.finditer(_OPERATION, code):
            if not re.search(r"::k[A-Z]\w+$", _arguments(code, match.end() - 1)[-1]):
                yield f"{path}:{t.line_of(code, match.start())}: no order"


@rule(
    "an order weaker than seq_cst has its reason within six lines",
    bad=[
        {"lib/kernel/a.h": _RING + "x = a.load(S::kRelaxed);\n"},
        {"lib/kernel/a.h": _RING + "// Reads it.\nx = a.load(S::kRelaxed);\n"},
        {"lib/kernel/a.h": _RING + "// Relaxed: a hint.\n" + "f();\n" * 6 + "x = a.load(S::kRelaxed);\n"},
    ],
    good=[
        {"lib/kernel/a.h": _RING + "// Relaxed: a hint.\nx = a.load(\n   S::kRelaxed);\n"},
        {"lib/kernel/a.h": _RING + "x = a.load(S::kAcquire);  // pairs with [R1] in TryPush\n"},
        {"lib/kernel/a.h": _RING + "x = a.load(S::kSeqCst);\n"},
    ],
)
def orders_have_reasons(tree):
    for path, text in _checked(tree):
        comments = t.comments_of(text)
        for order, number in t.find(r"::k(Relaxed|Acquire|Release|AcqRel)\b", t.code_of(text)):
            nearby = "\n".join(comments[max(0, number - 7) : number])
            if not re.search(r"\[[A-Z]\d+\]|\b(relaxed|acquires?|releases?|acqrel)\b", nearby, re.IGNORECASE):
                yield f"{path}:{number}: S{order} without a reason"


@rule(
    "an edge is tagged at both ends",
    bad=[{"include/sabre/lockfree/a.h": "// [R1] Release: the slot is written.\nx.store(1, S::kRelease);\n"}],
    good=[{"include/sabre/lockfree/a.h": "// [R1] Release.\n// [R1] Acquire. buckets_[0] [kept: why]\n"}],
)
def tags_are_paired(tree):
    for path, text in tree.items():
        if not path.startswith(("include/", "lib/")) or not t.is_cpp(path):
            continue
        tags = [tag for line in t.comments_of(text) for tag in re.findall(r"\[[A-Z]\d+\]", line)]
        for tag in sorted(set(tags)):
            if tags.count(tag) < 2:
                yield f"{path}: the tag {tag} appears once"


_MODEL = "verify/a_verify.cc"


@rule(
    "every concurrent algorithm has a model",
    bad=[
        {"include/sabre/lockfree/a.h": _RING},
        {"lib/kernel/a.h": _RING, _MODEL: '#include "lib/kernel/b.h"\n', "lib/kernel/b.h": '#include "lib/kernel/a.h"\n'},
        {"include/sabre/sync/a.h": _RING, "verify/helper.cc": '#include "sabre/sync/a.h"\n'},
    ],
    good=[
        {"include/sabre/lockfree/a.h": _RING, _MODEL: '#include "sabre/lockfree/a.h"\n'},
        {
            "include/sabre/sync/a.h": _RING + '#include "sabre/sync/b.h"\n',
            "include/sabre/sync/b.h": _RING,
            _MODEL: '#include "sabre/sync/a.h"\n',
        },
        {"include/sabre/lockfree/cache_line.h": "inline constexpr int kCacheLine = 64;\n"},
    ],
)
def algorithms_have_models(tree):
    included = {
        include
        for path, text in tree.items()
        if path.startswith("verify/") and path.endswith("_verify.cc")
        for include, _ in t.includes(text)
    }
    # The parts of one sync algorithm lie in several files, and the model of the whole is theirs.
    queue = [include for include in included if include.startswith("sabre/sync/")]
    while queue:
        for include, _ in t.includes(tree.get("include/" + queue.pop(), "")):
            if include.startswith("sabre/sync/") and include not in included:
                included.add(include)
                queue.append(include)
    for path, _ in _checked(tree):
        if path.removeprefix("include/") not in included:
            yield f"{path}: no verify/*_verify.cc includes it"
