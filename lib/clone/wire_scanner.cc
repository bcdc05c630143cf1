// lib/clone/wire_scanner.cc
#include "lib/clone/wire_scanner.h"

namespace sabre::internal {

bool WireScanner::SkipValue(std::size_t& budget) {
  budget_ = &budget;
  Push(0, 1);
  while (!out_of_memory_ && !stack_.empty()) {
    if (!Step()) return false;
  }
  return !out_of_memory_;
}

bool WireScanner::AdvanceTo(std::size_t offset, std::size_t& budget) {
  budget_ = &budget;
  if (!started_) Push(0, 1);
  started_ = true;
  while (!out_of_memory_ && cursor_.offset() < offset) {
    if (stack_.empty() || !Step()) return false;
  }
  return !out_of_memory_;
}

bool WireScanner::Bytes(std::uint32_t count) {
  if (count > cursor_.left()) return false;
  cursor_.Skip(count);
  return true;
}

// Does what comes next in the innermost open container.
bool WireScanner::Step() {
  Frame& frame = stack_.back();
  switch (frame.end) {
    case 0:
      if (frame.remaining == 0) {
        stack_.Pop();
        return true;
      }
      frame.remaining = 0;
      return Value();
    case wire::kErrorEnd: {
      std::uint8_t part;
      if (!cursor_.ReadVarint8(part)) return false;
      switch (part) {
        case wire::kErrorEnd:
          stack_.Pop();
          return true;
        case wire::kErrorMessage:
        case wire::kErrorStack:
          return Payload();
        case wire::kErrorCause:
          return Value();
        case 'E':
        case 'R':
        case 'F':
        case 'S':
        case 'T':
        case 'U':
          return true;
        default:
          return false;
      }
    }
    case wire::kEndDenseArray:
      if (frame.remaining > 0) {
        --frame.remaining;
        if (cursor_.PeekTag() != wire::kHole) return Value();
        cursor_.Skip(1);
        return true;
      }
      break;
    default:
      break;
  }
  if (frame.after_key) {
    frame.after_key = false;
    return Value();
  }
  std::uint32_t count;
  if (cursor_.PeekTag() == frame.end) {
    const bool array = frame.end == wire::kEndDenseArray || frame.end == wire::kEndSparseArray;
    cursor_.Skip(1);
    stack_.Pop();
    return cursor_.ReadVarint(count) && (!array || cursor_.ReadVarint(count));
  }
  if (frame.end == wire::kEndMap || frame.end == wire::kEndSet) return Value();
  frame.after_key = true;
  return Key();
}

bool WireScanner::Key() {
  const std::uint8_t tag = cursor_.ReadValueTag();
  std::uint32_t number;
  switch (tag) {
    case wire::kInt32:
    case wire::kUint32:
      return cursor_.ReadVarint(number);
    case wire::kDouble:
      return Bytes(8);
    default:
      return String(tag);
  }
}

bool WireScanner::String(std::uint8_t tag) {
  std::uint32_t length;
  return (tag == wire::kOneByteString || tag == wire::kTwoByteString || tag == wire::kUtf8String) &&
         cursor_.ReadVarint(length) && Bytes(length);
}

// A string that belongs to another value. Before version 12 it had no tag.
bool WireScanner::Payload() {
  return String(version_ < 12 ? std::uint8_t{wire::kUtf8String} : cursor_.ReadValueTag());
}

bool WireScanner::Buffer(std::uint8_t tag, std::size_t start) {
  std::uint32_t length, max;
  switch (tag) {
    case wire::kArrayBuffer:
    case wire::kImmutableArrayBuffer:
      if (!cursor_.ReadVarint(length) || !Bytes(length)) return false;
      break;
    case wire::kResizableArrayBuffer:
      if (!cursor_.ReadVarint(length) || !cursor_.ReadVarint(max) || !Bytes(length)) return false;
      break;
    default:  // a transferred or shared buffer, or a back reference: one number
      if (!cursor_.ReadVarint(length)) return false;
      break;
  }
  if (tag == wire::kReference) {
    // Only a reference to a buffer swallows a view; without the table any may.
    if (record_ids_ && (length >= ids_.size() || ids_[length].kind != IdKind::kBuffer)) return true;
  } else {
    TakeId(start, IdKind::kBuffer);
  }
  if (cursor_.LookAhead() != wire::kArrayBufferView) return true;
  cursor_.ReadTag();
  std::uint8_t kind;
  std::uint32_t offset, flags;
  if (!cursor_.ReadVarint8(kind) || !cursor_.ReadVarint(offset) || !cursor_.ReadVarint(length) ||
      (view_flags_ && !cursor_.ReadVarint(flags))) {
    return false;
  }
  TakeId(start, IdKind::kView);
  return true;
}

bool WireScanner::Value() {
  const std::uint8_t tag = cursor_.ReadValueTag();
  std::uint32_t number;
  if (tag == 0) return false;
  const std::size_t start = cursor_.offset() - 1;
  switch (tag) {
    case wire::kUndefined:
    case wire::kNull:
    case wire::kTrue:
    case wire::kFalse:
      return true;
    case wire::kInt32:
    case wire::kUint32:
      return cursor_.ReadVarint(number);
    case wire::kDouble:
      return Bytes(8);
    case wire::kBigInt:
      return cursor_.ReadVarint(number) && Bytes((number & ~(1u << 31)) / 2);
    case wire::kOneByteString:
    case wire::kTwoByteString:
    case wire::kUtf8String:
      return String(tag);
    case wire::kArrayBuffer:
    case wire::kResizableArrayBuffer:
    case wire::kImmutableArrayBuffer:
    case wire::kArrayBufferTransfer:
    case wire::kSharedArrayBuffer:
    case wire::kReference:
      return Buffer(tag, start);
    default:
      break;
  }
  if (tag == wire::kBeginDenseArray || tag == wire::kBeginSparseArray) {
    if (!cursor_.ReadVarint(number)) return false;
    TakeId(start, IdKind::kObject);
    if (tag == wire::kBeginSparseArray) {
      Push(wire::kEndSparseArray, 0);
      return true;
    }
    if (number > cursor_.left()) return false;
    Push(wire::kEndDenseArray, number);
    return true;
  }
  TakeId(start, IdKind::kObject);
  switch (tag) {
    case wire::kBeginObject:
      Push(wire::kEndObject, 0);
      return true;
    case wire::kBeginMap:
      Push(wire::kEndMap, 0);
      return true;
    case wire::kBeginSet:
      Push(wire::kEndSet, 0);
      return true;
    case wire::kError:
      Push(wire::kErrorEnd, 0);
      return true;
    case wire::kDate:
    case wire::kNumberObject:
      return Bytes(8);
    case wire::kTrueObject:
    case wire::kFalseObject:
      return true;
    case wire::kBigIntObject:
      return cursor_.ReadVarint(number) && Bytes((number & ~(1u << 31)) / 2);
    case wire::kStringObject:
      return Payload();
    case wire::kRegExp:
      return Payload() && cursor_.ReadVarint(number);
    case wire::kHostObject:
      return Host();
    default:
      // Once, what is no tag was the first byte of a host object.
      cursor_.Seek(start);
      return version_ < 13 && dialect_ != Dialect::kNodeIpc && Host();
  }
}

// Behind the tag, if there is one.
bool WireScanner::Host() {
  std::uint32_t number;
  if (!cursor_.ReadVarint(number)) return false;
  if (number == wire::kPlatformObjectIndex) {  // its class and its data
    Push(0, 1);
    return Payload();
  }
  if (dialect_ == Dialect::kV8) return true;
  if (dialect_ == Dialect::kNodeIpc) {
    if (number == 1) {  // another native object: its properties as a value
      Push(0, 1);
      return true;
    }
    if (number != 0 || !cursor_.ReadVarint(number)) return false;
  }
  return cursor_.ReadVarint(number) && Bytes(number);
}

}  // namespace sabre::internal
