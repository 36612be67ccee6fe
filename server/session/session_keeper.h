// Keeps sessions in the store: what is written when, and how it comes back.
//
// PERIODIC: what a session has become is written when it has gone on for checkpoint_steps, and
// every checkpoint_interval if there is news. EVERY_STEP: before the answer leaves. Every other
// change (creation, rewind, reset, a set state) is written before its answer with both. MEMORY:
// before the creation is answered, so that a later run of the server knows what was lost (no sync:
// if the power goes as well, that may be gone), and when the server ends in order. Whatever is
// written is the whole session, as it is at that moment.
//
// Thread safety: all methods may be called from any thread. No lock is held while the store works
// or somebody is told. Ownership: the store and the writer outlive the keeper, the keeper the table
// of the sessions.
#ifndef CELLAR_SERVER_SESSION_SESSION_KEEPER_H_
#define CELLAR_SERVER_SESSION_SESSION_KEEPER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/identity/tenant.h"
#include "server/session/session.h"
#include "server/session/session_record.h"
#include "server/session/tombstones.h"
#include "server/store/group_writer.h"
#include "server/store/record_store.h"

namespace cellar {

class SessionKeeper final : public SessionWatcher {
 public:
  struct Options {
    int64_t checkpoint_steps = 1000;  // of one session
    absl::Duration checkpoint_interval = absl::Seconds(1);
  };

  using Done = absl::AnyInvocable<void(absl::Status)>;

  // `log` takes a line for the operator, from any thread.
  SessionKeeper(RecordStore& store, GroupWriter& writer, Clock& clock, Options options,
                std::function<void(const std::string&)> log);

  // Waits until everything that was begun is written.
  ~SessionKeeper() override;

  const Options& options() const { return options_; }

  // Whether answers can be kept now. Errors: STORE_FAILED, for as long as the last write failed.
  absl::Status CheckWorking() const { return writer_.last_write(); }

  // Writes that a run of the server begins, and returns whether the one before it (if any) ended in
  // order, by EndRun: only then are sessions of durability MEMORY what the store says. Errors:
  // STORE_FAILED.
  absl::StatusOr<bool> BeginRun(const std::string& epoch);
  absl::Status EndRun(const std::string& epoch);

  // Calls `done` with `outcome`, once the store has what the answer is about, as the session's
  // durability wants it; with STORE_FAILED if the outcome is OK but cannot be kept. For one session
  // of durability EVERY_STEP in the order of the calls.
  void Settle(const std::shared_ptr<Session>& session, absl::Status outcome, Done done);

  // SessionWatcher.
  void Changed(const std::shared_ptr<Session>& session, bool urgent) override;

  // Writes all there is to know of the session, soon, whatever its durability.
  void Keep(const std::shared_ptr<Session>& session);

  // Writes what is to be written by now, and tries again what failed. Returns when there will be
  // something to do again at the latest.
  absl::Duration Checkpoint();

  // Waits until everything that was begun is written. Errors: STORE_FAILED.
  absl::Status Flush() { return writer_.Flush(); }

  // The session that sleeps in the store under this name. Errors: RECORD_CORRUPT and others with
  // DATA_LOSS (it is not there, or no session of this model); STORE_FAILED (try again). No others.
  absl::StatusOr<StoredSession> Load(const OwnedName& owned, ModelPin model) const;

  // Replaces what the store has of a session by how it ended. The record of one that is damaged is
  // moved out of the way; TellDamage is for the caller to call.
  void Bury(const OwnedName& owned, const Tombstone& tombstone);

  // Moves a record out of the way that cannot be read because of `why`, and tells the operator.
  void SetAside(const std::string& key, const absl::Status& why);

  // Tells the operator what was moved out of the way at `time`, and why.
  void TellDamage(const std::string& key, absl::Time time, const absl::Status& why);

  // Ends of sessions that are too old to be told (FullNames).
  void ForgetTombstones(std::vector<std::string> names);

 private:
  void Submit(const std::shared_ptr<Session>& session, bool times_too, Done done);
  void Remember(const std::shared_ptr<Session>& session) ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Status WriteRun(const std::string& epoch, bool ended);

  // Moves the record, as it is when this is first asked, to where it is kept as damaged at `time`.
  absl::AnyInvocable<void(RecordBatch&)> Move(const std::string& key, absl::Time time);

  // Writes changes that must not be forgotten: again and again until it succeeds.
  void SubmitLasting(absl::AnyInvocable<void(RecordBatch&)> fill, bool sync);

  // Constant after construction, or locks itself.
  RecordStore& store_;
  GroupWriter& writer_;
  Clock& clock_;
  const Options options_;
  const std::function<void(const std::string&)> log_;

  absl::Mutex mutex_;
  std::vector<std::weak_ptr<Session>> noted_ ABSL_GUARDED_BY(mutex_);  // have news
  absl::Time last_checkpoint_ ABSL_GUARDED_BY(mutex_);
};

// The payload of a tombstone's record, and back. Errors: RECORD_CORRUPT.
std::string WriteTombstone(const Tombstone& tombstone);
absl::StatusOr<Tombstone> ReadTombstone(absl::string_view key, absl::string_view payload);

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_KEEPER_H_
