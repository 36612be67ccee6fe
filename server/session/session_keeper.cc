#include "server/session/session_keeper.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/byte_format.h"
#include "server/store/record_format.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

std::string SessionKey(const OwnedName& owned) {
  return RecordKey(RecordKind::kSession, FullName(owned));
}

// The record of the last run: whether it ended in order, and its epoch.
const std::string& RunKey() {
  static const auto* const key = new std::string(RecordKey(RecordKind::kServer, "run"));
  return *key;
}

// Where a record is kept that was found damaged.
std::string AsideKey(absl::string_view key, absl::Time time) {
  return RecordKey(RecordKind::kDamaged, absl::StrCat(absl::ToUnixMillis(time), "/", key));
}

// Something to write, to see whether it can be written.
void Probe(RecordBatch& batch) {
  std::string key = RecordKey(RecordKind::kServer, "probe");
  std::string record = SealRecord(key, "");
  batch.Put(std::move(key), std::move(record));
}

}  // namespace

std::string WriteTombstone(const Tombstone& tombstone) {
  std::string payload;
  AppendNumber(payload, static_cast<uint8_t>(tombstone.end));
  AppendNumber(payload, static_cast<uint64_t>(absl::ToUnixNanos(tombstone.end_time)));
  return payload;
}

absl::StatusOr<Tombstone> ReadTombstone(absl::string_view key, absl::string_view payload) {
  ByteReader in(payload);
  if (in.left() != 1 + sizeof(uint64_t)) return RecordCorrupt(key, "it is no tombstone");
  const auto end = in.Number<uint8_t>();
  if (end > static_cast<uint8_t>(SessionEnd::kDamaged)) {
    return RecordCorrupt(key, absl::StrCat("it tells of the unknown end ", end));
  }
  const auto nanos = static_cast<int64_t>(in.Number<uint64_t>());
  return Tombstone{static_cast<SessionEnd>(end), absl::FromUnixNanos(nanos)};
}

SessionKeeper::SessionKeeper(RecordStore& store, GroupWriter& writer, Clock& clock, Options options,
                             std::function<void(const std::string&)> log)
    : store_(store),
      writer_(writer),
      clock_(clock),
      options_(options),
      log_(std::move(log)),
      last_checkpoint_(clock.Now()) {}

SessionKeeper::~SessionKeeper() { writer_.Flush().IgnoreError(); }

absl::StatusOr<bool> SessionKeeper::BeginRun(const std::string& epoch) {
  CELLAR_ASSIGN_OR_RETURN(const std::optional<std::string> record, store_.Get(RunKey()));
  bool ended_in_order = true;  // a new store
  if (record.has_value()) {
    const auto payload = OpenRecord(RunKey(), *record);
    if (!payload.ok()) log_(absl::StrCat("damaged: ", std::string(payload.status().message())));
    ended_in_order = payload.ok() && !payload->empty() && payload->front() == 1;
  }
  CELLAR_RETURN_IF_ERROR(WriteRun(epoch, /*ended=*/false));
  return ended_in_order;
}

absl::Status SessionKeeper::EndRun(const std::string& epoch) {
  CELLAR_RETURN_IF_ERROR(writer_.Flush());
  return WriteRun(epoch, /*ended=*/true);
}

absl::Status SessionKeeper::WriteRun(const std::string& epoch, bool ended) {
  std::string payload;
  AppendNumber(payload, static_cast<uint8_t>(ended ? 1 : 0));
  AppendArray(payload, epoch);
  const std::string record = SealRecord(RunKey(), payload);
  return writer_.Await([&record](RecordBatch& batch) { batch.Put(RunKey(), record); });
}

void SessionKeeper::Settle(const std::shared_ptr<Session>& session, absl::Status outcome,
                           Done done) {
  const Durability durability = session->terms().durability;
  // With EVERY_STEP also what has not to wait does, behind what has to: answers keep their order.
  if (durability != Durability::kEveryStep && !session->MustBeKept()) {
    return done(std::move(outcome));
  }
  Submit(session, /*times_too=*/false,
         [outcome = std::move(outcome), done = std::move(done)](absl::Status kept) mutable {
           done(outcome.ok() ? std::move(kept) : std::move(outcome));
         });
}

void SessionKeeper::Submit(const std::shared_ptr<Session>& session, bool times_too, Done done) {
  // What `fill` finds, for `done`.
  const auto capture = std::make_shared<std::optional<SessionCapture>>();
  GroupWriter::Entry entry;
  entry.sync = session->terms().durability != Durability::kMemory;  // which promises nothing
  entry.fill = [session, times_too, capture](RecordBatch& batch) {
    *capture = session->BeginWriting(times_too);
    if (!capture->has_value()) return;
    const SessionConfig config = session->config();
    std::string key = SessionKey(config.owned_name());
    std::string record =
        SealRecord(key, WriteSessionRecord(config, (*capture)->progress, (*capture)->times));
    batch.Put(std::move(key), std::move(record));
  };
  entry.done = [this, session, capture, done = std::move(done)](absl::Status written) mutable {
    if (capture->has_value()) {
      session->EndWriting(**capture, written.ok());
      if (!written.ok()) Remember(session);
    }
    if (done != nullptr) done(std::move(written));
  };
  writer_.Submit(std::move(entry));
}

