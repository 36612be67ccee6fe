#include "server/session/session_index.h"

#include <algorithm>
#include <limits>

#include "absl/base/config.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/strip.h"
#include "server/session/session_errors.h"
#include "server/session/session_id.h"
#include "server/store/record_format.h"

namespace cellar {
namespace {

// So many sessions or tombstones are ended or forgotten under one lock: when a hundred thousand
// are due at once, callers get their turn in between.
constexpr int64_t kBatchSize = 256;

// So many sessions, at most, are fetched at once without memory being taken for it.
constexpr size_t kMostFetched = 32;

}  // namespace

SessionIndex::SessionIndex(const SessionTable::Limits& used_limits, Clock& used_clock,
                           SessionKeeper* used_keeper)
    : limits(used_limits),
      clock(used_clock),
      keeper(used_keeper),
      ids(used_clock.Now()),
      commons(std::make_shared<SessionCommons>(
          used_clock, CapLimits{used_limits.max_bytes_per_tenant, used_limits.max_bytes},
          ids.epoch(), used_keeper,
          used_keeper == nullptr ? 0 : used_keeper->options().checkpoint_steps)),
      terms(commons),
      visitors_terms(std::make_shared<SessionCommons>(
          used_clock, CapLimits{.of_server = std::numeric_limits<int64_t>::max()}, ids.epoch())),
      tombstones(used_limits.max_tombstones, used_limits.tombstone_retention) {}

SessionIndex::Found SessionIndex::Lookup(const OwnedName& owned) const {
  Found result;
  const SessionNames::Hashed name(owned);
  absl::ReaderMutexLock lock(&mutex);
  sessions.prefetch(name);  // both places in which the index looks at once
  const auto found = sessions.find(name);
  if (found == sessions.end()) {
    result.tombstone = tombstones.Find(FullName(owned), clock.Now());
  } else if ((*found)->is_sleeper()) {
    const Sleeper& sleeper = SleeperOf(**found);
    result.asleep = true;
    result.model = sleeper.model();
    result.sleep_number = sleeper.number();
  } else {
    result.session = std::static_pointer_cast<Session>(*found);
  }
  result.awaited = !wakings.empty() && wakings.contains(FullName(owned));
  return result;
}

void SessionIndex::Prefetch(absl::Span<const OwnedName> all) const {
  absl::InlinedVector<SessionNames::Hashed, kMostFetched> names(all.begin(), all.end());
  absl::ReaderMutexLock lock(&mutex);
  for (const SessionNames::Hashed& name : names) sessions.prefetch(name);
#if defined(NDEBUG) || (defined(ABSL_LTS_RELEASE_VERSION) && ABSL_LTS_RELEASE_VERSION < 20240722)
  for (const SessionNames::Hashed& name : names) sessions.contains(SessionNames::Soon{name});
#endif  // later, indices that are debugged insist that only what is the same is found
}

std::shared_ptr<SessionIndex::Entry> SessionIndex::FindLocked(const OwnedName& owned) const {
  const auto found = sessions.find(owned);
  return found == sessions.end() ? nullptr : *found;
}

std::shared_ptr<Session> SessionIndex::FindAwakeLocked(const OwnedName& owned) const {
  std::shared_ptr<Entry> entry = FindLocked(owned);
  if (entry == nullptr || entry->is_sleeper()) return nullptr;
  return std::static_pointer_cast<Session>(std::move(entry));
}

const SessionIndex::Sleeper* SessionIndex::FindAsleepLocked(const OwnedName& owned,
                                                            int64_t sleep_number) const {
  const auto found = sessions.find(owned);
  if (found == sessions.end() || !(*found)->is_sleeper()) return nullptr;
  const Sleeper& sleeper = SleeperOf(**found);
  return sleeper.number() == sleep_number ? &sleeper : nullptr;
}

absl::Status SessionIndex::WhyNotThere(absl::string_view name,
                                       const std::optional<Tombstone>& tombstone) const {
  if (tombstone.has_value()) {
    return SessionEnded(name, tombstone->end, tombstone->end_time, ids.epoch());
  }
  absl::string_view id = name;
  if (absl::ConsumePrefix(&id, kSessionPrefix)) {
    const std::optional<std::string> epoch = ids.EarlierEpochOf(id);
    if (epoch.has_value()) return SessionLost(name, *epoch, ids.epoch());
  }
  return SessionNotFound(name, ids.epoch());
}

void SessionIndex::InsertLocked(const std::shared_ptr<Entry>& entry) {
  sessions.insert(entry);
  names.insert(entry.get());
  due.insert(entry.get());
  if (keeper != nullptr && !entry->is_sleeper()) awake.insert(entry.get());
  ++tenant_counts[NameOf(*entry).tenant];
}

std::shared_ptr<SessionIndex::Entry> SessionIndex::ExtractLocked(const Entry* entry) {
  const auto count = tenant_counts.find(NameOf(*entry).tenant);
  if (--count->second == 0) tenant_counts.erase(count);
  awake.erase(entry);
  due.erase(entry);
  names.erase(entry);
  return std::move(sessions.extract(sessions.find(NameOf(*entry))).value());
}

void SessionIndex::RememberEndLocked(const OwnedName& owned, const Tombstone& tombstone) {
  if (tombstone.end == SessionEnd::kExpired) counts.expired.Add();
  if (tombstone.end == SessionEnd::kDeleted) counts.deleted.Add();
  const auto forgotten = tombstones.Add(FullName(owned), tombstone);
  if (keeper == nullptr) return;
  keeper->Bury(owned, tombstone);
  if (forgotten.has_value()) keeper->ForgetTombstones({*forgotten});
}

std::optional<ReachedCap> SessionIndex::FindFull(absl::string_view tenant) const {
  absl::ReaderMutexLock lock(&mutex);
  return FindFullLocked(tenant);
}

std::optional<ReachedCap> SessionIndex::FindFullLocked(absl::string_view tenant) const {
  const auto count = tenant_counts.find(tenant);
  return FindReachedCap({limits.max_sessions_per_tenant, limits.max_sessions},
                        count == tenant_counts.end() ? 0 : count->second,
                        static_cast<int64_t>(sessions.size()), 1);
}

std::shared_ptr<const SharedTerms> SessionIndex::Share(SessionConfig& config,
                                                       SessionProgress& progress) {
  config.initial_state = zero_states.Share(std::move(config.initial_state));
  progress.state = zero_states.Share(std::move(progress.state));
  return terms.Share(config);
}

absl::StatusOr<std::shared_ptr<Session>> SessionIndex::AddCharged(SessionConfig& config,
                                                                  SessionProgress& progress) {
  std::shared_ptr<const SharedTerms> shared_terms = Share(config, progress);
  absl::MutexLock lock(&mutex);
  if (sessions.contains(config.owned_name())) return SessionExists(config.name);
  if (const auto full = FindFullLocked(config.tenant); full.has_value()) return SessionLimit(*full);
  config.create_time = clock.Now();
  const absl::Time now = config.create_time;
  auto session =
      std::make_shared<Session>(std::move(shared_terms), std::move(config), std::move(progress));
  tombstones.Remove(FullName(session->owned_name()));
  session->due_time_ = ShortTime(session->NextLookTime(now));
  InsertLocked(session);
  counts.created.Add();
  return session;
}

std::shared_ptr<Session> SessionIndex::BuryLocked(const Entry* entry) {
  auto session = std::static_pointer_cast<Session>(ExtractLocked(entry));
  const auto [end, end_time] = session->HowEnded();
  RememberEndLocked(session->owned_name(), {end, end_time});
  return session;
}

void SessionIndex::Bury(const Session& session) {
  std::shared_ptr<Session> buried;
  {
    absl::MutexLock lock(&mutex);
    if (FindLocked(session.owned_name()).get() != &session) return;
    buried = BuryLocked(&session);
  }
  buried->TellEnd();
}

bool SessionIndex::EndSomeDue(absl::Time now, Sessions& ended) {
  absl::MutexLock lock(&mutex);
  int64_t seen_count = 0;
  for (; seen_count < kBatchSize && !due.empty() && (*due.begin())->due_time_ <= now;
       ++seen_count) {
    Entry* const entry = *due.begin();
    if (entry->is_sleeper()) {  // its use is known, so that it is due now
      const absl::Time end_time = ExpireTime(SleeperOf(*entry).use(), now);
      const std::shared_ptr<Entry> extracted = ExtractLocked(entry);
      RememberEndLocked(NameOf(*extracted), {SessionEnd::kExpired, end_time});
      continue;
    }
    auto& session = static_cast<Session&>(*entry);
    if (session.EndIfExpired(now)) {
      ended.push_back(BuryLocked(&session));
      continue;
    }
    due.erase(entry);
    entry->due_time_ = ShortTime(session.NextLookTime(now));
    due.insert(entry);
  }
  std::vector<std::string> old = tombstones.RemoveOld(now, kBatchSize);
  const auto old_count = static_cast<int64_t>(old.size());
  if (keeper != nullptr) keeper->ForgetTombstones(std::move(old));
  return std::max(old_count, seen_count) == kBatchSize;
}

absl::Time SessionIndex::NextDueTime() const {
  absl::ReaderMutexLock lock(&mutex);
  const absl::Time next =
      due.empty() ? absl::InfiniteFuture() : absl::Time((*due.begin())->due_time_);
  return std::min(next, tombstones.NextRemovalTime());
}

bool SessionIndex::EndAsleep(const OwnedName& owned, int64_t sleep_number,
                             const Tombstone& tombstone) {
  absl::MutexLock lock(&mutex);
  const Sleeper* const sleeper = FindAsleepLocked(owned, sleep_number);
  if (sleeper == nullptr) return false;
  const std::shared_ptr<Entry> extracted = ExtractLocked(sleeper);
  RememberEndLocked(NameOf(*extracted), tombstone);
  return true;
}

bool SessionIndex::EndAsleepIfExpired(const OwnedName& owned) {
  const absl::Time now = clock.Now();
  absl::Time end_time;
  int64_t sleep_number = 0;
  {
    absl::ReaderMutexLock lock(&mutex);
    const std::shared_ptr<Entry> entry = FindLocked(owned);
    if (entry == nullptr || !entry->is_sleeper()) return false;
    const Sleeper& sleeper = SleeperOf(*entry);
    if (!IsExpired(sleeper.use(), now)) return false;
    end_time = ExpireTime(sleeper.use(), now);
    sleep_number = sleeper.number();
  }
  return EndAsleep(owned, sleep_number, {SessionEnd::kExpired, end_time});
}

bool SessionIndex::EndAsleepAsDamaged(const OwnedName& owned, int64_t sleep_number,
                                      const absl::Status& why) {
  const absl::Time now = clock.Now();
  if (!EndAsleep(owned, sleep_number, {SessionEnd::kDamaged, now})) return false;
  keeper->TellDamage(RecordKey(RecordKind::kSession, FullName(owned)), now, why);
  return true;
}

std::shared_ptr<Session> SessionIndex::PutAwake(int64_t sleep_number, StoredSession& stored) {
  std::shared_ptr<const SharedTerms> shared_terms = Share(stored.config, stored.progress);
  absl::MutexLock lock(&mutex);
  const Sleeper* const sleeper = FindAsleepLocked(stored.config.owned_name(), sleep_number);
  if (sleeper == nullptr) return nullptr;
  const std::shared_ptr<Entry> extracted = ExtractLocked(sleeper);
  const SessionTimes times = {stored.times.update_time, sleeper->use().unused_since};
  auto session = std::make_shared<Session>(std::move(shared_terms), std::move(stored.config),
                                           std::move(stored.progress));
  session->ComeBack(times);
  session->due_time_ = extracted->due_time_;
  InsertLocked(session);
  return session;
}

std::shared_ptr<SessionIndex::Entry> SessionIndex::PutAsleepLocked(const Session& session) {
  auto sleeper = std::make_shared<Sleeper>(session.owned_name(), session.pin(), session.Use(),
                                           ++last_sleep_number);
  std::shared_ptr<Entry> extracted = ExtractLocked(&session);
  InsertLocked(sleeper);
  return extracted;
}

Session* SessionIndex::NextAwakeLocked(std::optional<absl::string_view> tenant) {
  const bool elsewhere = tenant.has_value() && *tenant != rotation.tenant;
  const auto first_of_tenant = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex) {
    return awake.lower_bound(OwnedName{*tenant, ""});
  };
  auto next =
      elsewhere ? first_of_tenant() : awake.upper_bound(OwnedName{rotation.tenant, rotation.name});
  const auto passed = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex) {
    return next == awake.end() || (tenant.has_value() && NameOf(**next).tenant != *tenant);
  };
  if (passed()) next = tenant.has_value() ? first_of_tenant() : awake.begin();
  if (passed()) return nullptr;
  const OwnedName owned = NameOf(**next);
  rotation.tenant.assign(owned.tenant.data(), owned.tenant.size());
  rotation.name.assign(owned.name.data(), owned.name.size());
  return static_cast<Session*>(*next);
}

