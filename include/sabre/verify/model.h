// sabre/verify/model.h: a claim about an algorithm, written as a small program that must hold in every
// execution.
//
//   struct NoNodeIsLost : sabre::verify::Model<NoNodeIsLost, /*kThreads=*/2> {
//     TreiberStack<int, sabre::verify::RelacySync> stack;
//     void Before() { … }         // alone, before the threads
//     void Thread(int id) { … }   // each thread, id in [0, kThreads)
//     void After() { … }          // alone, after the threads
//     void Invariant() { … }      // optional: at every scheduling point; may only load
//   };
//   const sabre::verify::Suite suite("TreiberStack", {"treiber_stack.h"}, {
//       Claim<NoNodeIsLost>("no node is lost", {.searches = {Full()}, .reaches = {"both popped"}}),
//   });
//
// In a model: no thread_local, no atomic operation in a catch block, no clock, no rand(), no lock of the
// real world; 64 KB of stack a thread. std containers and functions work. A leak is a failure.
#ifndef SABRE_VERIFY_MODEL_H_
#define SABRE_VERIFY_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sabre/verify/relacy_sync.h"

namespace sabre::verify {

// Model
//
// The base of every model. A new Derived is made for each execution.
template <class Derived, int kThreadCount>
struct Model {
  static_assert(kThreadCount >= 1 && kThreadCount <= 4, "a model has 1 to 4 threads");
  static constexpr int kThreads = kThreadCount;
  void Before() {}
  void After() {}
};

// Says that this execution has come to something worth coming to ("timed out"). A model that declares
// an outcome and never reaches it has shown nothing about it and fails. `outcome` is a literal.
inline void Reached(const char* outcome);

// Ends the execution as failed unless `condition` holds. For use in models.
#define SABRE_VERIFY(condition)                                                            \
  ((condition) ? static_cast<void>(0)                                                      \
               : ::sabre::verify::internal::Fail(::sabre::verify::FailureKind::kAssertion, \
                                                 #condition, ::sabre::verify::Site()))

// How to look for a failing execution.
struct Search {
  enum class Kind : std::uint8_t { kFull, kBound, kRandom };
  static constexpr unsigned kNoBound = ~0u;

  Kind kind = Kind::kFull;
  unsigned bound = kNoBound;     // preemptions, at most; kFull: none
  std::uint64_t executions = 0;  // at most so many; kRandom: exactly so many
  std::uint64_t seed = 1;        // kRandom
};

// Every execution; if there are more than `cap`, the first `cap`, and the result says so.
inline Search Full(std::uint64_t cap = 1'000'000) {
  return {Search::Kind::kFull, Search::kNoBound, cap, 1};
}
// Every execution with at most `preemptions` preemptions (waits and yields are free).
inline Search Bound(unsigned preemptions, std::uint64_t cap = 500'000) {
  return {Search::Kind::kBound, preemptions, cap, 1};
}
// `executions` random ones, of which the nth has the seed `seed` + n - 1. Loads may be two stores stale,
// where the other searches allow one.
inline Search Random(std::uint64_t executions, std::uint64_t seed = 1,
                     unsigned preemptions = Search::kNoBound) {
  return {Search::Kind::kRandom, preemptions, executions, seed};
}

struct ClaimOptions {
  std::vector<Search> searches = {Bound(2), Random(20'000)};
  std::vector<const char*> reaches = {};  // outcomes that must come about in some execution
};

namespace internal {

// "(anonymous namespace)::Fifo" and the like, cut down to "Fifo".
template <class M>
std::string NameOf() {
  const std::string pretty = __PRETTY_FUNCTION__;
  const std::size_t from = pretty.find("M = ") + 4;
  std::string name = pretty.substr(from, pretty.find_first_of(";]", from) - from);
  const std::size_t template_at = name.find('<');
  const std::size_t colon = name.rfind("::", template_at);
  return colon == std::string::npos ? name : name.substr(colon + 2);
}

// A model without its type.
struct ModelOps {
  int threads;
  std::size_t size;
  std::size_t align;
  void (*construct)(void*);
  void (*destroy)(void*);
  void (*before)(void*);
  void (*thread)(void*, int);
  void (*after)(void*);
  void (*invariant)(void*);  // null: none
  std::string name;
};

template <class M>
const ModelOps& OpsOf() {
  static const ModelOps ops = [] {
    ModelOps o{M::kThreads,
               sizeof(M),
               alignof(M),
               [](void* at) { new (at) M(); },
               [](void* at) { static_cast<M*>(at)->~M(); },
               [](void* at) { static_cast<M*>(at)->Before(); },
               [](void* at, int id) { static_cast<M*>(at)->Thread(id); },
               [](void* at) { static_cast<M*>(at)->After(); },
               nullptr,
               NameOf<M>()};
    if constexpr (requires(M & m) { m.Invariant(); }) {
      o.invariant = [](void* at) { static_cast<M*>(at)->Invariant(); };
    }
    return o;
  }();
  return ops;
}

// Outcomes and how often they came about. Static memory: Reached is called inside executions.
struct Outcomes {
  static constexpr int kMax = 32;
  const char* names[kMax] = {};
  std::uint64_t counts[kMax] = {};
  int size = 0;

  void Clear() { size = 0; }
  void Add(const char* name) {
    for (int i = 0; i < size; ++i) {
      if (names[i] == name || std::strcmp(names[i], name) == 0) {
        counts[i] += 1;
        return;
      }
    }
    if (size == kMax) return;
    names[size] = name;
    counts[size++] = 1;
  }
  std::uint64_t Count(const char* name) const {
    for (int i = 0; i < size; ++i) {
      if (std::strcmp(names[i], name) == 0) return counts[i];
    }
    return 0;
  }
};
inline Outcomes& CurrentOutcomes() {
  static Outcomes outcomes;
  return outcomes;
}

}  // namespace internal

inline void Reached(const char* outcome) { internal::CurrentOutcomes().Add(outcome); }

// One row of the table.
struct ClaimEntry {
  std::string model;
  std::string text;
  const internal::ModelOps* ops;
  ClaimOptions options;
  FailureKind expected = FailureKind::kNone;
};

// M must pass every search and reach every declared outcome.
template <class M>
ClaimEntry Claim(std::string text, ClaimOptions options = {}) {
  return {internal::OpsOf<M>().name, std::move(text), &internal::OpsOf<M>(), std::move(options)};
}

// M is wrong on purpose and must fail as `expected`: it shows that the checker, and the claims that M
// shares with the right algorithm, can see this mistake.
template <class M>
ClaimEntry Canary(FailureKind expected, std::string text, ClaimOptions options = {}) {
  return {internal::OpsOf<M>().name, std::move(text), &internal::OpsOf<M>(), std::move(options),
          expected};
}

// Suite
//
// The claims about one algorithm. `sources` are ends of the paths of the files whose memory orders the audit
// weakens with these claims; empty: no audit. Register it as a constant at namespace scope.
struct Suite {
  Suite(std::string algorithm_name, std::vector<std::string> source_files,
        std::vector<ClaimEntry> claim_list, Site site = Site())
      : algorithm(std::move(algorithm_name)),
        sources(std::move(source_files)),
        claims(std::move(claim_list)),
        file(site.file) {
    All().push_back(this);
  }
  Suite(const Suite&) = delete;
  Suite& operator=(const Suite&) = delete;

  static std::vector<const Suite*>& All() {
    static std::vector<const Suite*> all;
    return all;
  }

  const std::string algorithm;
  const std::vector<std::string> sources;
  const std::vector<ClaimEntry> claims;
  const std::string file;  // in which it stands
};

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_MODEL_H_
