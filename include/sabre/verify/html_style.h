// sabre/verify/html_style.h: how the page of sabre/verify/html.h looks, on a screen, light and dark, and
// on paper.
#ifndef SABRE_VERIFY_HTML_STYLE_H_
#define SABRE_VERIFY_HTML_STYLE_H_

namespace sabre::verify::internal {

inline constexpr const char* kHtmlStyle = R"css(
:root {
  --paper: #ffffff; --ink: #1c2330; --soft: #5b6575; --line: #dfe3ea; --lane: #f6f7f9;
  --box: #ffffff; --now: #fff4cc; --now-line: #b07d00; --reads: #1f6fd6; --sync: #14804a;
  --bad: #b3261e; --bad-box: #fdecea; --stale: #8a4b00; --stale-box: #fff0db;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171d; --ink: #e6e9ef; --soft: #9aa4b4; --line: #2c323d; --lane: #1a1e26;
    --box: #20252f; --now: #3a3413; --now-line: #e0b341; --reads: #6aa9ff; --sync: #4fc98a;
    --bad: #ff8a80; --bad-box: #3b1f1f; --stale: #ffb45c; --stale-box: #3a2a14;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 100rem; padding: 1.25rem 1.5rem 2rem; background: var(--paper);
  color: var(--ink); font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
}
code, .box, .source, td.place { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
header p { margin: .15rem 0; }
h1 { margin: .1rem 0 .3rem; font-size: 1.5rem; line-height: 1.25; color: var(--bad); }
h1 small { font-size: 1rem; font-weight: 400; color: var(--soft); white-space: nowrap; }
#where, #length { color: var(--soft); }
#claim { font-size: 1.05rem; }
.again { display: flex; align-items: center; gap: .6rem; margin: .6rem 0; }
.again span { color: var(--soft); white-space: nowrap; }
.again code {
  flex: 0 1 auto; overflow-x: auto; white-space: nowrap; padding: .35rem .6rem; font-size: 13px;
  background: var(--lane); border: 1px solid var(--line); border-radius: .35rem;
}
button, select {
  font: inherit; color: inherit; background: var(--box); border: 1px solid var(--line);
  border-radius: .35rem; padding: .25rem .7rem; cursor: pointer;
}
[hidden] { display: none !important; }
#choice label { color: var(--soft); margin-right: .5rem; }
:focus-visible { outline: 3px solid var(--reads); outline-offset: 2px; }
main { display: flex; gap: 1.75rem; align-items: flex-start; margin-top: .75rem; }
#left { flex: 1 1 auto; min-width: 0; overflow-x: auto; padding: 4px; }
#stage { position: relative; min-width: 34rem; }
#arrows {
  position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; z-index: 1;
  overflow: visible;
}
table { border-collapse: separate; border-spacing: 0; }
#steps { width: 100%; }
#steps th { text-align: left; font-weight: 600; padding: .2rem .5rem; color: var(--soft); }
#steps td { padding: 3px 0; vertical-align: middle; border-bottom: 1px solid var(--line); }
#steps td.number { width: 2.6rem; padding-right: .6rem; text-align: right; color: var(--soft); }
#steps td.lane { background: var(--lane); border-left: 5px solid var(--paper); padding: 3px 26px; }
#steps td.place { padding-left: .9rem; font-size: 12px; color: var(--soft); white-space: nowrap; }
#steps tbody tr { cursor: pointer; scroll-margin: 5rem; }
.box {
  position: relative; z-index: 2; display: block; width: max-content; max-width: 22rem;
  padding: .22rem .55rem;
  font-size: 13px; background: var(--box); border: 1px solid var(--line); border-radius: .35rem;
  overflow-wrap: anywhere;
}
.box.load { border-left: 4px solid var(--reads); }
.box.store, .box.rmw { border-left: 4px solid var(--sync); }
.box.data, .box.life { border-left: 4px solid var(--soft); }
.box.stale { background: var(--stale-box); border-color: var(--stale); }
.box.race { background: var(--bad-box); border-color: var(--bad); }
#steps tr[aria-selected="true"] td { background: var(--now); }
tr[aria-selected="true"] .box { box-shadow: 0 0 0 2px var(--now-line); }
#steps tr[aria-selected="true"] td.number { color: var(--ink); font-weight: 700; }
.mark {
  display: inline-block; padding: 0 .4rem; border-radius: .7rem; border: 1px solid; font-size: 12px;
  font-family: system-ui, "DejaVu Sans", sans-serif; white-space: nowrap;
}
.mark.stale, .mark.weak { color: var(--stale); background: var(--stale-box); }
.mark.race { color: var(--bad); background: var(--bad-box); }
.box .mark { margin-left: .5rem; }
.box .mark.stale { display: table; margin: 3px 0 1px; }
.arrow { fill: none; stroke-width: 1.7; opacity: .55; }
.head { stroke: none; opacity: .55; }
.arrow.reads { stroke: var(--reads); }
.arrow.synchronizes { stroke: var(--sync); stroke-dasharray: 6 4; stroke-width: 2.4; }
.arrow.own { opacity: .3; }
.head.own { opacity: .35; }
.head.reads { fill: var(--reads); }
.head.synchronizes { fill: var(--sync); }
.arrow.now { opacity: 1; stroke-width: 3; }
.head.now, .legend .arrow, .legend .head { opacity: 1; }
#ends p { margin: .5rem 0; }
.legend { display: flex; flex-wrap: wrap; gap: .35rem 1.4rem; margin: .9rem 0 .3rem; }
.legend, .keys { color: var(--soft); font-size: 13px; }
.keys { margin: .2rem 0; }
kbd {
  border: 1px solid var(--line); border-bottom-width: 2px; border-radius: .25rem; padding: 0 .35rem;
  font: 12px ui-monospace, "DejaVu Sans Mono", monospace; background: var(--lane);
}
#panel {
  flex: 0 0 21rem; position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow: auto;
  border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; background: var(--lane);
}
#panel h2 { margin: 0 0 .4rem; font-size: 1.05rem; }
#panel h3 { margin: .9rem 0 .25rem; font-size: .82rem; color: var(--soft); font-weight: 600; }
#panel dl { display: grid; grid-template-columns: auto 1fr; gap: .15rem .8rem; margin: .5rem 0 0; }
#panel dt { color: var(--soft); }
#panel dd { margin: 0; overflow-wrap: anywhere; }
.source {
  margin: .3rem 0 0; padding: .4rem .6rem; font-size: 13px; white-space: pre-wrap;
  overflow-wrap: anywhere; background: var(--box); border: 1px solid var(--line);
  border-radius: .35rem;
}
#values { width: 100%; font-size: 13px; }
#values th { text-align: left; font-weight: 400; overflow-wrap: anywhere; }
#values td { text-align: right; font-family: ui-monospace, "DejaVu Sans Mono", monospace; }
#values tr.changed { background: var(--now); font-weight: 700; }
#values tr.changed th { font-weight: 700; }
@media (max-width: 60rem) {
  main { flex-direction: column; }
  #panel { position: static; flex: none; width: 100%; max-height: none; }
}
@media print {
  :root {
    --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --lane: #fff; --box: #fff; --now: #fff;
    --now-line: #bbb; --reads: #1f6fd6; --sync: #14804a; --bad: #b3261e; --bad-box: #fdecea;
    --stale: #8a4b00; --stale-box: #fff0db;
  }
  body { padding: 0; max-width: none; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  #panel, #choice, .keys, #copy { display: none; }
  tr { break-inside: avoid; }
  tr[aria-selected="true"] .box { box-shadow: none; }
  .arrow, .head { opacity: .8 !important; }
}
)css";

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_HTML_STYLE_H_
