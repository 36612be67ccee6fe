// The time, injected: every part that needs it takes a Clock, so that tests turn the hands
// themselves.
//
// Thread safety: all methods may be called from any thread.
// Ownership: whoever takes a Clock& keeps it for its own lifetime; the caller keeps the clock
// alive.
#ifndef CELLAR_SERVER_BASE_CLOCK_H_
#define CELLAR_SERVER_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace cellar {

class Clock {
 public:
  virtual ~Clock() = default;

  // The current time. Never runs backwards: a later call gives the same or a later time.
  virtual absl::Time Now() = 0;
};

// The machine's clock; lives for ever. This is the only place of the product that reads the time.
Clock& SystemClock();

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_CLOCK_H_
