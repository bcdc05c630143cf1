// sabre/clone/codec_time.h: codecs of points in time, which are Dates, and of durations.
#ifndef SABRE_CLONE_CODEC_TIME_H_
#define SABRE_CLONE_CODEC_TIME_H_

#include <chrono>
#include <cstdint>
#include <ratio>

#include "absl/time/time.h"
#include "sabre/clone/codec.h"
#include "sabre/clone/codec_scalar.h"

namespace sabre {

namespace internal {
// A Date holds +-8.64e15 ms from 1970; anything else, NaN included, fails.
bool WriteValidDate(Serializer& out, double milliseconds);
bool ReadValidDate(Deserializer& in, std::int64_t& milliseconds);
bool FailClockRange(Deserializer& in);
using WideMilliseconds = std::chrono::duration<double, std::milli>;
}  // namespace internal

// Dates have milliseconds: what is finer is rounded down. Beyond +-8.64e15 ms is a DataCloneError.
template <class Duration>
struct Codec<std::chrono::time_point<std::chrono::system_clock, Duration>> {
  using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, const Time& time) {
    const internal::WideMilliseconds wide = time.time_since_epoch();
    // Exact where it matters: double holds integers to 9.0e15.
    if (!(wide.count() > -9e15 && wide.count() < 9e15)) {
      return internal::WriteValidDate(out, wide.count());
    }
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
    return internal::WriteValidDate(out, static_cast<double>(whole.count()));
  }
  static bool Read(Deserializer& in, Time& time) {
    return in.ReadObject([&] {
      std::int64_t count;
      if (!internal::ReadValidDate(in, count)) return false;
      // A clock that counts nanoseconds in 64 bits reaches 292 years, a Date 273,000.
      const internal::WideMilliseconds wide(static_cast<double>(count));
      if (wide < internal::WideMilliseconds(Duration::min()) ||
          wide > internal::WideMilliseconds(Duration::max())) {
        return internal::FailClockRange(in);
      }
      time = Time(std::chrono::floor<Duration>(std::chrono::milliseconds(count)));
      return true;
    });
  }
};
template <>
struct Codec<absl::Time> {
  static constexpr bool kTakesId = true;
  static bool Write(Serializer& out, absl::Time time) {
    return internal::WriteValidDate(out, static_cast<double>(absl::ToUnixMillis(time)));
  }
  static bool Read(Deserializer& in, absl::Time& time) {
    return in.ReadObject([&] {
      std::int64_t milliseconds;
      if (!internal::ReadValidDate(in, milliseconds)) return false;
      time = absl::FromUnixMillis(milliseconds);
      return true;
    });
  }
};

// The number of ticks, in the duration's own unit.
template <class Rep, class Period>
struct Codec<std::chrono::duration<Rep, Period>> {
  using Duration = std::chrono::duration<Rep, Period>;
  static bool Write(Serializer& out, const Duration& duration) {
    return Codec<Rep>::Write(out, duration.count());
  }
  static bool Read(Deserializer& in, Duration& duration) {
    Rep count;
    if (!Codec<Rep>::Read(in, count)) return false;
    duration = Duration(count);
    return true;
  }
};
// The number of nanoseconds, as of std::chrono::nanoseconds; what is finer is cut off. Beyond 292
// years is a DataCloneError.
template <>
struct Codec<absl::Duration> {
  static bool Write(Serializer& out, absl::Duration duration);
  static bool Read(Deserializer& in, absl::Duration& duration);
};

}  // namespace sabre

#endif  // SABRE_CLONE_CODEC_TIME_H_
