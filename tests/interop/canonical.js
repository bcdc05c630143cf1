// The canonical description of a value, as sabre-inspect writes it, computed by Node itself.
'use strict';

const kErrors = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

function hex(number, digits) {
  return number.toString(16).padStart(digits, '0');
}

function bits(number) {
  if (Number.isNaN(number)) return '7ff8000000000000';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, number);
  return hex(view.getBigUint64(0), 16);
}

// A string, as a value of JSON.
function text(string) {
  if (string.length <= 200 && /^[ -~]*$/.test(string)) return string;
  const shown = string.length > 600 ? 16 : string.length;
  let units = '';
  for (let i = 0; i < shown; i++) units += hex(string.charCodeAt(i), 4);
  return {u16: units + (string.length > 600 ? `...x${string.length}` : '')};
}

function bytes(buffer, offset, length) {
  const all = Buffer.from(buffer, offset, length);
  return all.length <= 600 ? all.toString('hex') : `${all.toString('hex', 0, 32)}...x${all.length}`;
}

function isIndex(key) {
  const number = Number(key);
  return Number.isInteger(number) && number >= 0 && number < 4294967295 && String(number) === key;
}

function viewKind(view) {
  if (Buffer.isBuffer(view)) return 'Buffer';
  return view instanceof DataView ? 'DataView' : view[Symbol.toStringTag];
}

// `host`: views are described by their bytes alone, as v8.serialize writes them.
function canonical(root, host) {
  const ids = new Map();

  function primitive(value) {
    switch (typeof value) {
      case 'undefined': return {t: 'undefined'};
      case 'boolean': return {t: 'bool', v: value};
      case 'number': return {t: 'num', bits: bits(value)};
      case 'bigint': return {t: 'bigint', v: String(value)};
      case 'string': return {t: 'str', s: text(value)};
      default: throw new TypeError(`cannot describe a ${typeof value}`);
    }
  }

  function error(value, id) {
    const prototype = kErrors.find((type) => Object.getPrototypeOf(value) === type.prototype);
    const out = {t: 'error', id, name: prototype ? prototype.name : 'Error'};
    const own = (key) => Object.prototype.hasOwnProperty.call(value, key);
    if (own('message')) out.message = describe(value.message);
    if (own('cause')) out.cause = describe(value.cause);
    if (typeof value.stack === 'string') out.stack = describe(value.stack);
    return out;
  }

  function view(value, id) {
    const kind = viewKind(value);
    if (host) {
      return {t: 'hostview', id, kind, bytes: bytes(value.buffer, value.byteOffset, value.byteLength)};
    }
    return {
      t: 'view', id, kind: kind === 'Buffer' ? 'Uint8Array' : kind, byteOffset: value.byteOffset,
      byteLength: value.byteLength, buffer: describe(value.buffer),
    };
  }

  function array(value, id) {
    const out = {t: 'array', id, length: value.length, elems: [], props: []};
    // Elements first: that is their order, too.
    for (const key of Object.keys(value)) {
      if (isIndex(key)) out.elems.push([Number(key), describe(value[key])]);
      else out.props.push([text(key), describe(value[key])]);
    }
    return out;
  }

  function describe(value) {
    if (value === null) return {t: 'null'};
    if (typeof value !== 'object') return primitive(value);
    if (ids.has(value)) return {t: 'ref', id: ids.get(value)};
    const id = ids.size;
    ids.set(value, id);
    if (Array.isArray(value)) return array(value, id);
    if (value instanceof Date) return {t: 'date', id, bits: bits(value.getTime())};
    if (value instanceof Boolean || value instanceof Number || value instanceof String ||
        value instanceof BigInt) {
      return {t: 'boxed', id, v: describe(value.valueOf())};
    }
    if (value instanceof RegExp) {
      return {t: 'regexp', id, source: text(value.source), flags: value.flags};
    }
    if (value instanceof Map) {
      return {t: 'map', id, entries: [...value].map(([key, item]) => [describe(key), describe(item)])};
    }
    if (value instanceof Set) return {t: 'set', id, values: [...value].map(describe)};
    if (value instanceof Error) return error(value, id);
    if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      const shared = value instanceof SharedArrayBuffer;
      const max = value.resizable || value.growable ? value.maxByteLength : null;
      return {t: 'arraybuffer', id, shared, max, bytes: bytes(value, 0, value.byteLength)};
    }
    if (ArrayBuffer.isView(value)) return view(value, id);
    return {
      t: 'object', id, props: Object.keys(value).map((key) => [text(key), describe(value[key])]),
    };
  }

  return JSON.stringify(describe(root));
}

module.exports = {canonical};
