// A session's place in the table: what a Session and a SessionSleeper (session_sleeper.h) are to
// its indices.
//
// Thread safety: externally synchronised, by the table's mutex.
#ifndef CELLAR_SERVER_SESSION_SESSION_ENTRY_H_
#define CELLAR_SERVER_SESSION_SESSION_ENTRY_H_

#include "server/session/short_time.h"

namespace cellar {

class SessionEntry {
 public:
  bool is_sleeper() const { return is_sleeper_; }

 protected:
  explicit SessionEntry(bool is_sleeper) : is_sleeper_(is_sleeper) {}
  ~SessionEntry() = default;

  ShortTime due_time_;  // when the table looks at it again

 private:
  friend struct SessionIndex;
  friend struct DueInOrder;

  const bool is_sleeper_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_ENTRY_H_
