#include "server/session/session_index.h"

#include <algorithm>
#include <limits>

#include "absl/strings/strip.h"
#include "server/session/session_errors.h"
#include "server/session/session_id.h"
#include "server/store/record_format.h"

namespace cellar {
namespace {

// So many sessions or tombstones are ended or forgotten under one lock: when a hundred thousand
// are due at once, callers get their turn in between.
constexpr int64_t kBatchSize = 256;

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
      visitors(std::make_shared<SessionCommons>(
          used_clock, CapLimits{.of_server = std::numeric_limits<int64_t>::max()}, ids.epoch())),
      tombstones(used_limits.max_tombstones, used_limits.tombstone_retention) {}

SessionIndex::Found SessionIndex::Lookup(const OwnedName& owned) const {
  Found result;
  absl::ReaderMutexLock lock(&mutex);
  const auto found = sessions.find(owned);
  if (found == sessions.end()) {
    result.tombstone = tombstones.Find(FullName(owned), clock.Now());
  } else if (found->second.sleeper == nullptr) {
    result.session = found->second.session;
  } else {
    result.asleep = true;
    result.model = found->second.sleeper->model;
    result.sleep_number = found->second.sleeper->number;
  }
  return result;
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

void SessionIndex::InsertLocked(const OwnedName& owned, Entry entry) {
  due.emplace(entry.due_time, owned);
  names.insert(owned);
  ++tenant_counts[owned.tenant];
  if (entry.session != nullptr) awake.insert(owned);
  sessions.emplace(owned, std::move(entry));
}

SessionIndex::Entry SessionIndex::ExtractLocked(const OwnedName& owned) {
  const auto found = sessions.find(owned);
  const OwnedName key = found->first;
  Entry entry = std::move(found->second);
  due.erase({entry.due_time, key});
  names.erase(key);
  const auto count = tenant_counts.find(key.tenant);
  if (--count->second == 0) tenant_counts.erase(count);
  awake.erase(key);
  sessions.erase(found);
  return entry;
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

absl::StatusOr<std::shared_ptr<Session>> SessionIndex::AddCharged(SessionConfig& config,
                                                                  SessionProgress& progress) {
  absl::MutexLock lock(&mutex);
  if (sessions.contains(config.owned_name())) return SessionExists(config.name);
  if (const auto full = FindFullLocked(config.tenant); full.has_value()) return SessionLimit(*full);
  config.create_time = clock.Now();
  auto session = std::make_shared<Session>(std::move(config), std::move(progress), commons);
  const OwnedName owned = session->config().owned_name();
  tombstones.Remove(FullName(owned));
  InsertLocked(owned, {session, nullptr, session->NextLookTime(session->config().create_time)});
  counts.created.Add();
  return session;
}

std::shared_ptr<Session> SessionIndex::BuryLocked(const OwnedName& owned) {
  Entry entry = ExtractLocked(owned);
  const auto [end, end_time] = entry.session->HowEnded();
  RememberEndLocked(entry.session->config().owned_name(), {end, end_time});
  return std::move(entry.session);
}

void SessionIndex::Bury(const Session& session) {
  std::shared_ptr<Session> buried;
  {
    absl::MutexLock lock(&mutex);
    const auto found = sessions.find(session.config().owned_name());
    if (found == sessions.end() || found->second.session.get() != &session) return;
    buried = BuryLocked(found->first);
  }
  buried->TellEnd();
}

bool SessionIndex::EndSomeDue(absl::Time now, Sessions& ended) {
  absl::MutexLock lock(&mutex);
  int64_t seen_count = 0;
  for (; seen_count < kBatchSize && !due.empty() && due.begin()->first <= now; ++seen_count) {
    const OwnedName owned = due.begin()->second;
    Entry& entry = sessions.find(owned)->second;
    if (entry.sleeper != nullptr) {  // its use is known, so that it is due now
      const absl::Time end_time = ExpireTime(entry.sleeper->use, now);
      const Entry extracted = ExtractLocked(owned);
      RememberEndLocked(extracted.sleeper->owned(), {SessionEnd::kExpired, end_time});
      continue;
    }
    if (entry.session->EndIfExpired(now)) {
      ended.push_back(BuryLocked(owned));
      continue;
    }
    due.erase(due.begin());
    entry.due_time = entry.session->NextLookTime(now);
    due.emplace(entry.due_time, owned);
  }
  std::vector<std::string> old = tombstones.RemoveOld(now, kBatchSize);
  const auto old_count = static_cast<int64_t>(old.size());
  if (keeper != nullptr) keeper->ForgetTombstones(std::move(old));
  return std::max(old_count, seen_count) == kBatchSize;
}

absl::Time SessionIndex::NextDueTime() const {
  absl::ReaderMutexLock lock(&mutex);
  const absl::Time next = due.empty() ? absl::InfiniteFuture() : due.begin()->first;
  return std::min(next, tombstones.NextRemovalTime());
}

bool SessionIndex::EndAsleep(const OwnedName& owned, int64_t sleep_number,
                             const Tombstone& tombstone) {
  absl::MutexLock lock(&mutex);
  const auto found = sessions.find(owned);
  if (found == sessions.end() || found->second.sleeper == nullptr ||
      found->second.sleeper->number != sleep_number) {
    return false;
  }
  const Entry entry = ExtractLocked(owned);
  RememberEndLocked(entry.sleeper->owned(), tombstone);
  return true;
}

bool SessionIndex::EndAsleepIfExpired(const OwnedName& owned) {
  const absl::Time now = clock.Now();
  absl::Time end_time;
  int64_t sleep_number = 0;
  {
    absl::ReaderMutexLock lock(&mutex);
    const auto found = sessions.find(owned);
    if (found == sessions.end() || found->second.sleeper == nullptr) return false;
    if (!IsExpired(found->second.sleeper->use, now)) return false;
    end_time = ExpireTime(found->second.sleeper->use, now);
    sleep_number = found->second.sleeper->number;
  }
  return EndAsleep(owned, sleep_number, {SessionEnd::kExpired, end_time});
}

bool SessionIndex::EndAsleepAsDamaged(const OwnedName& owned, int64_t sleep_number,
                                      const absl::Status& why) {
  if (Lookup(owned).sleep_number != sleep_number) return false;
  keeper->SetAside(RecordKey(RecordKind::kSession, FullName(owned)), why);  // before it is buried
  return EndAsleep(owned, sleep_number, {SessionEnd::kDamaged, clock.Now()});
}

std::shared_ptr<Session> SessionIndex::PutAwake(int64_t sleep_number, StoredSession& stored) {
  absl::MutexLock lock(&mutex);
  const auto found = sessions.find(stored.config.owned_name());
  if (found == sessions.end() || found->second.sleeper == nullptr ||
      found->second.sleeper->number != sleep_number) {
    return nullptr;
  }
  const SessionTimes times = {stored.times.update_time, found->second.sleeper->use.unused_since};
  auto session =
      std::make_shared<Session>(std::move(stored.config), std::move(stored.progress), commons);
  session->ComeBack(times);
  const OwnedName owned = session->config().owned_name();
  const absl::Time due_time = ExtractLocked(owned).due_time;
  InsertLocked(owned, {session, nullptr, due_time});
  return session;
}

std::shared_ptr<Session> SessionIndex::PutAsleepLocked(const OwnedName& owned) {
  Entry entry = ExtractLocked(owned);
  const SessionConfig& config = entry.session->config();
  auto sleeper = std::make_unique<Sleeper>(
      Sleeper{config.tenant, config.name, config.model, entry.session->Use(), ++last_sleep_number});
  const OwnedName key = sleeper->owned();
  const absl::Time due_time = NextLookTime(sleeper->use, absl::InfinitePast());
  InsertLocked(key, {nullptr, std::move(sleeper), due_time});
  return std::move(entry.session);
}

std::shared_ptr<Session> SessionIndex::NextAwakeLocked(std::optional<absl::string_view> tenant) {
  const bool elsewhere = tenant.has_value() && *tenant != rotation_tenant;
  auto next = elsewhere ? awake.lower_bound({*tenant, ""})
                        : awake.upper_bound({rotation_tenant, rotation_name});
  const auto passed = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex) {
    return next == awake.end() || (tenant.has_value() && next->tenant != *tenant);
  };
  if (passed()) next = tenant.has_value() ? awake.lower_bound({*tenant, ""}) : awake.begin();
  if (passed()) return nullptr;
  rotation_tenant.assign(next->tenant.data(), next->tenant.size());
  rotation_name.assign(next->name.data(), next->name.size());
  return sessions.find(*next)->second.session;
}

void SessionIndex::SleepSome(int64_t max_looks, const Squeeze& squeeze, absl::Time unused_before) {
  max_looks = std::min(max_looks, awake_count());
  const Session* first = nullptr;  // once around is enough
  const bool patient = unused_before == absl::InfiniteFuture();
  while (max_looks > 0 && squeeze.budget.used_bytes() > squeeze.enough_bytes) {
    Sessions asleep;    // freed in every round, after the lock
    Sessions not_kept;  // yet
    {
      absl::MutexLock lock(&mutex);
      for (int64_t i = 0; i < kBatchSize && max_looks > 0; ++i, --max_looks) {
        const auto session = NextAwakeLocked(squeeze.tenant);
        if (session == nullptr || session.get() == first) {
          max_looks = 0;
          break;
        }
        if (first == nullptr) first = session.get();
        const auto outcome = session->FallAsleep(patient, unused_before);
        if (outcome == Session::SleepOutcome::kNotKept) not_kept.push_back(session);
        if (outcome != Session::SleepOutcome::kAsleep) continue;
        if (session.get() == first) first = nullptr;
        asleep.push_back(PutAsleepLocked(session->config().owned_name()));
      }
    }
    asleep.clear();
    for (const std::shared_ptr<Session>& session : not_kept) keeper->Keep(session);
  }
}

void SessionIndex::AddSleeper(const StoredSessionHead& head, ModelPin model) {
  absl::MutexLock lock(&mutex);
  auto sleeper =
      std::make_unique<Sleeper>(Sleeper{head.tenant,
                                        head.name,
                                        std::move(model),
                                        {.unused_since = head.times.unused_since, .ttl = head.ttl},
                                        ++last_sleep_number});
  const OwnedName owned = sleeper->owned();
  tombstones.Remove(FullName(owned));
  const absl::Time due_time = NextLookTime(sleeper->use, absl::InfinitePast());
  InsertLocked(owned, {nullptr, std::move(sleeper), due_time});
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
  for (auto next = names.upper_bound(after); next != names.end() && next->tenant == after.tenant &&
                                             static_cast<int64_t>(page.size()) < max_count;
       ++next) {
    page.push_back({std::string(next->name), sessions.find(*next)->second.session});
  }
  return page;
}

SessionIndex::Sessions SessionIndex::Awake() const {
  Sessions all;
  absl::ReaderMutexLock lock(&mutex);
  all.reserve(awake.size());
  for (const OwnedName& owned : awake) all.push_back(sessions.find(owned)->second.session);
  return all;
}

int64_t SessionIndex::session_count() const {
  absl::ReaderMutexLock lock(&mutex);
  return static_cast<int64_t>(sessions.size());
}

int64_t SessionIndex::awake_count() const {
  absl::ReaderMutexLock lock(&mutex);
  return static_cast<int64_t>(awake.size());
}

}  // namespace cellar
