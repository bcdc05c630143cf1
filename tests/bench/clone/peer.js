// The part of `./dev bench clone` that is Node: times what standard input names, a line each, and answers
// with the nanoseconds of one operation.
//
//   node peer.js DOCUMENT.json
'use strict';

const fs = require('fs');
const readline = require('readline');
const v8 = require('v8');

const kDoubles = 200_000;
const kEntries = 50_000;
const kFloatBytes = 8 << 20;

const document = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const doubles = Array.from({ length: kDoubles }, (_, i) => i * 1.1 + 0.5);
const map = new Map(Array.from({ length: kEntries }, (_, i) => [`key number ${i}`, `value ${i}`]));
const floats = Float64Array.from({ length: kFloatBytes / 8 }, (_, i) => i * 1.1);
const small = { id: 7, name: 'a small struct' };
const bytes = v8.serialize(document);

let kept;  // so that no work is seen to be needless

function time(count, operation) {
  const began = process.hrtime.bigint();
  for (let i = 0; i < count; ++i) kept = operation();
  return Number(process.hrtime.bigint() - began) / count;
}

// So often that the collector has to work within the round: what it costs is a part of the answer.
const measures = {
  'document clone': () => time(40, () => structuredClone(document)),
  'document serialize': () => time(60, () => v8.serialize(document)),
  'document deserialize': () => time(60, () => v8.deserialize(bytes)),
  'small serialize and deserialize': () => time(20_000, () => v8.deserialize(v8.serialize(small))),
  'doubles clone': () => time(40, () => structuredClone(doubles)),
  'map clone': () => time(16, () => structuredClone(map)),
  'floats clone': () => time(40, () => structuredClone(floats)),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(`${measures[line]()}\n`);
});
