// Node, at the other end of a pipe. A line in, a line out; fields are separated by tabs, messages are
// hexadecimal digits, values are canonical descriptions.
//
//   version                    ok, major version
//   read DIALECT HEX           ok, value, the value written again  |  error, what Node says
//   describe DIALECT HEX       ok, value
//   eval DIALECT EXPRESSION    ok, value as Node itself reads it back, message  |  error, …
//   make DIALECT SEED          the same of a random value
//   compare DIALECT HEX        equal  |  alike  |  differs, …
//
// `compare` is with the value of the last eval or make: equal is deeply equal, alike is described alike
// where Node finds its own copy not deeply equal, or would take too long to say.
//
// Dialects: `v8` is v8.serialize, `raw` v8.Serializer, `ipc` what a child process with
// serialization: 'advanced' is sent.
'use strict';

const readline = require('readline');
const {canonical} = require('./canonical.js');
const {deepEqual, deserialize, serialize} = require('./dialects.js');
const {randomValue} = require('./random_value.js');

// What the expressions of the corpus use.
function E(error) {
  error.stack = 'S';
  return error;
}

const describe = (dialect, value) => canonical(value, dialect !== 'raw');
const kLongest = 4000;  // characters of a description
let last;  // the value, and what Node has written of it

function written(dialect, value) {
  const bytes = serialize(dialect, value);
  last = {value, bytes};
  return ['ok', describe(dialect, deserialize(dialect, bytes)), bytes.toString('hex')];
}

const commands = {
  version: () => ['ok', process.versions.node.split('.')[0]],
  read(dialect, hex) {
    const value = deserialize(dialect, Buffer.from(hex, 'hex'));
    return ['ok', describe(dialect, value), serialize(dialect, value).toString('hex')];
  },
  describe: (dialect, hex) => ['ok', describe(dialect, deserialize(dialect, Buffer.from(hex, 'hex')))],
  eval: (dialect, expression) => written(dialect, new Function('E', `return (${expression})`)(E)),
  make: (dialect, seed) => written(dialect, randomValue(Number(seed))),
  compare(dialect, hex) {
    const own = deserialize(dialect, last.bytes);
    const other = deserialize(dialect, Buffer.from(hex, 'hex'));
    const described = describe(dialect, own);
    if (described !== describe(dialect, other)) return ['differs', describe(dialect, other)];
    // Node's comparison of Sets and Maps of objects takes seconds for some larger values.
    if (described.length > kLongest) return ['alike'];
    // Whatever Node's own copy is deeply equal to, the other one must be. It is not always equal to the
    // value (an array that was a subclass), nor in old versions to itself (an invalid Date).
    const deep = [last.value, deserialize(dialect, last.bytes)].filter((v) => deepEqual(v, own));
    if (!deep.every((v) => deepEqual(v, other))) return ['differs', 'not deeply equal'];
    return [deep.length > 0 ? 'equal' : 'alike'];
  },
};

readline.createInterface({input: process.stdin, crlfDelay: Infinity}).on('line', (line) => {
  const [command, ...fields] = line.split('\t');
  let reply;
  try {
    reply = commands[command](...fields);
  } catch (error) {
    reply = ['error', `${error && error.name}: ${error && error.message}`.replace(/[\t\n]/g, ' ')];
  }
  process.stdout.write(reply.join('\t') + '\n');
});
