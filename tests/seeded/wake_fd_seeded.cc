// The descriptors of the platform room, as numbers that only the seeded scheduler knows.
#include <map>

#include "lib/platform/wake_fd.h"
#include "tests/seeded/scenario.h"

namespace sabre::platform {
namespace {

struct Descriptor {
  bool rung = false;
  TimePoint timer = kNever;

  bool Readable() const { return rung || timer <= seeded::Now(); }
};

std::map<int, Descriptor> descriptors;
int opened = 0;

}  // namespace

WakeFd::~WakeFd() { descriptors.erase(poll_fd_); }

bool WakeFd::Supported() noexcept { return true; }

int WakeFd::Open() noexcept {
  poll_fd_ = ++opened;
  descriptors[poll_fd_] = {};
  return 0;
}

void WakeFd::Ring() noexcept {
  seeded::Point();
  Descriptor& descriptor = descriptors[poll_fd_];
  descriptor.rung = true;
  seeded::Note("ring the descriptor", this, {__FILE__, __LINE__});
  seeded::WakeAll(&descriptor);
}

void WakeFd::SetTimer(TimePoint when) noexcept {
  seeded::Point();
  descriptors[poll_fd_].timer = when;
  seeded::Note("set the descriptor's timer", this, {__FILE__, __LINE__});
}

void WakeFd::Clear() noexcept {
  seeded::Point();
  descriptors[poll_fd_] = {};
  seeded::Note("clear the descriptor", this, {__FILE__, __LINE__});
}

}  // namespace sabre::platform

namespace sabre::seeded {

void AwaitReadable(int fd) {
  Point();
  platform::Descriptor& descriptor = platform::descriptors.at(fd);
  while (!descriptor.Readable()) {
    Sleep("poll the descriptor", &descriptor, {__FILE__, __LINE__}, descriptor.timer);
  }
}

}  // namespace sabre::seeded
