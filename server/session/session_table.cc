#include "server/session/session_table.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/session/session_errors.h"
#include "server/session/session_id.h"
#include "server/session/session_index.h"

namespace cellar {
namespace {

// So many sessions are looked at at most, in one round of the reaper, for whether they should
// sleep.
constexpr int64_t kMaxSleepLooks = 4096;

// And so many, twice, by whoever finds no room, which may be the thread that serves all calls:
// among 100 000 sessions a look takes 3 us.
constexpr int64_t kMaxLooksForRoom = 128;

// Above this share of the bytes, room is made before anybody needs it: whoever brings a session
// into memory looks at so many others in passing. What has to be written before it sleeps has been,
// by the time its room is needed.
constexpr int64_t FullBytes(int64_t max_bytes) { return max_bytes / 4 * 3; }
constexpr int64_t kLooksInPassing = 16;

}  // namespace

struct SessionTable::Implementation : SessionIndex {
  using SessionIndex::SessionIndex;

  // Adds a session, or tells why not; then `config` and `progress` are still there. `max_looks`: as
  // ChargeOrMakeRoom.
  absl::StatusOr<std::shared_ptr<Session>> TryCreate(SessionConfig& config,
                                                     SessionProgress& progress, int64_t max_looks) {
    CELLAR_RETURN_IF_ERROR(MakeNameFree(config.owned_name()));
    if (const auto full = FindFull(config.tenant); full.has_value()) return SessionLimit(*full);
    const int64_t bytes = SessionBytes(config, progress);
    CELLAR_RETURN_IF_ERROR(ChargeOrMakeRoom(config.tenant, bytes, max_looks));
    absl::StatusOr<std::shared_ptr<Session>> created = AddCharged(config, progress);
    if (!created.ok()) commons->budgets.Of(config.tenant).Charge(-bytes).IgnoreError();
    return created;
  }

  // Buries what has ended under this name. Errors: SESSION_EXISTS if it lives.
  absl::Status MakeNameFree(const OwnedName& owned) {
    while (true) {
      const Found found = Lookup(owned);
      if (found.asleep) {
        return EndAsleepIfExpired(owned) ? absl::OkStatus() : SessionExists(owned.name);
      }
      if (found.session == nullptr) return absl::OkStatus();
      if (found.session->EndIfExpired(clock.Now())) {
        Bury(*found.session);
        return absl::OkStatus();
      }
      if (!found.session->IsAsleep()) return SessionExists(owned.name);
    }
  }

  // Takes bytes of the tenant's budget; if they are not there, those of sessions that nobody uses:
  // looks at `max_looks` for one that was not used of late, and at as many again for any.
  absl::Status ChargeOrMakeRoom(const std::string& tenant, int64_t bytes, int64_t max_looks) {
    ByteBudget& budget = commons->budgets.Of(tenant);
    absl::Status charged = budget.Charge(bytes);
    if (keeper == nullptr) return charged;
    MakeRoom(tenant, kLooksInPassing, Sparing::kUsedOfLate, FullBytes);
    for (const auto sparing : {Sparing::kUsedOfLate, Sparing::kNobody}) {
      if (charged.ok()) break;
      MakeRoom(tenant, max_looks, sparing,
               [bytes](int64_t max_bytes) { return max_bytes - bytes; });
      charged = budget.Charge(bytes);
    }
    return charged;
  }

  // Puts sessions to sleep until no more is used than `enough` says of a budget: of the tenant's,
  // and of that of all.
  template <class Enough>
  void MakeRoom(const std::string& tenant, int64_t max_looks, Sparing sparing,
                const Enough& enough) {
    ByteBudget& own = commons->budgets.Of(tenant);
    ByteBudget& all = commons->budgets.all();
    if (&own != &all) SleepSome(max_looks, {own, tenant, enough(own.limit_bytes())}, sparing);
    SleepSome(max_looks, {all, std::nullopt, enough(all.limit_bytes())}, sparing);
  }

  // The session in memory, awake now if it was asleep; it may have ended.
  absl::StatusOr<std::shared_ptr<Session>> Wake(const OwnedName& owned) {
    while (true) {
      Found found = Lookup(owned);
      if (found.session != nullptr) return std::move(found.session);
      if (!found.asleep) return WhyNotThere(owned.name, found.tombstone);
      if (EndAsleepIfExpired(owned)) continue;
      CELLAR_ASSIGN_OR_RETURN(std::optional<StoredSession> stored, LoadAsleep(owned, found));
      if (!stored.has_value()) continue;
      const int64_t bytes = SessionBytes(stored->config, stored->progress);
      CELLAR_RETURN_IF_ERROR(ChargeOrMakeRoom(stored->config.tenant, bytes, kMaxLooksForRoom));
      if (auto woken = PutAwake(found.sleep_number, *stored)) return woken;
      // Somebody else was quicker.
      commons->budgets.Of(owned.tenant).Charge(-bytes).IgnoreError();
    }
  }

