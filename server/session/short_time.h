// A point in time in 8 bytes where absl::Time has 16: nanoseconds, from 1677 to 2262. A session and
// its places in the indices have many.
//
// Thread safety: a value.
#ifndef CELLAR_SERVER_SESSION_SHORT_TIME_H_
#define CELLAR_SERVER_SESSION_SHORT_TIME_H_

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace cellar {

class ShortTime {
 public:
  // 1970.
  ShortTime() = default;

  // Earlier and later times become the earliest and the latest there are, and those the infinite
  // ones on the way back.
  explicit ShortTime(absl::Time time) : nanos_(absl::ToUnixNanos(time)) {}
  operator absl::Time() const {  // NOLINT(google-explicit-constructor): the same, longer
    if (nanos_ == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
    if (nanos_ == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
    return absl::FromUnixNanos(nanos_);
  }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a comparison with 0 in the default
  friend auto operator<=>(const ShortTime&, const ShortTime&) = default;

 private:
  int64_t nanos_ = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SHORT_TIME_H_
