// A Node process that has a C++ program for a child and talks with it as with a Node child.
//
// usage: node parent.js CHILD MESSAGES
'use strict';

const {spawn} = require('child_process');
const {once} = require('events');
const {canonical} = require('./canonical.js');
const {deepEqual, deserialize, serialize} = require('./dialects.js');
const {randomValue} = require('./random_value.js');

const kVersion = Number(process.versions.node.split('.')[0]) < 18 ? '13' : '15';

function fail(what) {
  console.log(`FAILED  ${what}\n0 passed, 1 failed`);
  process.exit(1);
}

// The messages: random values, and some that need many reads and writes.
function* messages(count) {
  for (let seed = 1; seed <= count; seed++) yield {seed, value: randomValue(seed)};
  yield 'a string', yield 1.5, yield true, yield {};
  yield {bytes: Buffer.alloc(3 << 20, 7)};
  yield {numbers: Array.from({length: 200000}, (_, i) => i * 0.5)};
}

async function main(program, count) {
  const child = spawn(program, [kVersion], {stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced'});
  child.on('exit', (status) => { if (status !== 0) fail(`the child has ended: ${status}`); });
  const answers = [];
  const all = [...messages(count)];
  const done = new Promise((resolve) => child.on('message', (answer) => {
    answers.push(answer);
    if (answers.length === all.length) resolve();
  }));
  for (const message of all) child.send(message);
  await done;
  all.forEach((message, i) => {
    const own = deserialize('ipc', serialize('ipc', message));
    const echo = answers[i].echo;
    if (answers[i].count !== i + 1) fail(`message ${i}: answer ${answers[i].count}`);
    if (canonical(echo, true) !== canonical(own, true)) fail(`message ${i}: ${canonical(echo, true)}`);
    const twin = deserialize('ipc', serialize('ipc', message));
    if (deepEqual(own, twin) && !deepEqual(own, echo)) fail(`message ${i} is not deeply equal`);
  });
  child.disconnect();  // the end of the channel ends the child
  await once(child, 'exit');
  console.log(`ok      Node and a C++ child exchange ${all.length} messages\n1 passed, 0 failed`);
}

main(process.argv[2], Number(process.argv[3]));
