// What Node's own classes write and read, by the names that sabre-inspect has for the dialects: `v8` is
// v8.serialize, `raw` v8.Serializer, `ipc` what a child process with serialization: 'advanced' is sent.
'use strict';

const util = require('util');
const v8 = require('v8');

// As lib/internal/child_process/serialization.js of Node has them.
class IpcSerializer extends v8.DefaultSerializer {
  _writeHostObject(object) {
    const view = ArrayBuffer.isView(object);
    this.writeUint32(view ? 0 : 1);
    if (view) return super._writeHostObject(object);
    this.writeValue({...object});
  }
}
class IpcDeserializer extends v8.DefaultDeserializer {
  _readHostObject() {
    const tag = this.readUint32();
    if (tag > 1) throw new Error('an unknown tag of a host object');
    return tag === 0 ? super._readHostObject() : this.readValue();
  }
}

function serialize(dialect, value) {
  if (dialect === 'v8') return v8.serialize(value);
  const writer = dialect === 'raw' ? new v8.Serializer() : new IpcSerializer();
  writer.writeHeader();
  writer.writeValue(value);
  return writer.releaseBuffer();
}

function deserialize(dialect, bytes) {
  if (dialect === 'v8') return v8.deserialize(bytes);
  const reader = dialect === 'raw' ? new v8.Deserializer(bytes) : new IpcDeserializer(bytes);
  reader.readHeader();
  return reader.readValue();
}

// False also where Node does not come to an end: from 22 on with an Error that is its own cause.
function deepEqual(a, b) {
  try {
    return util.isDeepStrictEqual(a, b);
  } catch (error) {
    return false;
  }
}

module.exports = {deepEqual, deserialize, serialize};
