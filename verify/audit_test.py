#!/usr/bin/env python3
"""Tests what makes the audits and `./dev verify` fail: audit_test.py ROOT"""

import contextlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mutate  # noqa: E402
import run_all  # noqa: E402
import schemata  # noqa: E402

# Small on purpose, and not quite right on purpose.
BOX = """template <class S>
class Box {
 public:
  void Put(int value) {
    value_.Set(value);
    // [B1] Release: pairs with TryTake.
    full_.store(true, S::kRelease);
  }
  bool TryTake(int& value) {
    // [B1] Acquire: pairs with Put.
    if (!full_.load(S::kAcquire)) return false;
    value = value_.Get();
    // [B2] Release, for nobody.
    taken_.store(true, S::kRelease);
    // [kept: the test says so]
    seen_.store(true, S::kRelease);
    return true;
  }
  void Never() {
    // Release: no model comes by.
    full_.store(false, S::kRelease);
  }

 private:
  typename S::template Var<int> value_{0};
  typename S::template Atomic<bool> full_{false};
  typename S::template Atomic<bool> taken_{false};
  typename S::template Atomic<bool> seen_{false};
};
"""
MODELS = """#include "box.h"

#include "sabre/verify/model.h"

namespace {
using namespace sabre::verify;
using S = RelacySync;
struct WhatIsTakenWasPut : Model<WhatIsTakenWasPut, 2> {
  Box<S> box;
  void Thread(int id) {
    int value = 0;
    if (id == 0) {
      box.Put(7);
    } else if (box.TryTake(value)) {
      SABRE_VERIFY(value == 7);
      Reached("taken");
    } else {
      Reached("empty");
    }
  }
};
const Suite suite("Box", {"box.h", "elsewhere.h"},
                  {Claim<WhatIsTakenWasPut>("what is taken was put", {.searches = {Full()}, .reaches = {"taken", "empty"}})});
}  // namespace
"""
# A claim that fails without any weakened order: it kills none.
FAILING = """
namespace {
struct FailsAsItIs : Model<FailsAsItIs, 1> {
  Box<S> box;
  void Thread(int) {
    box.Put(7);
    int value = 0;
    SABRE_VERIFY(box.TryTake(value));
    SABRE_VERIFY(false);
  }
};
const Suite failing("Lid", {"box.h"}, {Claim<FailsAsItIs>("fails as it is")});
}  // namespace
"""
SAMPLE = """namespace n {
template <class S>
class Sample {
 public:
  constexpr int Constant() { return 1; }
  bool Try(int limit) {
    std::lock_guard<typename S::Mutex> lock(mutex_);
    if (count_ < limit && !closed_) {
      list_.Erase(*this);
      word_.fetch_add(1, S::kRelaxed);
    }
    bell_.NotifyOne();
    while (count_ != 0) Step();
    return Ready();
  }
};
}  // namespace n
"""
EXPECTED = {
    (7, "drop a lock", "std::lock_guard<typename S::Mutex> lock(mutex_);"),
    (8, "off by one", "count_ < limit: < → <="),
    (8, "skip a part of a check", "count_ < limit"),
    (8, "skip a part of a check", "!closed_"),
    (8, "skip the re-check under the lock", "count_ < limit && !closed_ → true"),
    (8, "skip the re-check under the lock", "count_ < limit && !closed_ → false"),
    (8, "negate a condition", "count_ < limit && !closed_"),
    (9, "forget to unlink", "list_.Erase(*this);"),
    (9, "swap two steps", "list_.Erase(*this); ↔ word_.fetch_add(1, S::kRelaxed);"),
    (10, "drop a store", "word_.fetch_add(1, S::kRelaxed);"),
    (10, "inverse operation", "1"),
    (10, "off by one", "1 → 0"),
    (8, "wake before store", "if (count_ < limit && !closed_) { list_.Erase(*this); wor... ↔ bell_.NotifyOne();"),
    (12, "drop a notify", "bell_.NotifyOne();"),
    (12, "notify all for one", "bell_.NotifyOne();"),
    (13, "do not repeat", "count_ != 0"),
    (13, "do not repeat", "count_ != 0: not once"),
    (13, "negate a comparison", "count_ != 0: != → =="),
    (13, "off by one", "0 → 1"),
    (13, "drop a call", "Step();"),
    (14, "flip a result", "Ready()"),
}


