#include "server/session/session_table.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "server/base/status_macros.h"
#include "server/session/session_errors.h"
#include "server/session/tombstones.h"

namespace cellar {
namespace {

constexpr absl::string_view kNamePrefix = "sessions/";

// So many sessions or tombstones are ended or forgotten under one lock: when a hundred thousand
// are due at once, callers get their turn in between.
constexpr int64_t kBatchSize = 256;

}  // namespace

// One mutex guards the indices; it is held for a few look-ups at a time and never while a stream is
// told, memory of sessions is freed, or an error is worded.
//
// Invariants, under the mutex:
//  1. `sessions`, `names` and `due` have the same sessions. Keys are views of the sessions' own
//     tenants and names.
//  2. Each session has one entry in `due`, at a time not later than its expire time (which only
//     moves into the future): work on a session does not touch the table, and EndDue looks again
//     at what it finds too early.
//  3. A session that ended may still be in the indices for a moment: the session itself knows best
//     whether it lives. Whoever finds it ended buries it.
struct SessionTable::Implementation {
  using Sessions = std::vector<std::shared_ptr<Session>>;

  struct Entry {
    std::shared_ptr<Session> session;
    absl::Time due_time;
  };

  Implementation(const Limits& used_limits, Clock& used_clock)
      : limits(used_limits),
        clock(used_clock),
        ids(used_clock.Now()),
        commons(std::make_shared<SessionCommons>(used_clock, used_limits.max_bytes, ids.epoch())),
        tombstones(used_limits.max_tombstones, used_limits.tombstone_retention) {}

  // Constant after construction.
  const Limits limits;

  // Lock themselves.
  Clock& clock;
  const SessionIdMaker ids;
  const std::shared_ptr<SessionCommons> commons;
  Counts counts;

  mutable absl::Mutex mutex;
  absl::flat_hash_map<OwnedName, Entry> sessions ABSL_GUARDED_BY(mutex);
  absl::btree_set<OwnedName> names ABSL_GUARDED_BY(mutex);
  absl::btree_set<std::pair<absl::Time, OwnedName>> due ABSL_GUARDED_BY(mutex);
  Tombstones tombstones ABSL_GUARDED_BY(mutex);

  // Takes a session that has ended out of the indices and remembers its end. REQUIRES: it is there.
  // Returns it, to be told and freed after the lock.
  std::shared_ptr<Session> BuryLocked(const OwnedName& owned) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    const auto found = sessions.find(owned);
    std::shared_ptr<Session> session = std::move(found->second.session);
    const auto [end, end_time] = session->HowEnded();
    (end == SessionEnd::kExpired ? counts.expired : counts.deleted).Add();
    tombstones.Add(FullName(session->config().owned_name()), {end, end_time});
    due.erase({found->second.due_time, found->first});
    names.erase(found->first);
    sessions.erase(found);
    return session;
  }

  // The same, unless somebody else has done it.
  void Bury(const Session& session) {
    std::shared_ptr<Session> buried;
    {
      absl::MutexLock lock(&mutex);
      const auto found = sessions.find(session.config().owned_name());
      if (found == sessions.end() || found->second.session.get() != &session) return;
      buried = BuryLocked(found->first);
    }
    buried->TellEnd();
  }

  // Whatever goes by this name, alive or not.
  absl::StatusOr<std::shared_ptr<Session>> Lookup(const OwnedName& owned) {
    std::optional<Tombstone> tombstone;
    {
      absl::ReaderMutexLock lock(&mutex);
      const auto found = sessions.find(owned);
      if (found != sessions.end()) return found->second.session;
      tombstone = tombstones.Find(FullName(owned), clock.Now());
    }
    return WhyNotThere(owned.name, tombstone);
  }

  absl::Status WhyNotThere(absl::string_view name, const std::optional<Tombstone>& tombstone) {
    if (tombstone.has_value()) {
      return SessionEnded(name, tombstone->end, tombstone->end_time, ids.epoch());
    }
    absl::string_view id = name;
    if (absl::ConsumePrefix(&id, kNamePrefix)) {
      const std::optional<std::string> epoch = ids.EarlierEpochOf(id);
      if (epoch.has_value()) return SessionLost(name, *epoch, ids.epoch());
    }
    return SessionNotFound(name, ids.epoch());
  }

  // Adds a session, or tells why not; then `config` and `progress` are still there.
  absl::StatusOr<std::shared_ptr<Session>> TryCreate(SessionConfig& config,
                                                     SessionProgress& progress) {
    CELLAR_RETURN_IF_ERROR(MakeNameFree(config.owned_name()));
    const int64_t bytes = SessionBytes(config, progress);
    absl::MutexLock lock(&mutex);
    if (sessions.contains(config.owned_name())) return SessionExists(config.name);
    if (static_cast<int64_t>(sessions.size()) >= limits.max_sessions) {
      return SessionLimit(limits.max_sessions);
    }
    CELLAR_RETURN_IF_ERROR(commons->budget.Charge(bytes));
    config.create_time = clock.Now();
    auto session = std::make_shared<Session>(std::move(config), std::move(progress), commons);
    const OwnedName owned = session->config().owned_name();
    const absl::Time due_time = session->NextLookTime(session->config().create_time);
    tombstones.Remove(FullName(owned));
    sessions.emplace(owned, Entry{session, due_time});
    names.insert(owned);
    due.emplace(due_time, owned);
    counts.created.Add();
    return session;
  }

