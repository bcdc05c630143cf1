// Access to elements: what it costs beside the bare instructions. Every figure stands beside that
// of a peer of the same run, measured in the same rounds, in turn; ratios are medians over the
// rounds with their quartiles, each beside its bar where it has one. That the bare forms are the
// same instructions is shown by tests/memory/atomics_cost_test.py.
//
//   atomics [ROUNDS [PART…]]     parts: operations, sum, bulk
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "sabre/memory/atomics.h"
#include "sabre/memory/typed_array.h"
#include "tests/bench/pairs.h"

namespace {

using namespace sabre::bench;
using sabre::Int32Array;
using sabre::SharedArrayBuffer;
using sabre::Uint8Array;
namespace atomics = sabre::atomics;

constexpr std::size_t kLarge = std::size_t{64} << 20;  // bytes

// A way to do something; the first of a table is the peer of those that follow.
struct Way {
  const char* name;
  std::function<void()> run;
  double bar;  // the ratio of times to the peer that is not to be passed; 0 if there is none
  std::vector<double> nanos = {};
};

int rows_above_bar = 0;

// Runs all ways in turn, and prints what one of `units` took.
void Table(const char* title, const char* unit, double units, int rounds, std::vector<Way> ways) {
  for (Way& way : ways) way.run();  // what is only slow the first time
  for (int round = 0; round < rounds; ++round) {
    for (Way& way : ways) {
      const auto began = Clock::now();
      way.run();
      way.nanos.push_back(Nanos(Clock::now() - began));
    }
  }
  std::printf("\n%s, %d rounds\n", title, rounds);
  for (const Way& way : ways) {
    const std::vector<double> ratios = Ratios(way.nanos, ways[0].nanos);
    const double median = Median(ratios);
    std::printf("  %-44s %9.3f %s  %6.3f [%.3f, %.3f]", way.name, Median(way.nanos) / units, unit,
                median, Quantile(ratios, 0.25), Quantile(ratios, 0.75));
    if (way.bar > 0) {
      if (median > way.bar) rows_above_bar += 1;
      std::printf("  %s %.2f", median <= way.bar ? "<=" : "ABOVE", way.bar);
    }
    std::printf("\n");
  }
}

// The compiler must believe that somebody reads this.
template <class T>
void Keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

Int32Array SharedCells(std::size_t bytes) {
  return *Int32Array::Over(*SharedArrayBuffer::Create(bytes));
}

// ---- One operation

void Operations(int rounds) {
  constexpr std::size_t kCalls = 2'000'000;
  constexpr std::size_t kMask = 1023;
  const Int32Array cells = SharedCells((kMask + 1) * sizeof(std::int32_t));
  auto* const raw = reinterpret_cast<std::int32_t*>(cells.UnsafeAddress(0));
  const auto times = [](auto operation) {
    return [operation] {
      for (std::size_t i = 0; i < kCalls; ++i) operation(i & kMask);
    };
  };
  const auto table = [&](const char* title, auto built_in, auto unsafe, auto plain) {
    Table(title, "ns", kCalls, rounds,
          {{"the __atomic built-in on a raw pointer", times(built_in), 0},
           {"Unsafe form", times(unsafe), 1.05},
           {"plain form: one compare and branch more", times(plain), 0}});
  };
  table(
      "Load", [=](std::size_t i) { Keep(__atomic_load_n(raw + i, __ATOMIC_SEQ_CST)); },
      [=](std::size_t i) { Keep(atomics::UnsafeLoad(cells, i)); },
      [=](std::size_t i) { Keep(atomics::Load(cells, i)); });
  table(
      "Store", [=](std::size_t i) { __atomic_store_n(raw + i, 1, __ATOMIC_SEQ_CST); },
      [=](std::size_t i) { atomics::UnsafeStore(cells, i, 1); },
      [=](std::size_t i) { atomics::Store(cells, i, 1); });
  table(
      "Add", [=](std::size_t i) { Keep(__atomic_fetch_add(raw + i, 1, __ATOMIC_SEQ_CST)); },
      [=](std::size_t i) { Keep(atomics::UnsafeAdd(cells, i, 1)); },
      [=](std::size_t i) { Keep(atomics::Add(cells, i, 1)); });
  table(
      "CompareExchange",
      [=](std::size_t i) {
        std::int32_t expected = 1;
        __atomic_compare_exchange_n(raw + i, &expected, 2, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST);
        Keep(expected);
      },
      [=](std::size_t i) { Keep(atomics::UnsafeCompareExchange(cells, i, 1, 2)); },
      [=](std::size_t i) { Keep(atomics::CompareExchange(cells, i, 1, 2)); });
}

// ---- Summing

// Functions of their own, so that each loop is compiled by itself. All are unrolled (see
// meson.build).
[[gnu::noinline]] std::int64_t SumRelaxed(const std::int32_t* cells, std::size_t count) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += __atomic_load_n(cells + i, __ATOMIC_RELAXED);
  return sum;
}
[[gnu::noinline]] std::int64_t SumPointer(const std::int32_t* cells, std::size_t count) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) sum += cells[i];
  return sum;
}
[[gnu::noinline]] std::int64_t SumGet(const Int32Array& cells) {
  std::int64_t sum = 0;
  const std::size_t count = cells.size();
  for (std::size_t i = 0; i < count; ++i) sum += cells.Get(i);
  return sum;
}
[[gnu::noinline]] std::int64_t SumGetAndSize(const Int32Array& cells) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) sum += cells.Get(i);
  return sum;
}
[[gnu::noinline]] std::int64_t SumIterators(const Int32Array& cells) {
  std::int64_t sum = 0;
  for (const std::int32_t element : cells) sum += element;
  return sum;
}
[[gnu::noinline]] std::int64_t SumSpan(const Int32Array& cells) {
  std::int64_t sum = 0;
  for (const std::int32_t element : cells.Span()) sum += element;
  return sum;
}