class Cases:
    def __init__(self):
        self.results = []

    def expect(self, claim, condition, output=""):
        self.results.append(bool(condition))
        print(f"{'ok     ' if condition else 'FAILED '} {claim}")
        if not condition:
            print(output)


def quietly(function, *arguments):
    """What a main returned, and what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = function(*arguments)
    return code, out.getvalue()


def operators(cases):
    text, mutants = schemata.schemata("sample.h", SAMPLE)
    found = {(mutant.line, mutant.operator, mutant.what) for mutant in mutants}
    cases.expect("each operator makes the mutants that it should, and no others", found == EXPECTED,
                 f"missing: {EXPECTED - found}\nnot expected: {found - EXPECTED}")  # fmt: skip
    cases.expect("every mutant stands on the line of its original", text.count("\n") == SAMPLE.count("\n") and all(
        f"({mutant.number}" in text.split("\n")[mutant.line - 1] for mutant in mutants if "↔" not in mutant.what), text)  # fmt: skip
    _, fewer = schemata.schemata("sample.h", SAMPLE, 1, {8})
    cases.expect("a line that does not compile is left out", fewer and all(mutant.line != 8 for mutant in fewer))


def orders(cases, root, folder):
    models = folder / "orders" / "box_verify.cc"
    models.parent.mkdir()
    models.write_text(MODELS.replace("box.h", "../box.h", 1) + FAILING, encoding="utf-8")
    done = subprocess.run([str(root / "verify/check_file.sh"), str(models), "--audit"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # fmt: skip
    output = done.stdout

    def row(pattern):
        return re.search(pattern, output) is not None

    cases.expect("the order audit of that box fails", done.returncode == 1 and output.endswith("3 passed, 5 failed\n"), output)
    cases.expect("an order that is needed is killed", row(r"box\.h:7 store release → relaxed \[B1\].*killed by WhatIsTakenWasPut: data race"), output)
    cases.expect("a claim that fails as it is fails the audit and kills nothing",
                 row(r"fails as it is .*FAILED: assertion") and not row("killed by FailsAsItIs"), output)  # fmt: skip
    cases.expect("a survivor without a reason fails", row(r"box\.h:14 .*FAILED: survives, and the source gives no \[kept: reason\]"), output)
    cases.expect("a survivor with its reason passes", row(r"box\.h:16 .*survives; kept: the test says so"), output)
    cases.expect("an order that no model comes by fails", row(r"box\.h:21 store .*FAILED: no model comes by it"), output)
    cases.expect("a tag without its partner fails", row(r"box\.h:13 the tag \[B2\].*FAILED: stands nowhere else"), output)
    cases.expect("a source of which nothing is reached or found fails", row(r"elsewhere\.h is read.*FAILED: no model comes by anything in it"), output)


def mistakes(cases, folder):
    models = folder / "box_verify.cc"
    code, output = quietly(mutate.main, [str(folder / "build"), str(models)])
    found = json.loads((folder / "build/mutants.json").read_text(encoding="utf-8"))["rows"]
    results = {(row["line"], row["operator"], row["what"]): row["result"] for row in found}
    swapped = "value_.Set(value); ↔ full_.store(true, S::kRelease);"
    cases.expect("two stores that are swapped are noticed", results.get((5, "swap two stores", swapped)) == "killed by WhatIsTakenWasPut: data race", results)
    cases.expect("a store that is dropped is noticed by the outcome it leads to",
                 results.get((7, "drop a store", "full_.store(true, S::kRelease);")) == "killed by WhatIsTakenWasPut: missed outcome", results)  # fmt: skip
    unexplained = {(row["line"], row["operator"]) for row in found if not row["passed"]}
    cases.expect("a survivor that is not explained fails",
                 code == 1 and (14, "drop a store") in unexplained and "survivors.txt does not explain it" in output, output)  # fmt: skip
    lines = sorted({f"{row['file']}: {row['operator']}: {row['text']}: {row['what']}" for row in found if not row["passed"]})
    (folder / "survivors.txt").write_text("".join(f"{line}\n  nobody looks at it\n" for line in lines), encoding="utf-8")
    code, output = quietly(mutate.main, [str(folder / "build"), str(models)])
    cases.expect("an explained survivor passes", code == 0 and output.endswith(", 0 failed\n"), output)
    with (folder / "survivors.txt").open("a", encoding="utf-8") as file:
        file.write("box.h: drop a store: value_.Set(value);\n  it is killed\n")
    code, output = quietly(mutate.main, [str(folder / "build"), str(models)])
    cases.expect("an explanation of what does not survive fails", code == 1 and "explains no survivor: box.h: drop a store: value_.Set(value);" in output, output)
    models.write_text(MODELS + FAILING, encoding="utf-8")
    try:
        refused = quietly(mutate.main, [str(folder / "build"), str(models)])
    except SystemExit as refusal:
        refused = refusal.code
    cases.expect("a claim that fails as it is stops the audit: it would kill every mutant",
                 refused == "box_verify: FailsAsItIs fails without any mistake (assertion): mend that first", refused)  # fmt: skip


def whole_run(cases, folder):
    def program(name, rows, suites):
        path = folder / "verify" / f"{name}_verify"
        path.parent.mkdir(exist_ok=True)
        code = 0 if all(row["passed"] for row in rows) else 1
        path.write_text(f"#!/usr/bin/env python3\nimport sys\nopen(sys.argv[2], 'w').write({json.dumps({'rows': rows, 'suites': suites})!r})\n"
                        f"sys.exit({code})\n", encoding="utf-8")  # fmt: skip
        os.chmod(path, 0o755)

    def row(kind, algorithm, claim, result, passed):
        return {**run_all.failed_row(algorithm, claim, result), "kind": kind, "passed": passed}

    good = row("model", "Box", "holds", "holds", True)
    suites = [{"algorithm": "Box", "sources": ["sync/box.h"]}]
    program("box", [good], suites)
    code, output = quietly(run_all.main, [str(folder)], ["include/sabre/sync/box.h"])
    cases.expect("all algorithms have a model: passes", code == 0 and output.endswith("1 passed, 0 failed\n"), output)
    code, output = quietly(run_all.main, [str(folder)], ["include/sabre/sync/box.h", "lib/kernel/lid.h"])
    cases.expect("an algorithm without a model fails", code == 1 and "lib/kernel/lid.h has a model" in output and output.endswith("1 passed, 1 failed\n"), output)
    code, output = quietly(run_all.main, [str(folder), "--model", "Box"], ["lib/kernel/lid.h"])
    cases.expect("a selection of models is not asked for all algorithms", code == 0, output)
    program("box", [good, row("canary", "Box", "wrong: no lid", "passes, predicted: data race", False)], suites)
    code, output = quietly(run_all.main, [str(folder)], ["include/sabre/sync/box.h"])
    cases.expect("a canary that passes fails", code == 1 and "FAILED: passes, predicted: data race" in output, output)
    unreached = row("mutant", "Box", "box.h:9 load [B1]", run_all._UNREACHED, False)
    program("box", [good, unreached], suites)
    code, output = quietly(run_all.main, [str(folder)], ["include/sabre/sync/box.h"])
    cases.expect("an order that no program reaches fails", code == 1, output)
    program("lid", [row("mutant", "Lid", "box.h:9 load acquire → relaxed [B1]", "killed by Lid: data race", True)], [])
    code, output = quietly(run_all.main, [str(folder)], ["include/sabre/sync/box.h"])
    cases.expect("an order that another program reaches passes", code == 0 and output.endswith("2 passed, 0 failed\n"), output)


def main(root):
    cases = Cases()
    operators(cases)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "box.h").write_text(BOX, encoding="utf-8")
        (folder / "box_verify.cc").write_text(MODELS, encoding="utf-8")
        whole_run(cases, folder)
        orders(cases, root, folder)
        mistakes(cases, folder)
    print(f"{cases.results.count(True)} passed, {cases.results.count(False)} failed")
    return 0 if all(cases.results) else 1


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
