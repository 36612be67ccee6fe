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
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/shared_numbers.h"
#include "server/session/expiry_policy.h"
#include "server/session/session_commons.h"
#include "server/session/session_config.h"
#include "server/session/session_end.h"
#include "server/session/session_entry.h"
#include "server/session/session_name.h"
#include "server/session/session_rest.h"
#include "server/session/shared_terms.h"
#include "server/session/short_time.h"

namespace cellar {

class Session : public SessionEntry {
 public:
  // REQUIRES: the terms are those of `config`, and `SessionBytes(config, progress)` are charged to
  // their budget. The session gives back what it is charged when it is destroyed, not when it ends.
  Session(std::shared_ptr<const SharedTerms> terms, SessionConfig config, SessionProgress progress);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  absl::string_view name() const { return name_.view(); }
  OwnedName owned_name() const { return {terms().tenant, name()}; }  // views of this
  const SessionTerms& terms() const { return terms_->terms; }
  const SharedNumbers& initial_state() const { return initial_state_; }
  ModelPin pin() const { return ModelPin::Again(terms().model); }  // one more

  // All of it, copied together.
  SessionConfig config() const {
    return {terms(), std::string(name()), initial_state_, create_time_, pin()};
  }

  // What its turns are known by: bytes that no other session of its table has, or ever had.
  absl::string_view turn_key() const {
    return {reinterpret_cast<const char*>(&number_), sizeof(number_)};
  }

  // A consistent view of the present.
  struct View {
    SharedNumbers state;
    int64_t next_step = 0;
    int64_t durable_step = 0;
    int64_t oldest_step = 0;
    absl::Time update_time;  // creation or last commit
    absl::Time expire_time;  // while held: as if everything completed now
  };
  View Look() const;

  // How many steps behind the oldest one that can be gone back to `step_index` is; 0 if it is none
  // of those.
  int64_t StepsBehindOldest(int64_t step_index) const;

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

  // Whether an answer about what the session is now has to wait until the store has it.
  bool MustBeKept() const;

 private:
  friend class SessionTable;
  friend struct SessionIndex;
  friend class SessionKeeper;
  friend class SessionHold;
  friend class SessionLease;

  // Ends the session, unless it has ended or sleeps. Returns whether it was this call that did.
  // The stream is told by TellEnd.
  bool End(SessionEnd end, absl::Time when);

  // Ends the session as expired if `now` has reached its expire time, nobody holds it and it does
  // not sleep. Returns whether it has ended, now or before.
  bool EndIfExpired(absl::Time now);

  // Tells the stream of a session that has ended. REQUIRES: no lock is held.
  void TellEnd();

  // How and when the session ended. REQUIRES: it has.
  std::pair<SessionEnd, absl::Time> HowEnded() const;

  // When to look again whether it has expired: its expire time, but later than `now`.
  absl::Time NextLookTime(absl::Time now) const;

  // Counts one more hold, unless the session has ended, now or before, or sleeps: then whoever
  // wants it looks it up again.
  enum class HoldOutcome { kHeld, kEnded, kAsleep };
  HoldOutcome AddHold(absl::Time now);

  // Whether the use that ends here is news for the watcher: that nobody changed anything does not
  // mean that nobody was there, and its time runs from now.
  bool RemoveHold();
  bool RemoveHoldLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Whether it can leave memory; kAsleep: it has, as far as it is concerned: nobody holds it and
  // nobody will. The store has everything. kInUse: also if it was used after `unused_before` or,
  // `patient`, since the last try. kNotKept: the store has to have it first, and the caller sees to
  // that (SessionKeeper::Keep); kBeingKept: somebody else has. What could not be written is written
  // by the next checkpoint, so that nobody is asked again.
  enum class SleepOutcome { kAsleep, kInUse, kNotKept, kBeingKept };
  SleepOutcome FallAsleep(bool patient, absl::Time unused_before);
  bool IsAsleep() const;
  SessionUse Use() const;

  // What is to be written; nothing if that is on its way already, or the session has ended.
  // `times_too`: also if only its use is news. REQUIRES: called by the writer's thread, which calls
  // EndWriting with the outcome.
  std::optional<SessionCapture> BeginWriting(bool times_too);
  void EndWriting(const SessionCapture& written, bool ok);

  // As it was when it was written. REQUIRES: nobody else knows it yet.
  void ComeBack(const SessionTimes& times);

  // The change that happens now: counts it and tells what is to be done about it after the lock.
  enum class Duty { kNone, kNote, kNoteUrgent };
  Duty CountChangeLocked(bool is_step) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // What it is charged.
  int64_t ChargedBytesLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return SessionBytes(terms(), name(), initial_state_, progress_);
  }

  // Takes `bytes` more (or gives them back) for a change of progress that happens now. Errors: the
  // session has ended, SESSION_BYTES_LIMIT; then nothing changed.
  absl::Status ChargeChangeLocked(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // REQUIRES: it is alive.
  void EndLocked(SessionEnd end, absl::Time when) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool EndIfExpiredLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckAliveLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  SessionUse UseLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return {.unused_since = unused_since_, .ttl = terms().ttl, .hold_count = hold_count_};
  }

  // Of all sessions of the table; its members lock themselves.
  SessionCommons& commons() const { return *terms_->commons; }

  // To look at, and to change.
  const SessionRest& RestLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  SessionRest& MutableRestLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // In the order in which they are looked at: a session among a million is in no cache.

  SessionLife life_ ABSL_GUARDED_BY(mutex_) = SessionLife::kAlive;
  bool leased_ ABSL_GUARDED_BY(mutex_) = false;
  bool used_ ABSL_GUARDED_BY(mutex_) = true;  // since somebody last wanted it to sleep
  int32_t hold_count_ ABSL_GUARDED_BY(mutex_) = 0;
  mutable absl::Mutex mutex_;
  // Only the lease changes it, under the mutex; and so the lease may read it without.
  SessionProgress progress_ ABSL_GUARDED_BY(mutex_);
  const std::shared_ptr<const SharedTerms> terms_;
  const SessionName name_;
  ShortTime unused_since_ ABSL_GUARDED_BY(mutex_);
  ShortTime update_time_ ABSL_GUARDED_BY(mutex_);
  const int64_t number_;                                       // among the commons' sessions
  std::unique_ptr<SessionRest> rest_ ABSL_GUARDED_BY(mutex_);  // null: as it begins
  const ShortTime create_time_;
  const SharedNumbers initial_state_;
};

static_assert(sizeof(void*) != 8 || sizeof(Session) <= 168, "with what is beside it 192 bytes");

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_H_
