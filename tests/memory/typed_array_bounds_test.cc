// What every method of TypedArray says of a view that is out of bounds or must not be written.
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "doctest/doctest.h"
#include "sabre/memory/data_view.h"
#include "sabre/memory/typed_array.h"
#include "tests/support/aborts.h"

namespace sabre {
namespace {

using View = Uint16Array;

struct Method {
  const char* name;
  bool writes;
  std::function<absl::Status(const View&)> call;
};

// All methods, with arguments that are wrong where they can be: what is wrong with the view comes
// first.
const std::vector<Method>& Methods() {
  static const View numbers = *View::From({1, 2, 3});
  static const std::vector<Method> methods = {
      {"at", false, [](const View& v) { return v.At(99).status(); }},
      {"indexOf", false, [](const View& v) { return v.IndexOf(1, 99).status(); }},
      {"lastIndexOf", false, [](const View& v) { return v.LastIndexOf(1, -99).status(); }},
      {"includes", false, [](const View& v) { return v.Includes(1, 99).status(); }},
      {"find", false, [](const View& v) { return v.Find([](int) { return true; }).status(); }},
      {"findIndex", false,
       [](const View& v) { return v.FindIndex([](int) { return true; }).status(); }},
      {"findLast", false,
       [](const View& v) { return v.FindLast([](int) { return true; }).status(); }},
      {"findLastIndex", false,
       [](const View& v) { return v.FindLastIndex([](int) { return true; }).status(); }},
      {"every", false, [](const View& v) { return v.Every([](int) { return true; }).status(); }},
      {"some", false, [](const View& v) { return v.Some([](int) { return true; }).status(); }},
      {"forEach", false, [](const View& v) { return v.ForEach([](int) {}); }},
      {"reduce", false,
       [](const View& v) { return v.Reduce(0, [](int a, int) { return a; }).status(); }},
      {"reduceRight", false,
       [](const View& v) { return v.ReduceRight(0, [](int a, int) { return a; }).status(); }},
      {"map", false, [](const View& v) { return v.Map([](int n) { return n; }).status(); }},
      {"filter", false, [](const View& v) { return v.Filter([](int) { return true; }).status(); }},
      {"slice", false, [](const View& v) { return v.Slice(99).status(); }},
      {"toSorted", false, [](const View& v) { return v.ToSorted().status(); }},
      {"toSorted with an order", false,
       [](const View& v) { return v.ToSorted(std::less<>()).status(); }},
      {"toReversed", false, [](const View& v) { return v.ToReversed().status(); }},
      {"a source of set", false, [](const View& v) { return View::Create(99)->Set(v); }},
      {"a source of another type", false,
       [](const View& v) { return Int8Array::Create(99)->Set(v); }},
      {"from", false, [](const View& v) { return View::From(v).status(); }},
      {"set", true, [](const View& v) { return v.Set(numbers); }},
      {"set of a range", true,
       [](const View& v) {
         return v.Set(std::vector<int>{1, 2});
       }},
      {"set of another type", true, [](const View& v) { return v.Set(*Int8Array::Create(1)); }},
      {"copyWithin", true, [](const View& v) { return v.CopyWithin(0, 99); }},
      {"fill", true, [](const View& v) { return v.Fill(1, 99); }},
      {"reverse", true, [](const View& v) { return v.Reverse(); }},
      {"sort", true, [](const View& v) { return v.Sort(); }},
      {"sort with an order", true, [](const View& v) { return v.Sort(std::less<>()); }},
      {"trySet", true, [](const View& v) { return v.TrySet(0, 1); }},
      {"tryGet", false, [](const View& v) { return v.TryGet(0).status(); }},
  };
  return methods;
}

// Whether all methods give a status of this code for the view: those that write, and the others.
void AllSay(const View& view, absl::StatusCode writing, absl::StatusCode reading) {
  for (const Method& method : Methods()) {
    CAPTURE(std::string(method.name));
    CHECK(method.call(view).code() == (method.writes ? writing : reading));
  }
}

constexpr absl::StatusCode kOk = absl::StatusCode::kOk;
constexpr absl::StatusCode kTypeError = absl::StatusCode::kFailedPrecondition;
constexpr absl::StatusCode kRangeError = absl::StatusCode::kOutOfRange;

TEST_CASE("In bounds nothing is an error, over any kind of buffer") {
  AllSay(*View::Create(8), kOk, kOk);
  AllSay(*View::Over(*SharedArrayBuffer::Create(16)), kOk, kOk);
  AllSay(*View::Over(*SharedArrayBuffer::Create(16, {.max_byte_length = 32})), kOk, kOk);
  AllSay(*View::Over(*ArrayBuffer::Create(16, {.max_byte_length = 32}), 2), kOk, kOk);
}

TEST_CASE("A view of a detached buffer, or of none: type errors all over") {
  ArrayBuffer buffer = *ArrayBuffer::Create(16, {.max_byte_length = 32});
  const View fixed = *View::Over(buffer, 2, 4);
  const View tracking = *View::Over(buffer, 2);
  const View nothing = *View::Over(buffer, 2, 0);
  const ArrayBuffer moved = *buffer.Transfer();
  for (const View& view : {fixed, tracking, nothing, View()}) {
    AllSay(view, kTypeError, kTypeError);
    CHECK(view.out_of_bounds());
    CHECK(view.size() == 0);
    CHECK(view.byte_length() == 0);
    CHECK(view.byte_offset() == 0);
    CHECK(view.begin() == view.end());
    CHECK(view.Subarray().status().code() == kTypeError);
    CHECK(view.Subarray(0, 0).status().code() == kTypeError);
    CHECK(view.With(99, 1).status().code() == kTypeError);
  }
  CHECK(fixed.Fill(1) == absl::FailedPreconditionError("Uint16Array: the buffer is detached"));
}

TEST_CASE("A view goes out of bounds and comes back") {
  ArrayBuffer buffer = *ArrayBuffer::Create(16, {.max_byte_length = 32});
  const View fixed = *View::Over(buffer, 4, 4);
  const View tracking = *View::Over(buffer, 4);
  const View empty_at_end = *View::Over(buffer, 12, 0);
  CHECK(fixed.Fill(0x0707).ok());
  // One byte short of the fixed one.
  CHECK(buffer.Resize(11).ok());
  AllSay(fixed, kTypeError, kTypeError);
  CHECK(fixed.byte_offset() == 0);
  CHECK(tracking.size() == 3);
  CHECK(tracking.byte_offset() == 4);
  CHECK(empty_at_end.out_of_bounds());
  CHECK(fixed.Sort() == absl::FailedPreconditionError(
                            "Uint16Array: the view is out of bounds of its buffer, 11 bytes"));
  // What is still there has kept its value; what comes back is zero.
  CHECK(buffer.Resize(12).ok());
  CHECK(fixed.Get(2) == 0x0707);
  CHECK(Uint8Array::Over(buffer)->Get(11) == 0);
  AllSay(fixed, kOk, kOk);
  CHECK_FALSE(empty_at_end.out_of_bounds());
  CHECK(buffer.Resize(16).ok());
  CHECK(fixed.byte_offset() == 4);
  CHECK(fixed.size() == 4);
  CHECK(tracking.size() == 6);
  // Empty, but not out of bounds: the view ends where it begins.
  CHECK(buffer.Resize(4).ok());
  CHECK_FALSE(tracking.out_of_bounds());
  CHECK(tracking.empty());
  CHECK(tracking.CopyWithin(0, 1).ok());
  CHECK(tracking.Sort().ok());
  CHECK(tracking.Reverse().ok());
  CHECK(*tracking.At(-1) == std::nullopt);
  CHECK(tracking.TryGet(0).status().code() == kRangeError);
  CHECK(tracking.Set(*View::Create(1)).code() == kRangeError);
  // Past its beginning.
  CHECK(buffer.Resize(3).ok());
  AllSay(tracking, kTypeError, kTypeError);
  CHECK(buffer.Resize(7).ok());
  CHECK(tracking.size() == 1);
  CHECK(buffer.Resize(32).ok());
  CHECK(fixed.size() == 4);
  CHECK(fixed.Get(2) == 0);
  CHECK(tracking.size() == 14);
  AllSay(tracking, kOk, kOk);
  AllSay(fixed, kOk, kOk);
}

TEST_CASE("A subarray of a view out of bounds is one of nothing, if it can be") {
  ArrayBuffer buffer = *ArrayBuffer::Create(16, {.max_byte_length = 16});
  const View fixed = *View::Over(buffer, 4, 4);
  const View tracking = *View::Over(buffer, 4);
  CHECK(buffer.Resize(6).ok());
  const View part = *fixed.Subarray(1, 3);
  CHECK(part.size() == 0);
  CHECK(part.byte_offset() == 4);
  CHECK(buffer.Resize(2).ok());
  CHECK(fixed.Subarray(1, 3).status().code() == kRangeError);
  CHECK(tracking.Subarray().status().code() == kRangeError);
}

TEST_CASE("An immutable buffer is read, and refuses writes before anything else is looked at") {
  ArrayBuffer buffer = *ArrayBuffer::Create(16);
  const View view = *View::Over(*buffer.TransferToImmutable());
  AllSay(view, kTypeError, kOk);
  CHECK(view.Set(*View::Create(99), 99) ==
        absl::FailedPreconditionError("Uint16Array: the buffer is immutable"));
  CHECK(view.Set(View()).message() == "Uint16Array: the buffer is immutable");
  CHECK(view.TrySet(99, 1).code() == kTypeError);
  CHECK(view.TryGet(99).status().code() == kRangeError);
  CHECK(view.With(0, 5)->Get(0) == 5);
  CHECK(view.Get(0) == 0);
  CHECK_FALSE(view.With(0, 5)->immutable());
  CHECK(view.ConstSpan().size() == 8);
  CHECK(view.Subarray(2)->immutable());
}

TEST_CASE("A view of a growable buffer never goes out of bounds") {
  SharedArrayBuffer buffer = *SharedArrayBuffer::Create(5, {.max_byte_length = 32});
  const View tracking = *View::Over(buffer, 2);
  const View fixed = *View::Over(buffer, 2, 1);
  const View none = *View::Over(buffer, 4);
  CHECK(tracking.size() == 1);
  CHECK(none.size() == 0);
  CHECK(none.Sort().ok());
  CHECK(buffer.Grow(32).ok());
  CHECK(tracking.size() == 15);
  CHECK(fixed.size() == 1);
  CHECK(none.size() == 14);
  AllSay(tracking, kOk, kOk);
}

TEST_CASE("The plain forms end the program where the others return an error") {
  ArrayBuffer source = *ArrayBuffer::Create(16);
  const BufferHandle frozen = *source.TransferToImmutable();
  const View gone = *View::Over(*ArrayBuffer::Create(16));
  ArrayBuffer buffer = *gone.buffer().array_buffer();
  const DataView gone_data = *DataView::Over(buffer);
  const ArrayBuffer moved = *buffer.Transfer();
  const View shared = *View::Over(*SharedArrayBuffer::Create(16));
  const DataView data = *DataView::Over(shared.buffer());
  const DataView frozen_data = *DataView::Over(frozen);
  const std::vector<std::function<void()>> bugs = {
      [&] { shared.Get(8); },
      [&] { shared.Get(SIZE_MAX); },
      [&] { shared.Set(8, 1); },
      [&] { shared.begin()[8] = 1; },
      [&] { shared.begin()[-1] = 1; },
      [&] { static_cast<void>(static_cast<std::uint16_t>(*shared.end())); },
      [&] { gone.Get(0); },
      [&] { gone.Set(0, 1); },
      [&] { View().Get(0); },
      [&] { View::Over(frozen)->Set(0, 1); },
      [&] { *View::Over(frozen)->begin() = 1; },
      [&] { View::Over(frozen)->Span(); },
      [&] { data.GetInt16(15); },
      [&] { data.SetInt16(15, 1); },
      [&] { data.GetInt8(SIZE_MAX); },
      [&] { gone_data.GetInt8(0); },
      [&] { gone_data.byte_length(); },
      [&] { gone_data.byte_offset(); },
      [&] { frozen_data.SetInt8(0, 1); },
  };
  for (std::size_t i = 0; i < bugs.size(); ++i) {
    CAPTURE(i);
    CHECK(test::Aborts(bugs[i]));
  }
  CHECK_FALSE(test::Aborts([&] {
    shared.Set(7, 1);
    data.SetInt16(14, 1);
    frozen_data.GetInt8(15);
  }));
}

}  // namespace
}  // namespace sabre