  // A copy of a session that sleeps, to be looked at; outside of the budget.
  std::shared_ptr<Session> Show(StoredSession stored) {
    auto terms = visitors_terms.Share(stored.config);
    terms->budget.Charge(SessionBytes(stored.config, stored.progress)).IgnoreError();
    auto session = std::make_shared<Session>(std::move(terms), std::move(stored.config),
                                             std::move(stored.progress));
    session->ComeBack(stored.times);
    return session;
  }

  // What the store has of a session that was found asleep; nothing if it does not sleep there any
  // more. One that is damaged has ended when this returns.
  absl::StatusOr<std::optional<StoredSession>> LoadAsleep(const OwnedName& owned,
                                                          const Found& found) {
    absl::StatusOr<StoredSession> stored = keeper->Load(owned, *found.model);
    if (stored.ok()) return std::optional<StoredSession>(*std::move(stored));
    if (!absl::IsDataLoss(stored.status())) return stored.status();
    if (!EndAsleepAsDamaged(owned, found.sleep_number, stored.status())) return std::nullopt;
    return SessionDamaged(owned.name, clock.Now(), ids.epoch());
  }
};

SessionTable::SessionTable(Limits limits, Clock& clock, SessionKeeper* keeper)
    : implementation_(std::make_unique<Implementation>(limits, clock, keeper)) {}

SessionTable::~SessionTable() = default;

absl::StatusOr<std::shared_ptr<Session>> SessionTable::Create(SessionConfig config,
                                                              SessionProgress progress) {
  if (config.name.empty()) {
    const std::string id = implementation_->ids.Make();
    if (id.empty()) return SessionPromiseBroken(config.name, "the system has no random numbers");
    config.name = absl::StrCat(kSessionPrefix, id);
  }
  if (config.initial_state == nullptr || progress.state == nullptr) {
    return SessionPromiseBroken(config.name, "no state to start from");
  }
  auto created = implementation_->TryCreate(config, progress, 0);
  if (absl::IsResourceExhausted(created.status())) {
    // Sessions whose time has come must not take the room of new ones, nor send others to sleep.
    EndDue();
    created = implementation_->TryCreate(config, progress, kMaxLooksForRoom);
  }
  if (created.ok() && implementation_->keeper != nullptr) implementation_->keeper->Keep(*created);
  return created;
}

absl::StatusOr<std::shared_ptr<Session>> SessionTable::Find(const OwnedName& owned) {
  Implementation& all = *implementation_;
  while (true) {
    SessionIndex::Found found = all.Lookup(owned);
    if (found.asleep) {
      if (all.EndAsleepIfExpired(owned)) continue;
      CELLAR_ASSIGN_OR_RETURN(std::optional<StoredSession> stored, all.LoadAsleep(owned, found));
      if (!stored.has_value()) continue;
      return all.Show(*std::move(stored));
    }
    if (found.session == nullptr) return all.WhyNotThere(owned.name, found.tombstone);
    if (found.session->EndIfExpired(all.clock.Now())) {
      all.Bury(*found.session);
      return found.session->CheckAlive();
    }
    if (!found.session->IsAsleep()) return std::move(found.session);
  }
}

absl::StatusOr<SessionHold> SessionTable::Hold(const OwnedName& owned) {
  absl::StatusOr<SessionHold> hold = HoldAwake(owned);
  while (IsSessionAsleep(hold.status())) {
    CELLAR_ASSIGN_OR_RETURN(std::shared_ptr<Session> session, implementation_->Wake(owned));
    hold = HoldAwake(std::move(session));
  }
  return hold;
}

void SessionTable::Prefetch(absl::Span<const OwnedName> all) const {
  implementation_->Prefetch(all);
}

absl::StatusOr<SessionHold> SessionTable::HoldAwake(const OwnedName& owned) {
  Implementation& all = *implementation_;
  while (true) {
    SessionIndex::Found found = all.Lookup(owned);
    if (found.asleep && all.EndAsleepIfExpired(owned)) continue;
    if (found.asleep || found.awaited) return SessionAsleep(owned.name);
    if (found.session == nullptr) return all.WhyNotThere(owned.name, found.tombstone);
    return HoldAwake(std::move(found.session));
  }
}

absl::StatusOr<SessionHold> SessionTable::HoldAwake(std::shared_ptr<Session> session) {
  switch (session->AddHold(implementation_->clock.Now())) {
    case Session::HoldOutcome::kHeld:
      return SessionHold(std::move(session));
    case Session::HoldOutcome::kEnded:
      implementation_->Bury(*session);
      return session->CheckAlive();
    case Session::HoldOutcome::kAsleep:
      break;
  }
  return SessionAsleep(session->name());
}

SessionTable::Waking SessionTable::BeginWaking(const OwnedName& owned) {
  std::string full_name = FullName(owned);
  implementation_->BeginWaking(full_name);
  return {*implementation_, std::move(full_name)};
}

SessionTable::Waking::~Waking() {
  if (table_ != nullptr) table_->EndWaking(full_name_);
}

void SessionTable::List(const OwnedName& after, int64_t max_count,
                        absl::FunctionRef<bool(const std::shared_ptr<Session>&)> show) {
  EndDue();  // what is left lives
  for (SessionIndex::Listed& listed : implementation_->Page(after, max_count)) {
    std::shared_ptr<Session> session = std::move(listed.session);
    if (session == nullptr) {
      auto found = Find({after.tenant, listed.name});
      if (!found.ok()) continue;
      session = *std::move(found);
    }
    if (!show(session)) return;
  }
}

absl::Status SessionTable::Delete(const OwnedName& owned) {
  Implementation& all = *implementation_;
  while (true) {
    const SessionIndex::Found found = all.Lookup(owned);
    const absl::Time now = all.clock.Now();
    if (found.asleep) {
      if (all.EndAsleepIfExpired(owned)) continue;
      if (all.EndAsleep(owned, found.sleep_number, {SessionEnd::kDeleted, now}))
        return absl::OkStatus();
      continue;  // it woke up
    }
    if (found.session == nullptr) return all.WhyNotThere(owned.name, found.tombstone);
    const bool deleted =
        !found.session->EndIfExpired(now) && found.session->End(SessionEnd::kDeleted, now);
    if (!deleted && found.session->IsAsleep()) continue;  // it fell asleep
    all.Bury(*found.session);
    return deleted ? absl::OkStatus() : found.session->CheckAlive();
  }
}

void SessionTable::Discard(const std::shared_ptr<Session>& session) {
  session->End(SessionEnd::kDeleted, implementation_->clock.Now());
  implementation_->Bury(*session);
}

absl::Time SessionTable::EndDue() {
  const absl::Time now = implementation_->clock.Now();
  bool more = true;
  while (more) {
    SessionIndex::Sessions ended;  // freed in every round, after the lock
    more = implementation_->EndSomeDue(now, ended);
    for (const std::shared_ptr<Session>& session : ended) session->TellEnd();
  }
  return implementation_->NextDueTime();
}

void SessionTable::SleepIdle() {
  Implementation& all = *implementation_;
  if (all.keeper == nullptr) return;
  const ByteBudget& budget = all.commons->budgets.all();
  const int64_t full = FullBytes(all.limits.max_bytes);
  using Sparing = SessionIndex::Sparing;
  all.SleepSome(kMaxSleepLooks, {budget, std::nullopt, full}, Sparing::kUsedOfLate);
  all.SleepSome(kMaxSleepLooks, {budget, std::nullopt, 0}, Sparing::kNobody,
                all.clock.Now() - all.limits.sleep_after);
}

absl::Status SessionTable::KeepAll() {
  for (const auto& session : implementation_->Awake()) implementation_->keeper->Keep(session);
  return implementation_->keeper->Flush();
}

void SessionTable::AddAsleep(const StoredSessionHead& head, ModelPin model) {
  implementation_->AddSleeper(head, std::move(model));
}

void SessionTable::AddTombstone(const OwnedName& owned, const Tombstone& tombstone) {
  implementation_->AddTombstone(owned, tombstone);
}

const SessionTable::Counts& SessionTable::counts() const { return implementation_->counts; }

int64_t SessionTable::session_count() const { return implementation_->session_count(); }

int64_t SessionTable::awake_count() const { return implementation_->awake_count(); }

int64_t SessionTable::used_bytes() const {
  return implementation_->commons->budgets.all().used_bytes();
}

const std::string& SessionTable::epoch() const { return implementation_->ids.epoch(); }

}  // namespace cellar
