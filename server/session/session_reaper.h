// The thread that ends sessions whose time has come, and, with a keeper, puts the idle ones to
// sleep and has checkpoints written; what all that means is the table's and the keeper's. What
// memory all that sets free goes back to the system in time.
//
// Thread safety: Start and the destructor belong to one thread; RunOnce may be called from any.
// Ownership: the table, the keeper and the clock outlive the reaper.
#ifndef CELLAR_SERVER_SESSION_SESSION_REAPER_H_
#define CELLAR_SERVER_SESSION_SESSION_REAPER_H_

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/session/session_table.h"

namespace cellar {

class SessionReaper {
 public:
  // A session that is created meanwhile may be due before all others: it is found this much late
  // at most.
  static constexpr absl::Duration kLongestWait = absl::Seconds(1);

  // A steady trickle of ends wakes the thread a hundred times a second, not more. (Callers never
  // see a session too long: a look-up ends it first.)
  static constexpr absl::Duration kShortestWait = absl::Milliseconds(10);

  // Does nothing until Start.
  SessionReaper(SessionTable& table, Clock& clock, SessionKeeper* keeper = nullptr)
      : table_(table), clock_(clock), keeper_(keeper) {}

  // Stops the thread, if it was started: at once if it waits, else when it is through.
  ~SessionReaper();

  SessionReaper(const SessionReaper&) = delete;
  SessionReaper& operator=(const SessionReaper&) = delete;

  // Starts the thread. REQUIRES: called once at most.
  void Start();

  // One round: ends what is due, puts to sleep what is idle, writes what is to be written by now.
  // Returns how long to wait before the next.
  absl::Duration RunOnce();

 private:
  void Run();

  SessionTable& table_;
  Clock& clock_;
  SessionKeeper* const keeper_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_REAPER_H_
