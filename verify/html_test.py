#!/usr/bin/env python3
"""Opens the page of a counterexample in headless Chromium and tests what it shows: html_test.py PROGRAM

PROGRAM has the model BakeryAcquireRelease. Exit code 77 (skipped) if there is no Chromium.
"""

import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MODEL = "BakeryAcquireRelease"

# Runs in the page, after its own script: presses keys, and writes down what is to be seen.
PROBE = r"""
(() => {
const all = selector => [...document.querySelectorAll(selector)];
const press = key => document.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
const look = () => ({
  selected: all('#steps tr[aria-selected="true"]').map(row => Number(row.dataset.step)),
  active: document.getElementById('steps').getAttribute('aria-activedescendant'),
  panel: document.getElementById('panel').innerText,
  source: all('#panel .source').map(element => element.textContent).join(),
  values: Object.fromEntries(all('#values tr').map(row =>
      [row.children[0].textContent, row.children[1].textContent])),
  emphasized: all('#arrows .arrow.now').map(arrow => arrow.dataset.from + '-' + arrow.dataset.to),
});
const boxOf = step => document.querySelector('#step-' + step + ' .box').getBoundingClientRect();
const near = (path, point, step) => {
  const stage = document.getElementById('stage').getBoundingClientRect();
  const rect = boxOf(step), x = point.x + stage.left, y = point.y + stage.top;
  return y > rect.top && y < rect.bottom && Math.min(Math.abs(x - rect.left), Math.abs(x - rect.right)) < 10;
};
const arrows = all('#arrows path.arrow').map(path => ({
  kind: path.dataset.kind, from: Number(path.dataset.from), to: Number(path.dataset.to),
  connects: near(path, path.getPointAtLength(0), path.dataset.from) &&
            near(path, path.getPointAtLength(path.getTotalLength()), path.dataset.to),
  style: getComputedStyle(path).stroke + ' ' + getComputedStyle(path).strokeDasharray,
}));
const out = {
  title: document.title,
  violated: document.getElementById('violated').textContent,
  claim: document.getElementById('claim').textContent,
  again: document.getElementById('again').textContent,
  columns: all('#steps thead th').map(cell => cell.textContent),
  rows: all('#steps tbody tr').map(row => ({
    thread: [...row.querySelectorAll('td.lane')].findIndex(cell => cell.children.length),
    boxes: row.querySelectorAll('.box').length,
    text: row.querySelector('.box').innerText,
    stale: row.querySelector('.box').classList.contains('stale'),
    race: row.querySelector('.box').classList.contains('race'),
    background: getComputedStyle(row.querySelector('.box')).backgroundColor,
  })),
  arrows,
  heads: all('#arrows path.head').length,
  roles: all('[role]').map(element => element.getAttribute('role')),
  atLoad: look(),
};
const keys = {};
for (const key of ['Home', 'j', 'ArrowDown', 'k', 'ArrowUp', 'k', 'End', 'j']) {
  press(key);
  (out.keys = out.keys || []).push([key, look()]);
}
out.each = [];
press('Home');
for (const row of out.rows) { out.each.push(look()); press('j'); }
document.querySelector('#step-2').click();
out.clicked = look();
document.getElementById('steps').focus();
out.focused = document.activeElement.id;
out.background = getComputedStyle(document.body).backgroundColor;
out.requests = performance.getEntriesByType('resource').map(entry => entry.name);
out.evil = document.body.dataset.evil || '';
const result = document.createElement('pre');
result.id = 'probe';
result.textContent = JSON.stringify(out);
document.body.append(result);
})();
"""


def find_chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    return None


def look_at(chromium, page, folder, *flags):
    """What the probe saw, and what the browser had to say."""
    probed = pathlib.Path(folder) / "probed.html"
    probed.write_text(page.replace("</body>", f"<script>{PROBE}</script>\n</body>"), encoding="utf-8")
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={profile}", "--enable-logging=stderr",
             "--window-size=1400,1000", "--dump-dom", *flags, probed.as_uri()],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
            timeout=120,
        )  # fmt: skip
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    if not found:
        sys.exit(f"the page did not come up: exit {done.returncode}\n{done.stderr}\n{done.stdout[-2000:]}")
    return json.loads(html.unescape(found.group(1))), complaints