void SessionKeeper::Changed(const std::shared_ptr<Session>& session, bool urgent) {
  if (urgent) return Submit(session, /*times_too=*/false, nullptr);
  Remember(session);
}

void SessionKeeper::Remember(const std::shared_ptr<Session>& session) {
  absl::MutexLock lock(&mutex_);
  noted_.push_back(session);
}

void SessionKeeper::Keep(const std::shared_ptr<Session>& session) {
  Submit(session, /*times_too=*/true, nullptr);
}

absl::Duration SessionKeeper::Checkpoint() {
  const absl::Time now = clock_.Now();
  std::vector<std::weak_ptr<Session>> noted;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Duration left = last_checkpoint_ + options_.checkpoint_interval - now;
    if (left > absl::ZeroDuration()) return left;
    last_checkpoint_ = now;
    noted.swap(noted_);
  }
  if (!CheckWorking().ok()) writer_.Submit({.fill = Probe});
  for (const std::weak_ptr<Session>& weak : noted) {
    if (const auto session = weak.lock()) Submit(session, /*times_too=*/true, nullptr);
  }
  return options_.checkpoint_interval;
}

absl::StatusOr<StoredSession> SessionKeeper::Load(const OwnedName& owned, ModelPin model) const {
  const std::string key = SessionKey(owned);
  CELLAR_ASSIGN_OR_RETURN(const std::optional<std::string> record, store_.Get(key));
  if (!record.has_value()) return RecordCorrupt(key, "it is not there any more");
  CELLAR_ASSIGN_OR_RETURN(const absl::string_view payload, OpenRecord(key, *record));
  absl::StatusOr<StoredSession> session = ReadSessionRecord(key, payload, std::move(model));
  // Nobody but the server chose the model: that it is another is damage as well.
  if (!session.ok() && !absl::IsDataLoss(session.status())) {
    return RecordCorrupt(key, session.status().message());
  }
  return session;
}

void SessionKeeper::SubmitLasting(absl::AnyInvocable<void(RecordBatch&)> fill, bool sync) {
  GroupWriter::Entry entry;
  entry.fill = std::move(fill);
  entry.sync = sync;
  entry.lasting = true;
  writer_.Submit(std::move(entry));
}

void SessionKeeper::Bury(const OwnedName& owned, const Tombstone& tombstone) {
  const bool damaged = tombstone.end == SessionEnd::kDamaged;
  SubmitLasting(
      [key = SessionKey(owned), tombstone_key = RecordKey(RecordKind::kTombstone, FullName(owned)),
       tombstone, move = damaged ? Move(SessionKey(owned), tombstone.end_time) : nullptr](
          RecordBatch& batch) mutable {
        if (move != nullptr) move(batch);
        batch.Remove(key);
        batch.Put(tombstone_key, SealRecord(tombstone_key, WriteTombstone(tombstone)));
      },
      /*sync=*/true);  // or a session of MEMORY that had expired would be told lost after a crash
}

void SessionKeeper::SetAside(const std::string& key, const absl::Status& why) {
  const absl::Time now = clock_.Now();
  SubmitLasting(Move(key, now), /*sync=*/false);
  TellDamage(key, now, why);
}

void SessionKeeper::TellDamage(const std::string& key, absl::Time time, const absl::Status& why) {
  log_(absl::StrCat("damaged: ", std::string(why.message()), "; kept as '", AsideKey(key, time),
                    "'"));
}

absl::AnyInvocable<void(RecordBatch&)> SessionKeeper::Move(const std::string& key,
                                                           absl::Time time) {
  // Read once: when it is asked again, the key may have another record.
  return [this, key, aside = AsideKey(key, time), record = std::optional<std::string>(),
          read = false](RecordBatch& batch) mutable {
    if (!read) {
      absl::StatusOr<std::optional<std::string>> found = store_.Get(key);
      read = found.ok();
      if (read) record = *std::move(found);
    }
    if (!record.has_value()) return;
    batch.Put(aside, *record);
    batch.Remove(key);
  };
}

void SessionKeeper::ForgetTombstones(std::vector<std::string> names) {
  if (names.empty()) return;
  SubmitLasting(
      [names = std::move(names)](RecordBatch& batch) {
        for (const std::string& name : names) batch.Remove(RecordKey(RecordKind::kTombstone, name));
      },
      /*sync=*/false);
}

}  // namespace cellar
