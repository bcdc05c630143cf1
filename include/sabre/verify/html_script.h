// sabre/verify/html_script.h: draws the execution on the page of sabre/verify/html.h, and steps through
// it. All text gets there as text, never as markup.
#ifndef SABRE_VERIFY_HTML_SCRIPT_H_
#define SABRE_VERIFY_HTML_SCRIPT_H_

namespace sabre::verify::internal {

inline constexpr const char* kHtmlScript = R"js(
'use strict';
(() => {
const stories = JSON.parse(document.getElementById('data').textContent);
const get = id => document.getElementById(id);
const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
const counted = (number, noun) => number + ' ' + noun + (number === 1 ? '' : 's');
let story = null;     // what is shown
let arrows = [];      // {from, to, kind}
let current = 0;      // the step, from 1
let storyNumber = 0;

// ------------------------------------------------------------------------------------ the steps
function box(step) {
  const raced = (story.race || []).includes(step.step);
  const element = make('div', 'box ' + step.op + (step.stale ? ' stale' : '') +
                       (raced ? ' race' : ''), step.text);
  if (step.stale) {
    element.append(make('span', 'mark stale', 'stale; newest: ' + step.stale.newest));
  }
  if (raced) element.append(make('span', 'mark race', 'race'));
  return element;
}

function drawSteps() {
  const table = get('steps');
  table.replaceChildren();
  const head = make('tr');
  const titles = ['step'];
  for (let t = 0; t < story.threads; ++t) titles.push('T' + t);
  titles.push('place');
  for (const title of titles) {
    const cell = make('th', '', title);
    cell.scope = 'col';
    head.append(cell);
  }
  const thead = make('thead');
  thead.append(head);
  const body = make('tbody');
  for (const step of story.steps) {
    const row = make('tr');
    row.id = 'step-' + step.step;
    row.dataset.step = step.step;
    row.setAttribute('aria-selected', 'false');
    row.append(make('td', 'number', step.step));
    for (let t = 0; t < story.threads; ++t) {
      const cell = make('td', 'lane');
      if (t === step.thread) cell.append(box(step));
      row.append(cell);
    }
    row.append(make('td', 'place', step.place));
    row.addEventListener('click', () => select(step.step));
    body.append(row);
  }
  table.append(thead, body);
}

// ------------------------------------------------------------------------------------ the arrows
function findArrows() {
  arrows = [];
  for (const step of story.steps) {
    if (step.readsFrom) arrows.push({from: step.readsFrom, to: step.step, kind: 'reads'});
  }
  for (const edge of story.edges) arrows.push({...edge, kind: 'synchronizes'});
}

function drawArrows() {
  const svg = get('arrows');
  svg.replaceChildren();
  const origin = get('stage').getBoundingClientRect();
  const place = step => {
    const r = document.querySelector('#step-' + step + ' .box').getBoundingClientRect();
    return {left: r.left - origin.left, right: r.right - origin.left,
            y: (r.top + r.bottom) / 2 - origin.top};
  };
  for (const arrow of arrows) {
    const from = place(arrow.from), to = place(arrow.to);
    const [a, b] = [story.steps[arrow.from - 1].thread, story.steps[arrow.to - 1].thread];
    const shift = arrow.kind === 'synchronizes' ? 5 : -5;
    const outwards = a === b ? -1 : a < b ? 1 : -1;   // the side on which it leaves
    const inwards = a === b ? -1 : -outwards;         // the side on which it arrives
    const x1 = outwards > 0 ? from.right : from.left, y1 = from.y + shift;
    const x2 = (inwards > 0 ? to.right : to.left) + inwards * 8, y2 = to.y + shift;
    const bend = a === b ? 14 : Math.max(24, Math.abs(x2 - x1) / 2.2);
    const path = (className, d) => {
      const element = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      element.setAttribute('class', className + ' ' + arrow.kind + (a === b ? ' own' : ''));
      element.setAttribute('d', d);
      element.dataset.kind = arrow.kind;
      element.dataset.from = arrow.from;
      element.dataset.to = arrow.to;
      svg.append(element);
    };
    path('arrow', `M${x1} ${y1} C${x1 + outwards * bend} ${y1} ` +
         `${x2 + inwards * bend} ${y2} ${x2} ${y2}`);
    path('head', `M${x2} ${y2 - 4.5} L${x2 - inwards * 8} ${y2} L${x2} ${y2 + 4.5} Z`);
  }
  emphasize();
}

function emphasize() {
  for (const path of document.querySelectorAll('#arrows path')) {
    const touches = Number(path.dataset.from) === current || Number(path.dataset.to) === current;
    path.classList.toggle('now', touches);
  }
}

// ------------------------------------------------------------------------------------ the panel
function valuesAfter(number) {
  const values = new Map(story.atomics.map(atomic => [atomic.object, atomic.value]));
  for (const step of story.steps) {
    if (step.step <= number && 'value' in step) values.set(step.object, step.value);
  }
  return values;
}

function drawPanel() {
  const step = story.steps[current - 1];
  const panel = get('panel');
  panel.replaceChildren(make('h2', '', `Step ${step.step} of ${story.steps.length}, thread ` +
                             step.thread));
  panel.append(make('div', 'box ' + step.op, step.text));
  const list = make('dl');
  const entry = (name, text) => list.append(make('dt', '', name), make('dd', '', text));
  const stepName = number => number === 0 ? 'before the threads' : 'step ' + number;
  if (step.order) {
    entry('order', step.asked ? `${step.order}; the source asks for ${step.asked}` : step.order);
  }
  if ('readsFrom' in step) entry('reads from', stepName(step.readsFrom));
  if (step.stale) {
    entry('stale', `the newest store is ${stepName(step.stale.step)}: ${step.stale.newest}`);
  }
  const names = (mine, other) => story.edges.filter(e => e[mine] === step.step)
      .map(e => stepName(e[other])).join(', ');
  if (names('to', 'from')) entry('after', names('to', 'from') + ' (synchronizes with this one)');
  if (names('from', 'to')) entry('before', names('from', 'to') + ' (synchronized with)');
  if ((story.race || []).includes(step.step)) {
    entry('race', 'with step ' + story.race.find(other => other !== step.step));
  }
  if (list.children.length) panel.append(list);
  if (step.file) {
    panel.append(make('h3', '', `${step.file.replace(/^([.][.][/])+/, '')}:${step.line}`));
    if (step.source) panel.append(make('pre', 'source', step.source));
  }
  const before = valuesAfter(current - 1), values = valuesAfter(current);
  if (story.atomics.length) {
    panel.append(make('h3', '', 'Newest values of the atomics after this step'));
    const table = make('table');
    table.id = 'values';
    for (const {object, name} of story.atomics) {
      const row = make('tr', 'value' in step && step.object === object ? 'changed' : '');
      const head = make('th', '', name);
      head.scope = 'row';
      const [was, is] = [before.get(object), values.get(object)];
      row.append(head, make('td', '', was === is ? is : was + ' → ' + is));
      table.append(row);
    }
    panel.append(table);
  }
}

// ------------------------------------------------------------------------------------ stepping
function select(number) {
  if (!story.steps.length) return;
  current = Math.min(Math.max(number, 1), story.steps.length);
  for (const row of document.querySelectorAll('#steps tbody tr')) {
    row.setAttribute('aria-selected', String(Number(row.dataset.step) === current));
  }
  get('steps').setAttribute('aria-activedescendant', 'step-' + current);
  document.querySelector('#step-' + current + ' .box').scrollIntoView(
      {block: 'nearest', inline: 'nearest'});
  drawPanel();
  emphasize();
  try { history.replaceState(null, '', `#${storyNumber + 1}.${current}`); } catch (error) {}
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.tagName === 'SELECT') return;
  const to = {j: current + 1, ArrowDown: current + 1, k: current - 1, ArrowUp: current - 1,
              Home: 1, End: story.steps.length}[event.key];
  if (to === undefined) return;
  event.preventDefault();
  select(to);
});

function show(number, step) {
  storyNumber = number;
  story = stories[number];
  document.title = `${story.violated}: ${story.model}`;
  get('where').textContent = `${story.algorithm}, model ${story.model}`;
  get('violated').textContent = story.violated + ' ';
  if (story.place) get('violated').append(make('small', '', 'at ' + story.place));
  get('claim').textContent = story.claim ? 'Claim: ' + story.claim : '';
  get('length').textContent = story.length;
  get('again').textContent = story.again;
  get('race-legend').hidden = !story.race;
  get('ends').replaceChildren(...(story.ends || []).map((text, t) =>
      make('p', '', `In the end T${t} ${text}.`)));
  get('stories').value = number;
  findArrows();
  drawSteps();
  select(step || story.steps.length);
  drawArrows();
}

get('copy').addEventListener('click', () => {
  getSelection().selectAllChildren(get('again'));
  document.execCommand('copy');
  get('copy').textContent = 'Copied';
});
get('choice').hidden = stories.length === 1;
stories.forEach((one, i) => {
  const option = make('option', '', `${one.model}: ${one.kind}`);
  option.value = i;
  get('stories').append(option);
});
get('stories').addEventListener('change', event => show(Number(event.target.value), 0));
const [first, step] = location.hash.slice(1).split('.').map(Number);
show(first >= 1 && first <= stories.length ? first - 1 : 0, step);
new ResizeObserver(drawArrows).observe(get('stage'));
addEventListener('beforeprint', drawArrows);
addEventListener('afterprint', drawArrows);
})();
)js";

}  // namespace sabre::verify::internal

#endif  // SABRE_VERIFY_HTML_SCRIPT_H_