void SessionIndex::SleepSome(int64_t max_looks, const Squeeze& squeeze, Sparing sparing,
                             absl::Time unused_before) {
  max_looks = std::min(max_looks, awake_count());
  const Session* first = nullptr;  // once around is enough
  const bool patient = sparing == Sparing::kUsedOfLate;
  std::optional<Place> begin;
  bool come_back = false;
  while (max_looks > 0 && squeeze.budget.used_bytes() > squeeze.enough_bytes) {
    std::vector<std::shared_ptr<Entry>> asleep;  // freed in every round, after the lock
    Sessions not_kept;                           // yet
    {
      absl::MutexLock lock(&mutex);
      if (!begin.has_value()) begin = rotation;
      for (int64_t i = 0; i < kBatchSize && max_looks > 0; ++i, --max_looks) {
        Session* const session = NextAwakeLocked(squeeze.tenant);
        if (session == nullptr || session == first) {
          max_looks = 0;
          break;
        }
        if (first == nullptr) first = session;
        const auto outcome = session->FallAsleep(patient, unused_before);
        if (outcome == Session::SleepOutcome::kNotKept) {
          not_kept.push_back(FindAwakeLocked(session->owned_name()));
        }
        if (outcome != Session::SleepOutcome::kAsleep) continue;
        if (session == first) first = nullptr;
        asleep.push_back(PutAsleepLocked(*session));
      }
    }
    asleep.clear();
    for (const std::shared_ptr<Session>& session : not_kept) keeper->Keep(session);
    come_back = come_back || (!patient && !not_kept.empty());
  }
  if (!come_back) return;
  absl::MutexLock lock(&mutex);
  rotation = *std::move(begin);
}

