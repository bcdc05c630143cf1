// Act 3 of the demo: the queue of act 2 is checked as it is; then one memory order in it is weakened,
// from the same source, and the shortest execution that goes wrong is printed.
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "sabre/lockfree/mpmc_ring.h"
#include "sabre/verify/audit.h"
#include "sabre/verify/check.h"
#include "sabre/verify/counterexample.h"

namespace {

using namespace sabre::verify;

// A producer hands one value to a consumer.
struct OneValue : Model<OneValue, 2> {
  sabre::MpmcRing<int, RelacySync> ring{2};
  void Thread(int id) {
    if (id == 0) {
      SABRE_VERIFY(ring.TryPush(42));
    } else if (const std::optional<int> value = ring.TryPop()) {
      SABRE_VERIFY(*value == 42);
      Reached("received");
    } else {
      Reached("came too early");
    }
  }
};

const ReachedSite* FirstReleaseStore(const std::vector<ReachedSite>& sites) {
  const ReachedSite* first = nullptr;
  for (const ReachedSite& site : sites) {
    if (site.kind != SiteKind::kStore || site.order != Order::kRelease) continue;
    if (first == nullptr || site.line < first->line) first = &site;
  }
  return first;
}

}  // namespace

int main(int, char** argv) {
  internal::ProgramFolder() = std::filesystem::absolute(argv[0]).parent_path();
  const ClaimEntry claim =
      Claim<OneValue>("", {.searches = {Full()}, .reaches = {"received", "came too early"}});

  const CheckResult right = Check(claim);
  std::printf("MpmcRing as it is: %s. %s executions of a push beside a pop (%s), %.2f s.\n",
              right.passed ? "no execution goes wrong" : Name(right.found),
              internal::WithCommas(right.executions()).c_str(), internal::Searches(right).c_str(),
              right.seconds);
  if (!right.passed) return 1;

  const std::vector<ReachedSite> sites = internal::CurrentSites().All();
  const ReachedSite* const site = FirstReleaseStore(sites);
  if (site == nullptr) return 1;
  const Mutation mutation = MutationsOf(*site).front();
  std::printf("\nThe same source with one order weakened, %s:%d, %s:\n    %s\n\n",
              internal::BaseName(site->file).c_str(), site->line, mutation.text.c_str(),
              internal::LineOf(site->file, site->line).c_str());
  const ScopedMutation in_force(mutation);
  const CheckResult wrong = Check(claim);
  if (wrong.failure() == nullptr || wrong.found != FailureKind::kDataRace) {
    std::printf("the weakened queue was not caught\n");
    return 1;
  }
  std::printf("%s", Describe(Shortest(*claim.ops, *wrong.failure())).c_str());
  return 0;
}
