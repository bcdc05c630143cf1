// The part of `./dev bench messaging` that is Node: times what standard input names, a line each, and answers as
// messaging_measures does: nanoseconds of one operation, their 99th percentile, CPU time of one operation.
//
//   node peer.js
'use strict';

const readline = require('readline');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

const kMessages = 50_000;
const kBatch = 1_000; // messages between two looks at the clock
const kTrips = 5_000;
const kStarts = 20;
const small = { id: 7, name: 'a small struct' };

const now = () => Number(process.hrtime.bigint());
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
const percentile = (values) => values.sort((a, b) => a - b)[Math.round(0.99 * (values.length - 1))];

// `operation` does all of `count` and returns times of one, from which the percentile is taken.
async function time(count, operation) {
  const cpu = process.cpuUsage();
  const began = now();
  const times = await operation();
  const nanos = (now() - began) / count;
  const burnt = process.cpuUsage(cpu);
  return [nanos, percentile(times), ((burnt.user + burnt.system) * 1000) / count];
}

// What the workers do.
const entries = {
  receive() {
    let received = 0;
    let batches = [];
    let began = now();
    parentPort.on('message', (message) => {
      if (message.id !== small.id || message.name !== small.name) process.exit(1);
      if (++received % kBatch === 0) {
        const ended = now();
        batches.push((ended - began) / kBatch);
        began = ended;
      }
      if (received % kMessages === 0) {
        parentPort.postMessage(batches);
        batches = [];
      }
    });
  },
  echo() {
    parentPort.on('message', (message) => parentPort.postMessage(message));
  },
  greet() {
    parentPort.postMessage(small.id);
  },
};

const start = (entry) => new Worker(__filename, { workerData: entry });

const workers = {}; // those that live as long as the run
const lasting = (entry) => (workers[entry] ??= start(entry));

const measures = {
  'one-way': () => time(kMessages, async () => {
    const receiver = lasting('receive');
    for (let i = 0; i < kMessages; ++i) receiver.postMessage(small);
    return await once(receiver, 'message');
  }),
  'round trip': () => time(kTrips, () => new Promise((resolve) => {
    const echo = lasting('echo');
    const trips = [];
    let asked = now();
    const answered = () => {
      const ended = now();
      trips.push(ended - asked);
      asked = ended;
      if (trips.length === kTrips) {
        echo.off('message', answered);
        resolve(trips);
      } else {
        echo.postMessage(trips.length);
      }
    };
    echo.on('message', answered);
    echo.postMessage(0);
  })),
  'worker start': () => time(kStarts, async () => {
    const starts = [];
    for (let i = 0; i < kStarts; ++i) {
      const began = now();
      const worker = start('greet');
      const exit = once(worker, 'exit');
      await once(worker, 'message');
      await exit;
      starts.push(now() - began);
    }
    return starts;
  }),
};

if (!isMainThread) {
  entries[workerData]();
} else {
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    process.stdout.write(`${(await measures[line]()).join(' ')} 0 0\n`);
  });
  lines.on('close', () => process.exit(0));
}
