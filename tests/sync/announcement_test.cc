#include "sabre/sync/announcement.h"

#include <doctest/doctest.h>

#include "sabre/sync/std_sync.h"

namespace sabre {
namespace {

TEST_CASE("an Announcement stands until each Announce is retracted") {
  Announcement<StdSync> announcement;
  CHECK_FALSE(announcement.AnyoneWaiting());
  announcement.Announce();
  announcement.Announce();
  CHECK(announcement.AnyoneWaiting());
  announcement.Retract();
  CHECK(announcement.AnyoneWaiting());
  announcement.Retract();
  CHECK_FALSE(announcement.AnyoneWaiting());
}

}  // namespace
}  // namespace sabre