def main(program):
    chromium = find_chromium()
    if chromium is None:
        print("SKIP: no Chromium (Debian: chromium)")
        return 77
    results = []

    def case(claim, good, shown=None):
        results.append(bool(good))
        print(f"{'ok     ' if good else 'FAILED '} {claim}")
        if not good and shown is not None:
            print(f"        {shown}")

    # Below the program's folder, where the program finds its sources too.
    with tempfile.TemporaryDirectory(dir=pathlib.Path(program).resolve().parent) as folder:
        # What becomes part of the page must not become part of its markup.
        odd = pathlib.Path(folder) / """a<img src=q onerror=document.body.dataset.evil=1>&"'"""
        shutil.copy(program, odd)
        page_file, table = pathlib.Path(folder) / "page.html", pathlib.Path(folder) / "table.json"
        subprocess.run([str(odd), "--model", MODEL, "--no-audit", "--history", "--html", str(page_file),
                        "--json", str(table)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # fmt: skip
        page = page_file.read_text(encoding="utf-8")
        story = json.loads(table.read_text(encoding="utf-8"))["rows"][0]["counterexample"]
        seen, complaints = look_at(chromium, page, folder)
        dark, _ = look_at(chromium, page, folder, "--blink-settings=preferredColorScheme=0")

    steps = story["steps"]
    case("the browser has nothing to complain about", not complaints, complaints)
    case("it says what was violated, and the claim",
         "DATA RACE" in seen["violated"] and story["claim"] in seen["claim"], seen["violated"])  # fmt: skip
    case("it gives the command that runs it again", seen["again"] == story["again"] and " --replay " in seen["again"])
    case("text from outside stays text", seen["evil"] == "" and "<img src=q" in seen["again"], seen["evil"])
    case("threads are columns", seen["columns"] == ["step", "T0", "T1", "place"], seen["columns"])
    case("events are rows, in their order",
         [re.sub(r"\s*(stale; newest: .*|race)$", "", row["text"]) for row in seen["rows"]] == [s["text"] for s in steps])  # fmt: skip
    case("each in the column of its thread, and in no other",
         [(row["thread"], row["boxes"]) for row in seen["rows"]] == [(step["thread"], 1) for step in steps])  # fmt: skip

    reads = [(s["readsFrom"], s["step"]) for s in steps if s.get("readsFrom")]
    edges = [(edge["from"], edge["to"]) for edge in story["edges"]]
    drawn = {kind: sorted((a["from"], a["to"]) for a in seen["arrows"] if a["kind"] == kind)
             for kind in ("reads", "synchronizes")}  # fmt: skip
    case("an arrow for each load from the store that it reads", reads and drawn["reads"] == sorted(reads), drawn)
    case("an arrow for each pair that synchronizes", edges and drawn["synchronizes"] == sorted(edges), drawn)
    case("it begins at the one and ends at the other", all(arrow["connects"] for arrow in seen["arrows"]), seen["arrows"])
    case("and has a head", seen["heads"] == len(seen["arrows"]))
    case("the two kinds look different", len({(a["kind"], a["style"]) for a in seen["arrows"]}) == 2
         and len({a["style"] for a in seen["arrows"]}) == 2, seen["arrows"])  # fmt: skip

    stale = {step["step"]: step["stale"]["newest"] for step in steps if "stale" in step}
    shown = {i + 1: row for i, row in enumerate(seen["rows"]) if row["stale"]}
    case("stale loads are marked, with the newest value", stale and stale.keys() == shown.keys()
         and all(f"newest: {value}" in shown[step]["text"] for step, value in stale.items()), shown)  # fmt: skip
    ordinary = {row["background"] for row in seen["rows"] if not row["stale"] and not row["race"]}
    case("and stand out", all(row["background"] not in ordinary for row in shown.values()), ordinary)
    case("both halves of the race are marked",
         [i + 1 for i, row in enumerate(seen["rows"]) if row["race"]] == story["race"] and len(story["race"]) == 2)  # fmt: skip

    last = len(steps)
    case("it opens at the last step", seen["atLoad"]["selected"] == [last], seen["atLoad"])
    expected = [1, 2, 3, 2, 1, 1, last, last]
    case("keys move the step, and stop at the ends", [view["selected"] for _, view in seen["keys"]] == [[n] for n in expected],
         [(key, view["selected"]) for key, view in seen["keys"]])  # fmt: skip
    case("the table says so to a screen reader",
         [view["active"] for _, view in seen["keys"]] == [f"step-{n}" for n in expected] and "grid" in seen["roles"])  # fmt: skip
    case("the panel tells the step: thread, place, source line, order", all(
        f"Step {s['step']} of {last}, thread {s['thread']}" in view["panel"] and s["text"] in view["panel"]
        and f"{pathlib.Path(s['file']).name}:{s['line']}" in view["panel"] and view["source"] == s["source"] != ""
        and ("order" not in s or s["order"] in view["panel"]) for s, view in zip(steps, seen["each"])), seen["each"])  # fmt: skip
    values = {atomic["object"]: atomic["value"] for atomic in story["atomics"]}
    good = True
    for step, view in zip(steps, seen["each"]):
        if "value" in step:
            values[step["object"]] = step["value"]
        names = {atomic["name"]: values[atomic["object"]] for atomic in story["atomics"]}
        good = good and {name: text.split("→")[-1].strip() for name, text in view["values"].items()} == names
    case("and what all atomics hold then", good and values)
    case("the arrows of the step are emphasized", all(
        sorted(view["emphasized"]) == sorted(f"{a}-{b}" for a, b in reads + edges if s["step"] in (a, b))
        for s, view in zip(steps, seen["each"])))  # fmt: skip
    case("a click moves the step", seen["clicked"]["selected"] == [2])
    case("the table takes the focus", seen["focused"] == "steps")
    case("no request leaves the page", seen["requests"] == [] and "default-src 'none'" in page
         and not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page), seen["requests"])  # fmt: skip
    case("it is dark where people want it dark", dark["background"] != seen["background"], seen["background"])
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
