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
#include "server/session/shared_terms.h"
#include "server/session/short_time.h"

namespace cellar {

class Session {
 public:
  // REQUIRES: the terms are those of `config`, and `SessionBytes(config, progress)` are charged to
  // their budget. The session gives back what it is charged when it is destroyed, not when it ends.
  Session(std::shared_ptr<const SharedTerms> terms, SessionConfig config, SessionProgress progress);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const std::string& name() const { return name_; }
  OwnedName owned_name() const { return {terms().tenant, name_}; }  // views of this
  const SessionTerms& terms() const { return terms_->terms; }
  const SharedNumbers& initial_state() const { return initial_state_; }
  const ModelPin& pin() const { return pin_; }

  // All of it, copied together.
  SessionConfig config() const { return {terms(), name_, initial_state_, create_time_, pin_}; }

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
  // `patient`, since the last try.
  enum class SleepOutcome { kAsleep, kInUse, kNotKept };
  SleepOutcome FallAsleep(bool patient, absl::Time unused_before);
  bool IsAsleep() const;
  SessionUse Use() const;

  // The present and the times, to be written, and which change they are.
  struct Capture {
    SessionProgress progress;
    SessionTimes times;
    int64_t change_count = 0;
  };

  // What is to be written; nothing if that is on its way already, or the session has ended.
  // `times_too`: also if only its use is news. REQUIRES: called by the writer's thread, which calls
  // EndWriting with the outcome.
  std::optional<Capture> BeginWriting(bool times_too);
  void EndWriting(const Capture& written, bool ok);

  // As it was when it was written. REQUIRES: nobody else knows it yet.
  void ComeBack(const SessionTimes& times);

  // The change that happens now: counts it and tells what is to be done about it after the lock.
  enum class Duty { kNone, kNote, kNoteUrgent };
  Duty CountChangeLocked(bool is_step) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Takes `bytes` more (or gives them back) for a change of progress that happens now. Errors: the
  // session has ended, SESSION_BYTES_LIMIT; then nothing changed.
  absl::Status ChargeChangeLocked(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool EndIfExpiredLocked(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status CheckAliveLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  SessionUse UseLocked() const ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return {.unused_since = unused_since_, .ttl = terms().ttl, .hold_count = hold_count_};
  }

  // Of all sessions of the table; its members lock themselves.
  SessionCommons& commons() const { return *terms_->commons; }

  // Constant after construction.
  const std::shared_ptr<const SharedTerms> terms_;
  const std::string name_;
  const SharedNumbers initial_state_;
  const ShortTime create_time_;
  const ModelPin pin_;    // of the terms' model
  const int64_t number_;  // among the commons' sessions

  mutable absl::Mutex mutex_;
  // Only the lease changes it, under the mutex; and so the lease may read it without.
  SessionProgress progress_ ABSL_GUARDED_BY(mutex_);
  int64_t charged_bytes_ ABSL_GUARDED_BY(mutex_);
  ShortTime update_time_ ABSL_GUARDED_BY(mutex_);
  ShortTime unused_since_ ABSL_GUARDED_BY(mutex_);
  int64_t hold_count_ ABSL_GUARDED_BY(mutex_) = 0;
  ShortTime end_time_ ABSL_GUARDED_BY(mutex_);  // if it has ended
  std::shared_ptr<StreamListener> stream_ ABSL_GUARDED_BY(mutex_);

  // What the store has of it. Changes are counted; creation is the first.
  int64_t change_count_ ABSL_GUARDED_BY(mutex_) = 1;
  int64_t writing_count_ ABSL_GUARDED_BY(mutex_) = 0;  // up to here it is on its way
  int64_t kept_count_ ABSL_GUARDED_BY(mutex_) = 0;     // up to here the store has it
  int64_t turned_count_ ABSL_GUARDED_BY(mutex_) = 1;   // the last one that was no step
  int64_t durable_step_ ABSL_GUARDED_BY(mutex_) = 0;
  ShortTime writing_unused_since_ ABSL_GUARDED_BY(mutex_) = ShortTime(absl::InfinitePast());
  ShortTime kept_unused_since_ ABSL_GUARDED_BY(mutex_) = ShortTime(absl::InfinitePast());

  // Small things, beside each other.
  std::optional<SessionEnd> end_ ABSL_GUARDED_BY(mutex_);
  bool leased_ ABSL_GUARDED_BY(mutex_) = false;
  bool noted_ ABSL_GUARDED_BY(mutex_) = false;   // the watcher knows that there is news
  bool urgent_ ABSL_GUARDED_BY(mutex_) = false;  // and that it is much
  bool used_ ABSL_GUARDED_BY(mutex_) = true;     // since somebody last wanted it to sleep
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;  // for ever: it comes back as another object
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_H_
