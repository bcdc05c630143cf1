// Values of every kind, as a seed decides, in the forms that only an engine has: strings that are slices,
// arrays of doubles, arrays with holes that were filled, objects that are dictionaries, frozen ones,
// Buffers in Node's pool.
'use strict';

const kNumbers = [
  0, -0, 1, -1, 63, 64, -64, -65, 2 ** 30, -(2 ** 30) - 1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1,
  2 ** 32 - 1, 2 ** 53, 0.5, -1.5, 1e300, 5e-324, Infinity, -Infinity, NaN,
];
const kKeys = [
  '', '__proto__', 'constructor', 'toString', '-1', '01', '-0', '1.5', 'NaN', '4294967294', '4294967295',
  '2147483647', '2147483648', '0', '10', '9007199254740993', 'café', '€', '\ud800', 'a\nb', '\u0000', 'x', 'y', 'z',
];
const kSources = ['', 'a+', '^\\d{2,3}$', '[a-z]/', '\n', '(?<x>.)b', 'é', '€|a'];
const kErrors = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
const kViews = [
  Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array,
  Float64Array, BigInt64Array, BigUint64Array, DataView,
];
if (typeof Float16Array === 'function') kViews.push(Float16Array);
const kResizable = 'resizable' in ArrayBuffer.prototype;
const kMajor = Number(process.versions.node.split('.')[0]);
// What refers to an Error from within its own cause, Node reads from 22 on. Node 16 forgets to count an
// Error that it reads, and takes each later reference for one to another object.
const kErrorCycles = kMajor >= 22;
const kErrorsCount = kMajor >= 18;
const kDeepest = 10;

class Maker {
  constructor(seed) {
    this.state = seed >>> 0;
    this.depth = 0;
    this.known = [];
    this.buffers = [];
  }

