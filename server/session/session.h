// One running computation: identity, pinned model, state, next step, replay window, times.
//
// A session changes only through Commit of a lease. Whoever works on a session first takes a hold
// (it cannot expire while held: it waits or runs), and then, when its turn has come, a lease
// (nobody else works on it). Turns are given by the engine; the session only makes sure that there
// is never more than one lease.
//
// Thread safety: all methods may be called from any thread.
#ifndef CELLAR_SERVER_SESSION_SESSION_H_
#define CELLAR_SERVER_SESSION_SESSION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/cell/numerics.h"
#include "server/identity/tenant.h"
#include "server/model/model.h"
#include "server/model/stack_state.h"
#include "server/session/byte_budget.h"
#include "server/session/expiry_policy.h"
#include "server/session/replay_window.h"
#include "server/session/session_end.h"

namespace cellar {

enum class Durability { kMemory, kPeriodic, kEveryStep };

// What a session is, fixed at its creation.
struct SessionConfig {
  std::string tenant;  // whose it is
  std::string name;    // "sessions/{id}"
  ModelPin model;
  Numerics numerics;
  Durability durability = Durability::kMemory;
  absl::Duration ttl;
  int64_t replay_window_requests = 8;
  std::map<std::string, std::string> labels;
  std::shared_ptr<const AnyStackState>
      initial_state;       // in numerics.precision; where a reset goes back to
  absl::Time create_time;  // set by the table

  OwnedName owned_name() const { return {tenant, name}; }  // views of this
};

// What a session has become: a value. States and inputs inside are immutable and shared.
struct SessionProgress {
  std::shared_ptr<const AnyStackState> state;  // before step next_step
  int64_t next_step = 0;
  ReplayWindow window{0};
};

// Told when the stream it stands for must end. Called without locks held, from any thread, at most
// once.
class StreamListener {
 public:
  virtual ~StreamListener() = default;
  virtual void EndStream(absl::Status status) = 0;
};

// What the sessions of one table have in common. Lives as long as any of them.
struct SessionCommons {
  SessionCommons(Clock& used_clock, int64_t max_bytes, std::string epoch)
      : clock(used_clock), budget(max_bytes), server_epoch(std::move(epoch)) {}

  Clock& clock;
  ByteBudget budget;
  const std::string server_epoch;
};

// Bytes that the window's entries cost besides the numbers in them, for each entry.
int64_t WindowEntryOverheadBytes(const SessionProgress& progress);

// Bytes that a session is charged for: its states, the inputs in its window, its words, and an
// estimate of what keeping them costs. Everything counts in full, also what is shared with other
// sessions (a fork) or within one. REQUIRES: no state or inputs are null.
int64_t SessionBytes(const SessionConfig& config, const SessionProgress& progress);

class Session {
 public:
  // REQUIRES: `SessionBytes(config, progress)` are charged to the budget. The session gives back
  // what it is charged when it is destroyed, not when it ends.
  Session(SessionConfig config, SessionProgress progress, std::shared_ptr<SessionCommons> commons);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const SessionConfig& config() const { return config_; }

  // One word for tenant and name: what turns of the session are known by.
  const std::string& full_name() const { return full_name_; }

  // A consistent view of the present.
  struct View {
    std::shared_ptr<const AnyStackState> state;
    int64_t next_step = 0;
    int64_t durable_step = 0;
    int64_t oldest_step = 0;
    absl::Time update_time;  // creation or last commit
    absl::Time expire_time;  // while held: as if everything completed now
  };
  View Look() const;

  // Makes `listener` the stream of this session; the previous one is told SESSION_TAKEN_OVER.
  // Errors: as Lease::Commit, if the session has ended.
  absl::Status AttachStream(std::shared_ptr<StreamListener> listener);

  // Forgets `listener` if it is still the stream of this session.
  void DetachStream(const StreamListener* listener);

  // Whether `listener` is still the stream of this session; never once the session has ended, even
  // if the listener has yet to be told.
  bool IsAttached(const StreamListener* listener) const;

  // Errors: SESSION_DELETED or SESSION_EXPIRED if it has ended.
  absl::Status CheckAlive() const;

 private:
  friend class SessionTable;
  friend class SessionHold;
  friend class SessionLease;

  // Ends the session, unless it has ended. Returns whether it was this call that did.
  // The stream is told by TellEnd.
  bool End(SessionEnd end, absl::Time when);

  // Ends the session as expired if `now` has reached its expire time and nobody holds it. Returns
  // whether it has ended, now or before.
  bool EndIfExpired(absl::Time now);

  // Tells the stream of a session that has ended. REQUIRES: no lock is held.
  void TellEnd();

  // How and when the session ended. REQUIRES: it has.
  std::pair<SessionEnd, absl::Time> HowEnded() const;

  // When to look again whether it has expired: its expire time, but later than `now`.
  absl::Time NextLookTime(absl::Time now) const;

  // Counts one more hold; false if the session has ended, now or before.
  bool AddHold(absl::Time now);
  void RemoveHold();

  // Takes `bytes` more (or gives them back) for a change of progress that happens now. Errors: the
  // session has ended, SESSION_BYTES_LIMIT; then nothing changed.
  absl::Status ChargeChangeLocked(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool EndIfExpiredLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckAliveLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const SessionConfig config_;
  const std::string full_name_;
  const std::shared_ptr<SessionCommons> commons_;  // its members lock themselves

  mutable absl::Mutex mutex_;
  // Only the lease changes it, under the mutex; and so the lease may read it without.
  SessionProgress progress_ ABSL_GUARDED_BY(mutex_);
  int64_t charged_bytes_ ABSL_GUARDED_BY(mutex_);
  absl::Time update_time_ ABSL_GUARDED_BY(mutex_);
  SessionUse use_ ABSL_GUARDED_BY(mutex_);
  bool leased_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<SessionEnd> end_ ABSL_GUARDED_BY(mutex_);
  absl::Time end_time_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<StreamListener> stream_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_H_
