"""The tables of run_all.py and mutate.py, as text and as the pages docs/verification.md and
docs/verification_deep.md. Each section of a page is replaced by the run that it tells of; the rest stays."""

import collections
import datetime
import pathlib

# The operators that are listed mutant by mutant; the others are summed up.
LISTED = ["drop a notify", "wake before store", "skip the re-check under the lock", "forget to unlink", "swap two stores",
          "drop a lock", "drop an unlock", "notify one for all", "notify all for one"]  # fmt: skip


def _outcomes(row):
    return ", ".join(f"{name} {count:,}" for name, count in row["outcomes"].items())


def _result(row):
    return ("" if row["passed"] else "FAILED: ") + row["result"]


def _size(row):
    return f"{row['threads']} × {row['operations']}" if row["threads"] else ""


_ALGORITHM = ("algorithm", lambda row: row["algorithm"], "<")
_CLAIM = ("claim", lambda row: row["claim"], "<")
_SIZE = ("threads × operations", _size, ">")
_SEARCH = ("search", lambda row: row["search"], "<")
_EXECUTIONS = ("executions", lambda row: f"{row['executions']:,}", ">")
_SECONDS = ("seconds", lambda row: f"{row['seconds']:.2f}", ">")
MODELS = [_ALGORITHM, _CLAIM, _SIZE, _SEARCH, _EXECUTIONS, ("outcomes reached", _outcomes, "<"), _SECONDS]
# As it is printed: failures are seen at once.
_PRINTED = [*MODELS[:-2], _SECONDS, ("result; outcomes reached", lambda row: "; ".join(filter(None, [_result(row), _outcomes(row)])), "<")]
CANARIES = [("mistake", lambda row: row["claim"].removeprefix("wrong: "), "<"), ("in", lambda row: row["algorithm"], "<"), _SIZE, _EXECUTIONS,
            ("found", _result, "<")]  # fmt: skip
ORDERS = [("place, order → weakened, edge", lambda row: row["claim"], "<"), _EXECUTIONS, ("result", _result, "<")]
OPERATORS = [("mistake", lambda row: row["claim"], "<"), ("line", lambda row: f"`{row['text']}`", "<"), _EXECUTIONS, ("result", _result, "<")]


def text(columns, rows):
    cells = [[name for name, _, _ in columns]] + [[get(row) for _, get, _ in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns) - 1)] + [0]
    return "\n".join("  ".join(f"{cell:{columns[i][2]}{widths[i]}}" for i, cell in enumerate(line)).rstrip() for line in cells)


def tables(rows):
    """What is printed: one table a kind."""
    for kind, columns in (("model", _PRINTED), ("canary", CANARIES), ("mutant", ORDERS)):
        mine = [row for row in rows if row["kind"] == kind]
        if mine:
            yield text(columns, mine) + "\n"


def markdown(columns, rows):
    def cell(value):
        return value.replace("|", "\\|")

    lines = ["| " + " | ".join(name for name, _, _ in columns) + " |", "|" + "|".join("---:" if c[2] == ">" else "---" for c in columns) + "|"]
    lines += ["| " + " | ".join(cell(get(row)) for _, get, _ in columns) + " |" for row in rows]
    return "\n".join(lines)


def _today():
    return datetime.date.today().isoformat()


def _replace(page, name, content):
    """Puts `content` between the marks of section `name` of the page, which has them."""
    marks = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    old = page.read_text(encoding="utf-8")
    if any(old.count(mark) != 1 for mark in marks):
        raise SystemExit(f"{page} has no section {name}")
    before, rest = old.split(marks[0])
    _, after = rest.split(marks[1])
    page.write_text(f"{before}{marks[0]}\n{content.rstrip()}\n{marks[1]}{after}", encoding="utf-8")


def _sum(rows):
    return f"{len(rows):,} rows, {sum(row['executions'] for row in rows):,} executions"


def write_models(docs, rows, covered, deep):
    page = docs / ("verification_deep.md" if deep else "verification.md")
    models = [row for row in rows if row["kind"] == "model"]
    canaries = [row for row in rows if row["kind"] == "canary"]
    orders = [row for row in rows if row["kind"] == "mutant"]
    _replace(page, "models", f"Run on {_today()}: {_sum(models)}.\n\n{markdown(MODELS, models)}")
    if deep:
        return
    files = "\n".join(f"| `{name}` | {', '.join(dict.fromkeys(suites))} |" for name, suites in sorted(covered.items()))
    _replace(page, "algorithms", f"| source | checked as |\n|---|---|\n{files}")
    _replace(page, "canaries", f"Run on {_today()}: {_sum(canaries)}.\n\n{markdown(CANARIES, canaries)}")
    _replace(page, "orders", f"Run on {_today()}: {_sum(orders)}.\n\n{markdown(ORDERS, orders)}")


def write_operators(docs, rows):
    explained = [row for row in rows if row["explained"]]
    counts = collections.defaultdict(lambda: [0, 0])
    for row in rows:
        counts[row["operator"]][1 if row["explained"] else 0] += 1
    summary = "\n".join(f"| {name} | {killed + kept} | {killed} | {kept} |" for name, (killed, kept) in sorted(counts.items()))
    listed = sorted((row for row in rows if row["operator"] in LISTED and not row["explained"]),
                    key=lambda row: (LISTED.index(row["operator"]), row["file"], row["line"]))  # fmt: skip
    _replace(pathlib.Path(docs) / "verification.md", "operators",
             f"Run on {_today()}: {len(rows):,} mutants, {len(rows) - len(explained):,} killed, {len(explained):,} as right as the "
             f"original; {sum(row['executions'] for row in rows):,} executions.\n\n"
             f"| operator | mutants | killed | as right as the original |\n|---|---:|---:|---:|\n{summary}\n\n"
             f"### One by one\n\n{markdown(OPERATORS, listed)}\n\n"
             f"### As right as the original\n\n{markdown(OPERATORS, explained)}")  # fmt: skip