  // mulberry32
  bits() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }
  below(bound) { return this.bits() % bound; }
  oneIn(count) { return this.below(count) === 0; }
  pick(from) { return from[this.below(from.length)]; }

  root() { return this.oneIn(4) ? this.any() : this.container(this.below(4)); }

  any() {
    if (this.known.length > 0 && this.oneIn(8)) return this.pick(this.known);
    const choice = this.below(22);
    if (choice < 10 || this.known.length >= 40) return this.primitive(choice % 10);
    if (choice < 18 && this.depth < kDeepest) return this.container(choice % 4);
    return this.leaf(this.below(8));
  }

  primitive(choice) {
    switch (choice) {
      case 0: return this.oneIn(2) ? undefined : null;
      case 1: return this.oneIn(2);
      case 2:
      case 3: return this.below(200) - 100;
      case 4:
      case 5: return this.number();
      case 6: return this.bigint();
      default: return this.text();
    }
  }

  number() {
    if (this.oneIn(2)) return this.pick(kNumbers);
    return new Float64Array(new Uint32Array([this.bits(), this.bits()]).buffer)[0];
  }

  bigint() {
    let value = 0n;
    for (let i = this.below(6); i > 0; i--) value = (value << 32n) | BigInt(this.bits());
    return this.oneIn(2) ? -value : value;
  }

  text() {
    const length = this.oneIn(8) ? this.pick([63, 64, 127, 128, 300]) : this.below(20);
    const width = this.below(5);
    let text = '';
    for (let i = 0; i < length; i++) {
      text += String.fromCharCode(
          width === 0 ? 32 + this.below(95) : width === 1 ? this.below(256) :
          width === 2 ? this.below(65536) : width === 3 ? this.pick([0xd800, 0xdc00, 0xfeff, 0, 0xffff]) :
          97 + this.below(26));
    }
    // Two bytes a unit although one would do.
    return this.oneIn(6) ? ('€' + text + 'abcdefghijklmn').slice(1) : text;
  }

  key() {
    if (this.oneIn(3)) return this.pick(kKeys);
    if (this.oneIn(4)) return String(this.below(40));
    let key = '';
    for (let i = this.below(12); i >= 0; i--) key += String.fromCharCode(97 + this.below(26));
    return key;
  }

  define(object, key, value) {
    // Not by assignment, which would set the prototype for one of the keys.
    Object.defineProperty(object, key, {value, writable: true, enumerable: true, configurable: true});
  }

  keep(value) {
    this.known.push(value);
    return value;
  }

  container(choice) {
    this.depth++;
    const count = this.oneIn(6) ? this.below(30) : this.below(6);
    const value = [this.object, this.array, this.map, this.set][choice].call(this, count);
    this.depth--;
    return value;
  }

  object(count) {
    const object = this.keep({});
    for (; count > 0; count--) this.define(object, this.key(), this.any());
    const form = this.below(8);
    if (form === 0) {  // a dictionary
      object.gone = 1;
      delete object.gone;
    } else if (form === 1) {
      object[Symbol('not written')] = 1;
    } else if (form === 2) {
      Object.freeze(object);
    } else if (form === 3) {
      object.double = 1.5;
      object.double = 2;
    }
    return object;
  }

  array(count) {
    const form = this.below(9);
    const array = this.keep(form === 0 ? new Array(count) : []);
    for (let i = 0; i < count; i++) array[i] = form <= 1 ? this.number() : this.any();
    if (form === 2) {
      delete array[this.below(count + 1)];
      array[count + this.below(20)] = this.any();
    } else if (form === 3) {
      array[this.oneIn(3) ? 4294967294 : this.bits() >>> 1] = this.any();
    } else if (form === 4) {
      array.length = this.below(1000);
    } else if (form === 5) {
      for (let i = this.below(3); i > 0; i--) this.define(array, 'p' + this.key(), this.any());
      array[-1] = 1;
    } else if (form === 6) {
      Object.freeze(array);
    }
    return array;
  }

  map(count) {
    const map = this.keep(new Map());
    for (; count > 0; count--) map.set(this.any(), this.any());
    return map;
  }

  set(count) {
    const set = this.keep(new Set());
    for (; count > 0; count--) set.add(this.any());
    return set;
  }

  leaf(choice) {
    switch (choice) {
      case 0: return this.keep(new Date(this.oneIn(2) ? this.bits() * 1000 : this.number()));
      case 1: return this.keep(Object(this.pick([this.number(), this.oneIn(2), this.bigint(), this.text()])));
      case 2: return this.keep(this.regexp());
      case 3: return kErrorsCount ? this.error() : this.keep(new Date(0));
      case 4: return this.keep(Buffer.from(this.text()));
      default: break;
    }
    if (choice === 5 || this.buffers.length === 0) {
      this.buffers.push(this.buffer());
      if (this.oneIn(2)) return this.keep(this.buffers[this.buffers.length - 1]);
    }
    return this.keep(this.view());
  }

  regexp() {
    let flags = '';
    for (const flag of 'dgimsuy') flags += this.oneIn(4) ? flag : '';
    return new RegExp(this.pick(kSources), flags);
  }

  error() {
    const type = this.pick(kErrors);
    const message = this.oneIn(4) ? undefined : this.text();
    const error = type === AggregateError ? new type([], message) : new type(message);
    if (kErrorCycles) this.keep(error);
    if (this.oneIn(4)) delete error.stack;
    else if (this.oneIn(2)) error.stack = this.text();
    if (this.oneIn(3) && this.depth < kDeepest) {
      const outside = this.known;
      if (!kErrorCycles) this.known = [];
      this.depth++;
      Object.defineProperty(error, 'cause', {value: this.any(), writable: true, configurable: true});
      this.depth--;
      if (!kErrorCycles) this.known = [...outside, ...this.known];
    }
    if (!kErrorCycles) this.keep(error);
    return error;
  }

  buffer() {
    const size = this.oneIn(8) ? 200 + this.below(800) : this.below(33);
    const buffer = kResizable && this.oneIn(3) ?
        new ArrayBuffer(size, {maxByteLength: size + this.below(40)}) : new ArrayBuffer(size);
    const all = new Uint8Array(buffer);
    for (let i = 0; i < size; i++) all[i] = this.bits();
    return buffer;
  }

  view() {
    const buffer = this.pick(this.buffers);
    const type = this.pick(kViews);
    const element = type === DataView ? 1 : type.BYTES_PER_ELEMENT;
    const elements = Math.floor(buffer.byteLength / element);
    const first = this.below(elements + 1);
    // One that tracks the length; Node 20 wants whole elements to begin with.
    if (buffer.resizable && buffer.byteLength % element === 0 && this.oneIn(2)) {
      return new type(buffer, first * element);
    }
    return new type(buffer, first * element, this.below(elements - first + 1));
  }
}

// The same seed gives the same value in one version of Node.
function randomValue(seed) {
  return new Maker(seed).root();
}

module.exports = {randomValue};