void SessionIndex::BeginWaking(const std::string& full_name) {
  absl::MutexLock lock(&mutex);
  ++wakings[full_name];
}

void SessionIndex::EndWaking(const std::string& full_name) {
  absl::MutexLock lock(&mutex);
  const auto count = wakings.find(full_name);
  if (--count->second == 0) wakings.erase(count);
}

void SessionIndex::AddSleeper(const StoredSessionHead& head, ModelPin model) {
  absl::MutexLock lock(&mutex);
  auto sleeper = std::make_shared<Sleeper>(
      OwnedName{head.tenant, head.name}, std::move(model),
      SessionUse{.unused_since = head.times.unused_since, .ttl = head.ttl}, ++last_sleep_number);
  tombstones.Remove(FullName(sleeper->owned_name()));
  InsertLocked(sleeper);
}

void SessionIndex::AddTombstone(const OwnedName& owned, const Tombstone& tombstone) {
  absl::MutexLock lock(&mutex);
  const auto forgotten = tombstones.Add(FullName(owned), tombstone);
  if (forgotten.has_value()) keeper->ForgetTombstones({*forgotten});
}

std::vector<SessionIndex::Listed> SessionIndex::Page(const OwnedName& after,
                                                     int64_t max_count) const {
  std::vector<Listed> page;
  absl::ReaderMutexLock lock(&mutex);
  for (auto next = names.upper_bound(after); next != names.end(); ++next) {
    const OwnedName owned = NameOf(**next);
    if (owned.tenant != after.tenant || static_cast<int64_t>(page.size()) == max_count) break;
    page.push_back({std::string(owned.name), FindAwakeLocked(owned)});
  }
  return page;
}

SessionIndex::Sessions SessionIndex::Awake() const {
  Sessions all;
  absl::ReaderMutexLock lock(&mutex);
  all.reserve(awake.size());
  for (const Entry* const entry : awake) all.push_back(FindAwakeLocked(NameOf(*entry)));
  return all;
}

int64_t SessionIndex::session_count() const {
  absl::ReaderMutexLock lock(&mutex);
  return static_cast<int64_t>(sessions.size());
}

int64_t SessionIndex::awake_count() const {
  absl::ReaderMutexLock lock(&mutex);
  return static_cast<int64_t>(keeper == nullptr ? sessions.size() : awake.size());
}

}  // namespace cellar