void Sum(int rounds) {
  const SharedArrayBuffer growable =
      *SharedArrayBuffer::Create(kLarge, {.max_byte_length = 2 * kLarge});
  for (const std::size_t bytes : {kLarge, std::size_t{32} << 10}) {
    const Int32Array cells = SharedCells(bytes);
    const Int32Array tracking = *Int32Array::Over(growable);
    if (!cells.Fill(1).ok() || !tracking.Fill(1).ok()) std::abort();
    const auto* const raw = reinterpret_cast<const std::int32_t*>(cells.UnsafeAddress(0));
    const std::size_t count = cells.size();
    const std::size_t times = kLarge / bytes;
    const auto repeat = [&](auto sum) {
      return [=] {
        for (std::size_t i = 0; i < times; ++i) Keep(sum());
      };
    };
    const bool large = bytes == kLarge;
    const std::string size = large ? "64 MiB" : "32 KiB, again and again";
    Table(("Sum of a shared view of " + size).c_str(), "ms", 1e6, rounds,
          {{"relaxed atomic loads", repeat([=] { return SumRelaxed(raw, count); }), 0},
           {"Get", repeat([&] { return SumGet(cells); }), large ? 1.05 : 0},
           {"Get, and size() asked each time", repeat([&] { return SumGetAndSize(cells); }), 0},
           {"range-based for", repeat([&] { return SumIterators(cells); }), 0}});
    Table(("Sum over Span() of " + size).c_str(), "ms", 1e6, rounds,
          {{"a raw pointer", repeat([=] { return SumPointer(raw, count); }), 0},
           {"Span()", repeat([&] { return SumSpan(cells); }), large ? 1.02 : 0}});
    if (large) {
      Table("Sum of a view that tracks a growable buffer of 64 MiB", "ms", 1e6, rounds,
            {{"relaxed atomic loads", repeat([=] { return SumRelaxed(raw, count); }), 0},
             {"Get", repeat([&] { return SumGet(tracking); }), 0}});
    }
  }
}

// ---- Many bytes at once

void Bulk(int rounds) {
  // Speeds: at least 0.65 of memcpy, 0.5 of memset.
  constexpr double kCopyBar = 1 / 0.65;
  constexpr double kFillBar = 1 / 0.5;
  const Uint8Array from = *Uint8Array::Over(*SharedArrayBuffer::Create(kLarge + 64));
  const Uint8Array to = *Uint8Array::Over(*SharedArrayBuffer::Create(kLarge + 64));
  if (!from.Fill(1).ok() || !to.Fill(2).ok()) std::abort();
  for (const std::size_t size :
       {kLarge, std::size_t{1} << 20, std::size_t{4096}, std::size_t{256}}) {
    const std::size_t times = kLarge / size;
    const auto repeat = [&](auto one) {
      return [=] {
        for (std::size_t i = 0; i < times; ++i) one();
      };
    };
    const auto part = [&](const Uint8Array& array, std::size_t begin) {
      return *Uint8Array::Over(array.buffer(), begin, size);
    };
    const Uint8Array target = part(to, 0);
    const auto set = [&](std::size_t source_begin, std::size_t target_begin) {
      const Uint8Array source = part(from, source_begin);
      const Uint8Array there = part(to, target_begin);
      return repeat([=] { there.Set(source).IgnoreError(); });
    };
    void* const raw_to = to.UnsafeAddress(0);
    const void* const raw_from = from.UnsafeAddress(0);
    const bool large = size == kLarge;
    const std::string of = " of " + std::to_string(size) + " shared bytes";
    Table(("Copy" + of).c_str(), "ms", 1e6, rounds,
          {{"memcpy", repeat([=] {
              std::memcpy(raw_to, raw_from, size);
              Keep(raw_to);
            }),
            0},
           {"Set", set(0, 0), large ? kCopyBar : 0},
           {"Set, source aligned to 4 bytes", set(4, 0), large ? kCopyBar : 0},
           {"Set, source not aligned", set(3, 0), large ? kCopyBar : 0},
           {"Set, both not aligned", set(3, 5), large ? kCopyBar : 0},
           {"CopyWithin, 8 bytes down", repeat([=] { target.CopyWithin(0, 8).IgnoreError(); }), 0},
           {"CopyWithin, 8 bytes up", repeat([=] { target.CopyWithin(8, 0).IgnoreError(); }), 0},
           {"CopyWithin, 3 bytes up", repeat([=] { target.CopyWithin(3, 0).IgnoreError(); }), 0}});
    Table(("Fill" + of).c_str(), "ms", 1e6, rounds,
          {{"memset", repeat([=] {
              std::memset(raw_to, 3, size);
              Keep(raw_to);
            }),
            0},
           {"Fill", repeat([=] { target.Fill(3).IgnoreError(); }), large ? kFillBar : 0}});
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const auto wanted = [&](const char* part) {
    for (int i = 2; i < argc; ++i) {
      if (std::strcmp(argv[i], part) == 0) return true;
    }
    return argc <= 2;
  };
  Pin(0);
  std::printf("Medians, and ratios to the first row of each table with their [quartiles].\n");
  if (wanted("operations")) Operations(rounds);
  if (wanted("sum")) Sum(rounds);
  if (wanted("bulk")) Bulk(rounds);
  std::printf("\n%d rows above their bar\n", rows_above_bar);
  return rows_above_bar == 0 ? 0 : 1;
}
