// run_heavy.js: run_heavy.cc for Node.
//
//   node run_heavy.js [LIMIT [TICKS]]
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');

function isPrime(number) {
  for (let divisor = 2; divisor * divisor <= number; ++divisor) {
    if (number % divisor === 0) return false;
  }
  return number >= 2;
}

// What the worker does.
function countPrimes(limit) {
  let count = 0;
  for (let number = 0; number < limit; ++number) {
    if (isPrime(number)) ++count;
  }
  parentPort.postMessage(count);
}

if (isMainThread) {
  const limit = Number(process.argv[2] ?? 5_000_000);
  const mostTicks = Number(process.argv[3] ?? 0);

  const worker = new Worker(__filename, { workerData: limit, name: 'primes' });

  let ticks = 0;
  const ticker = setInterval(() => {
    console.log(`tick ${++ticks}`);
    if (ticks === mostTicks) worker.terminate();
  }, 20);

  worker.on('message', (count) => console.log(`${count} primes below ${limit}`));
  worker.on('error', (error) => console.error(`run_heavy: ${error.message}`));
  worker.on('exit', (code) => {
    console.log(`exit ${code}`);
    clearInterval(ticker);
  });
} else {
  countPrimes(workerData);
}
