// sabre/verify/mutation.h: weakening one memory order at run time, without touching the source.
#ifndef SABRE_VERIFY_MUTATION_H_
#define SABRE_VERIFY_MUTATION_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "sabre/verify/trace.h"

namespace sabre::verify {

enum class SiteKind : std::uint8_t { kLoad, kStore, kReadModifyWrite, kCompareExchange, kFence };

inline const char* Name(SiteKind kind) {
  static constexpr const char* kNames[] = {"load", "store", "read-modify-write", "compare-exchange",
                                           "fence"};
  return kNames[static_cast<int>(kind)];
}

// One step down.
enum class Weakening : std::uint8_t {
  kOneStep,      // seq_cst → acq_rel, acquire or release; acquire or release → relaxed
  kDropAcquire,  // acq_rel → release
  kDropRelease,  // acq_rel → acquire
  kFailure,      // the failure order of a compare-exchange, one step
  kDropFence,
};

// An atomic operation that the models have reached.
struct ReachedSite {
  const char* file = nullptr;
  int line = 0;
  SiteKind kind = SiteKind::kLoad;
  Order order = Order::kRelaxed;
  Order failure = Order::kRelaxed;  // of a compare-exchange
};

// One order of one site, weakened. `file` is the end of the path of the site's file.
struct Mutation {
  std::string file;
  int line = 0;
  Weakening weakening = Weakening::kOneStep;
  std::string text;  // "store release → relaxed"
};

namespace internal {

// Every site reached since Clear, and the mutation in force, if any.
class Sites {
 public:
  void Clear() { std::memset(static_cast<void*>(table_), 0, sizeof(table_)); }

  void Register(Site site, SiteKind kind, Order order, Order failure) {
    std::size_t slot = (reinterpret_cast<std::uintptr_t>(site.file) / 8 +
                        static_cast<std::size_t>(site.line) * 31 + static_cast<std::size_t>(kind)) %
                       kSize;
    for (std::size_t probes = 0; probes < kSize; ++probes, slot = (slot + 1) % kSize) {
      ReachedSite& entry = table_[slot];
      if (entry.file == nullptr) {
        entry = {site.file, site.line, kind, order, failure};
        return;
      }
      if (entry.file == site.file && entry.line == site.line && entry.kind == kind) return;
    }
  }

  std::vector<ReachedSite> All() const {
    std::vector<ReachedSite> all;
    for (const ReachedSite& entry : table_) {
      if (entry.file != nullptr) all.push_back(entry);
    }
    return all;
  }

  const Mutation* active = nullptr;

 private:
  static constexpr std::size_t kSize = 1024;
  ReachedSite table_[kSize];
};

inline Sites& CurrentSites() {
  static Sites sites;
  return sites;
}

// Whether `name` is the end of the path `file`, by whole components: "b/c.h" of "a/b/c.h".
inline bool EndsWithPath(std::string_view file, std::string_view name) {
  if (!file.ends_with(name)) return false;
  return file.size() == name.size() || name.starts_with('/') ||
         file[file.size() - name.size() - 1] == '/';
}

inline bool Hits(const Mutation& mutation, Site site) {
  return mutation.line == site.line && EndsWithPath(site.file, mutation.file);
}

// One step down, for an operation that may have both halves (a read-modify-write).
inline Order StepDown(Order order, SiteKind kind) {
  if (order != Order::kSeqCst) return Order::kRelaxed;
  if (kind == SiteKind::kLoad) return Order::kAcquire;
  if (kind == SiteKind::kStore) return Order::kRelease;
  return Order::kAcqRel;
}

inline Order Weaken(Order order, SiteKind kind, Weakening weakening) {
  switch (weakening) {
    case Weakening::kOneStep:
      return StepDown(order, kind);
    case Weakening::kDropAcquire:
      return Order::kRelease;
    case Weakening::kDropRelease:
      return Order::kAcquire;
    case Weakening::kFailure:
    case Weakening::kDropFence:
      return order;
  }
  return order;
}

// The order to use for an operation that asks for `order`.
inline Order Effective(SiteKind kind, Order order, Site site) {
  Sites& sites = CurrentSites();
  sites.Register(site, kind, order, order);
  if (sites.active == nullptr || !Hits(*sites.active, site)) return order;
  return Weaken(order, kind, sites.active->weakening);
}

struct CasOrders {
  Order success;
  Order failure;
};

inline CasOrders Effective(Order success, Order failure, Site site) {
  Sites& sites = CurrentSites();
  sites.Register(site, SiteKind::kCompareExchange, success, failure);
  if (sites.active == nullptr || !Hits(*sites.active, site)) return {success, failure};
  if (sites.active->weakening == Weakening::kFailure) {
    return {success, StepDown(failure, SiteKind::kLoad)};
  }
  const Order weaker = Weaken(success, SiteKind::kCompareExchange, sites.active->weakening);
  // A failure order stronger than the weakened success order would undo half of the mutation.
  if (weaker == Order::kRelaxed || weaker == Order::kRelease) return {weaker, Order::kRelaxed};
  if (failure == Order::kSeqCst && weaker != Order::kSeqCst) return {weaker, Order::kAcquire};
  return {weaker, failure};
}

}  // namespace internal

// Every way to weaken `site` by one step; none if it is relaxed.
inline std::vector<Mutation> MutationsOf(const ReachedSite& site) {
  std::vector<Mutation> all;
  const auto add = [&](Weakening weakening, Order from, Order to, const char* half) {
    all.push_back({site.file, site.line, weakening,
                   std::string(Name(site.kind)) + half + " " + Name(from) + " → " + Name(to)});
  };
  if (site.kind == SiteKind::kFence) {
    all.push_back({site.file, site.line, Weakening::kDropFence, "fence dropped"});
    return all;
  }
  if (site.order == Order::kAcqRel) {
    add(Weakening::kDropAcquire, site.order, Order::kRelease, "");
    add(Weakening::kDropRelease, site.order, Order::kAcquire, "");
  } else if (site.order != Order::kRelaxed) {
    add(Weakening::kOneStep, site.order, internal::StepDown(site.order, site.kind), "");
  }
  // With an acquire success order the failure order is already weakened by the mutation above.
  if (site.kind == SiteKind::kCompareExchange && site.failure != Order::kRelaxed) {
    add(Weakening::kFailure, site.failure, internal::StepDown(site.failure, SiteKind::kLoad),
        " (failure)");
  }
  return all;
}

}  // namespace sabre::verify

#endif  // SABRE_VERIFY_MUTATION_H_