  // Buries what has ended under this name. Errors: SESSION_EXISTS if it lives.
  absl::Status MakeNameFree(const OwnedName& owned) {
    const auto existing = Lookup(owned);
    if (!existing.ok()) return absl::OkStatus();
    if (!(*existing)->EndIfExpired(clock.Now())) return SessionExists(owned.name);
    Bury(**existing);
    return absl::OkStatus();
  }

  // Ends sessions and forgets tombstones that are due at `now`, each at most kBatchSize. Returns
  // whether there may be more. Ended sessions go into `ended`.
  bool EndSomeDue(absl::Time now, Sessions& ended) ABSL_LOCKS_EXCLUDED(mutex) {
    absl::MutexLock lock(&mutex);
    int64_t seen_count = 0;
    for (; seen_count < kBatchSize && !due.empty() && due.begin()->first <= now; ++seen_count) {
      const OwnedName owned = due.begin()->second;
      Entry& entry = sessions.find(owned)->second;
      if (entry.session->EndIfExpired(now)) {
        ended.push_back(BuryLocked(owned));
        continue;
      }
      due.erase(due.begin());
      entry.due_time = entry.session->NextLookTime(now);
      due.emplace(entry.due_time, owned);
    }
    return std::max(tombstones.RemoveOld(now, kBatchSize), seen_count) == kBatchSize;
  }

  Sessions Page(const OwnedName& after, int64_t max_count) const {
    Sessions page;
    absl::ReaderMutexLock lock(&mutex);
    for (auto next = names.upper_bound(after);
         next != names.end() && next->tenant == after.tenant &&
         static_cast<int64_t>(page.size()) < max_count;
         ++next) {
      page.push_back(sessions.find(*next)->second.session);
    }
    return page;
  }

  absl::Time NextDueTime() const {
    absl::ReaderMutexLock lock(&mutex);
    const absl::Time next = due.empty() ? absl::InfiniteFuture() : due.begin()->first;
    return std::min(next, tombstones.NextRemovalTime());
  }
};

SessionTable::SessionTable(Limits limits, Clock& clock)
    : implementation_(std::make_unique<Implementation>(limits, clock)) {}

SessionTable::~SessionTable() = default;

absl::StatusOr<std::shared_ptr<Session>> SessionTable::Create(SessionConfig config,
                                                              SessionProgress progress) {
  if (config.name.empty()) {
    const std::string id = implementation_->ids.Make();
    if (id.empty()) return SessionPromiseBroken(config.name, "the system has no random numbers");
    config.name = absl::StrCat(kNamePrefix, id);
  }
  if (config.initial_state == nullptr || progress.state == nullptr) {
    return SessionPromiseBroken(config.name, "no state to start from");
  }
  auto created = implementation_->TryCreate(config, progress);
  if (absl::IsResourceExhausted(created.status())) {
    // Sessions whose time has come must not take the room of new ones.
    EndDue();
    created = implementation_->TryCreate(config, progress);
  }
  return created;
}

absl::StatusOr<std::shared_ptr<Session>> SessionTable::Find(const OwnedName& owned) {
  CELLAR_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, implementation_->Lookup(owned));
  if (!session->EndIfExpired(implementation_->clock.Now())) return session;
  implementation_->Bury(*session);
  return session->CheckAlive();
}

absl::StatusOr<SessionHold> SessionTable::Hold(const OwnedName& owned) {
  CELLAR_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, implementation_->Lookup(owned));
  return Hold(std::move(session));
}

absl::StatusOr<SessionHold> SessionTable::Hold(std::shared_ptr<Session> session) {
  if (session->AddHold(implementation_->clock.Now())) return SessionHold(std::move(session));
  implementation_->Bury(*session);
  return session->CheckAlive();
}

std::vector<std::shared_ptr<Session>> SessionTable::List(const OwnedName& after,
                                                         int64_t max_count) {
  EndDue();  // what is left lives
  return implementation_->Page(after, max_count);
}

absl::Status SessionTable::Delete(const OwnedName& owned) {
  CELLAR_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, implementation_->Lookup(owned));
  const absl::Time now = implementation_->clock.Now();
  const bool deleted = !session->EndIfExpired(now) && session->End(SessionEnd::kDeleted, now);
  implementation_->Bury(*session);
  return deleted ? absl::OkStatus() : session->CheckAlive();
}

absl::Time SessionTable::EndDue() {
  const absl::Time now = implementation_->clock.Now();
  bool more = true;
  while (more) {
    Implementation::Sessions ended;  // freed in every round, after the lock
    more = implementation_->EndSomeDue(now, ended);
    for (const std::shared_ptr<Session>& session : ended) session->TellEnd();
  }
  return implementation_->NextDueTime();
}

const SessionTable::Counts& SessionTable::counts() const { return implementation_->counts; }

int64_t SessionTable::session_count() const {
  absl::ReaderMutexLock lock(&implementation_->mutex);
  return static_cast<int64_t>(implementation_->sessions.size());
}

int64_t SessionTable::used_bytes() const { return implementation_->commons->budget.used_bytes(); }

const std::string& SessionTable::epoch() const { return implementation_->ids.epoch(); }

}  // namespace cellar
