// sabre/clone/wire_tag.h: the first bytes of values in V8's structured-clone format.
#ifndef SABRE_CLONE_WIRE_TAG_H_
#define SABRE_CLONE_WIRE_TAG_H_

#include <cstdint>

namespace sabre::wire {

// The version that Sabre writes, and the newest that it reads.
inline constexpr std::uint32_t kVersion = 15;

// Tags, named as in V8's value-serializer.cc.
enum Tag : std::uint8_t {
  kVersionTag = 0xff,
  kPadding = 0x00,
  kObjectCount = '?',  // obsolete: a count to ignore, then the value
  kHole = '-',
  kUndefined = '_',
  kNull = '0',
  kTrue = 'T',
  kFalse = 'F',
  kInt32 = 'I',
  kUint32 = 'U',
  kDouble = 'N',
  kBigInt = 'Z',
  kUtf8String = 'S',
  kOneByteString = '"',
  kTwoByteString = 'c',
  kReference = '^',
  kBeginObject = 'o',
  kEndObject = '{',
  kBeginSparseArray = 'a',
  kEndSparseArray = '@',
  kBeginDenseArray = 'A',
  kEndDenseArray = '$',
  kDate = 'D',
  kTrueObject = 'y',
  kFalseObject = 'x',
  kNumberObject = 'n',
  kBigIntObject = 'z',
  kStringObject = 's',
  kRegExp = 'R',
  kBeginMap = ';',
  kEndMap = ':',
  kBeginSet = '\'',
  kEndSet = ',',
  kArrayBuffer = 'B',
  kResizableArrayBuffer = '~',
  kImmutableArrayBuffer = 'C',  // Node 26 and later
  kArrayBufferTransfer = 't',
  kArrayBufferView = 'V',
  kSharedArrayBuffer = 'u',
  kError = 'r',
  kHostObject = '\\',
};

// The parts of an Error.
enum ErrorTag : std::uint8_t {
  kErrorMessage = 'm',
  kErrorCause = 'c',
  kErrorStack = 's',
  kErrorEnd = '.',
};

// Bits of the flags of a view (version 14 and later).
inline constexpr std::uint32_t kViewLengthTracking = 1;
inline constexpr std::uint32_t kViewResizable = 2;

// The index of a platform object, as Sabre writes it: behind it come the name of its class, a string,
// and its data, a value. Node's indices are small, and so are those of attachments.
inline constexpr std::uint32_t kPlatformObjectIndex = 0xffffffff;

// The index of a Node Buffer among the host objects of v8.serialize; the others are ViewKind.
inline constexpr std::uint32_t kNodeBufferIndex = 10;

// The flags a RegExp may have; bit 6 (the experimental linear engine) may not.
inline constexpr std::uint32_t kRegExpFlags = 0x1bf;

// Largest magnitude of a BigInt, in bytes: V8 dies above it.
inline constexpr std::uint32_t kMaxBigIntBytes = 1u << 27;
// Longest string, in UTF-16 units (V8 on 64 bits).
inline constexpr std::uint32_t kMaxStringLength = (1u << 29) - 24;
// Most entries of a Map or a Set.
inline constexpr std::uint32_t kMaxCollectionSize = 1u << 24;

}  // namespace sabre::wire

#endif  // SABRE_CLONE_WIRE_TAG_H_
