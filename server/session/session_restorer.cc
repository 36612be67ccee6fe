#include "server/session/session_restorer.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/session/session_record.h"
#include "server/store/record_format.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

struct Damage {
  std::string key;
  absl::Status why;
};

// The tenant and name in a FullName; a view of it. Nothing if it is none.
std::optional<OwnedName> OwnedIn(absl::string_view full_name) {
  const size_t slash = full_name.find('/');
  if (slash == absl::string_view::npos) return std::nullopt;
  return OwnedName{full_name.substr(0, slash), full_name.substr(slash + 1)};
}

absl::StatusOr<StoredSessionHead> HeadOf(absl::string_view key, absl::string_view record) {
  CELLAR_ASSIGN_OR_RETURN(const absl::string_view payload, OpenRecord(key, record));
  CELLAR_ASSIGN_OR_RETURN(StoredSessionHead head, ReadSessionHead(key, payload));
  if (FullName({head.tenant, head.name}) != NameInKey(key)) {
    return RecordCorrupt(key, "it tells of another session");
  }
  return head;
}

absl::StatusOr<Tombstone> TombstoneOf(absl::string_view key, absl::string_view record) {
  CELLAR_ASSIGN_OR_RETURN(const absl::string_view payload, OpenRecord(key, record));
  return ReadTombstone(key, payload);
}

class Restorer {
 public:
  Restorer(SessionKeeper& keeper, const ModelRegistry& models, absl::Time now, bool ended_in_order,
           SessionTable& table)
      : keeper_(keeper),
        models_(models),
        now_(now),
        ended_in_order_(ended_in_order),
        table_(table) {}

  void TakeTombstone(absl::string_view key, absl::string_view record) {
    const auto tombstone = TombstoneOf(key, record);
    if (!tombstone.ok()) {
      damages_.push_back({std::string(key), tombstone.status()});
      return;
    }
    const auto owned = OwnedIn(NameInKey(key));
    if (!owned.has_value()) {
      damages_.push_back({std::string(key), RecordCorrupt(key, "its key names nothing")});
      return;
    }
    table_.AddTombstone(*owned, *tombstone);
    ++restored_.tombstone_count;
  }

  void TakeSession(absl::string_view key, absl::string_view record) {
    absl::StatusOr<StoredSessionHead> head = HeadOf(key, record);
    if (!head.ok()) return Damaged(key, head.status());
    if (head->durability == Durability::kMemory && !ended_in_order_) {
      End({head->tenant, head->name}, SessionEnd::kLost);
      ++restored_.lost_count;
      return;
    }
    absl::StatusOr<ModelPin> model = models_.Pin({head->tenant, head->model});
    if (!model.ok()) return Damaged(key, RecordCorrupt(key, model.status().message()));
    table_.AddAsleep(*head, *std::move(model));
    ++restored_.session_count;
  }

  // After everything was shown.
  RestoredSessions Finish() {
    for (const Damage& damage : damages_) keeper_.SetAside(damage.key, damage.why);
    for (const Damage& damage : buried_) keeper_.TellDamage(damage.key, now_, damage.why);
    for (const auto& [name, end] : ends_) {
      const OwnedName owned = *OwnedIn(name);
      table_.AddTombstone(owned, {end, now_});
      keeper_.Bury(owned, {end, now_});
    }
    return restored_;
  }

 private:
  void End(const OwnedName& owned, SessionEnd end) { ends_.emplace_back(FullName(owned), end); }

  void Damaged(absl::string_view key, const absl::Status& why) {
    ++restored_.damaged_count;
    const auto owned = OwnedIn(NameInKey(key));
    if (owned.has_value()) End(*owned, SessionEnd::kDamaged);
    (owned.has_value() ? buried_ : damages_).push_back({std::string(key), why});
  }

  SessionKeeper& keeper_;
  const ModelRegistry& models_;
  const absl::Time now_;
  const bool ended_in_order_;
  SessionTable& table_;

  RestoredSessions restored_;
  std::vector<Damage> damages_;                           // to be set aside
  std::vector<Damage> buried_;                            // of sessions, which takes them along
  std::vector<std::pair<std::string, SessionEnd>> ends_;  // by FullName
};

}  // namespace

absl::StatusOr<RestoredSessions> RestoreSessions(const RecordStore& store, SessionKeeper& keeper,
                                                 const ModelRegistry& models, Clock& clock,
                                                 bool ended_in_order, SessionTable& table) {
  Restorer restorer(keeper, models, clock.Now(), ended_in_order, table);
  // Ends first: a session that was created again after one has the last word.
  CELLAR_RETURN_IF_ERROR(store.ForEach(RecordKey(RecordKind::kTombstone, ""),
                                       [&](absl::string_view key, absl::string_view record) {
                                         restorer.TakeTombstone(key, record);
                                       }));
  CELLAR_RETURN_IF_ERROR(store.ForEach(
      RecordKey(RecordKind::kSession, ""),
      [&](absl::string_view key, absl::string_view record) { restorer.TakeSession(key, record); }));
  return restorer.Finish();
}

}  // namespace cellar
