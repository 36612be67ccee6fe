#include "server/api/kept_resources.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/api/convert_model.h"
#include "server/api/exercise_handlers.h"
#include "server/api/name_turns.h"
#include "server/api/resource_names.h"
#include "server/base/status_macros.h"
#include "server/store/byte_format.h"
#include "server/store/group_writer.h"
#include "server/store/record_format.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

// Whatever was once allowed: limits may be lower now.
ModelLimits NoLimits() {
  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
  return {.max_layers = kAny, .max_hidden_size = kAny, .max_parameters = kAny};
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// Removes the record when the store can, however long that takes.
GroupWriter::Entry Removal(const std::string& key) {
  return {.fill = [key](RecordBatch& batch) { batch.Remove(key); }, .lasting = true};
}

// `write` makes the payload of its record.
template <class Registry, class Thing, class Write>
absl::StatusOr<std::shared_ptr<const Thing>> Keep(Api& api, Registry& registry,
                                                  const OwnedName& owned, const std::string& key,
                                                  std::shared_ptr<const Thing> thing,
                                                  const Write& write) {
  const NameTurns::Turn turn = api.resource_turns.Take(key);
  CELLAR_ASSIGN_OR_RETURN(std::shared_ptr<const Thing> kept, registry.Add(owned.tenant, thing));
  if (api.writer == nullptr) return kept;
  std::string record = SealRecord(key, write(*kept));
  absl::Status stored = api.writer->Await([&](RecordBatch& batch) { batch.Put(key, record); });
  if (stored.ok()) return kept;
  if (kept != thing) return stored;  // somebody else has kept it
  // Whether it was written nobody knows; it will be as it is in memory.
  if (registry.Remove(owned).ok()) {
    api.writer->Submit(Removal(key));
  } else {
    api.writer->Submit(
        {.fill = [key, record = std::move(record)](RecordBatch& batch) { batch.Put(key, record); },
         .lasting = true});
  }
  return stored;
}

template <class Registry>
absl::Status Forget(Api& api, Registry& registry, const OwnedName& owned, const std::string& key) {
  const NameTurns::Turn turn = api.resource_turns.Take(key);
  if (api.writer == nullptr) return registry.Remove(owned);
  // While writes fail, an earlier removal may wait among them: what is not in memory may come back.
  CELLAR_RETURN_IF_ERROR(api.writer->last_write());
  CELLAR_RETURN_IF_ERROR(registry.Remove(owned));
  return api.writer->Await(Removal(key));
}

std::string ModelKey(const OwnedName& owned) {
  return RecordKey(RecordKind::kModel, FullName(owned));
}
std::string ExerciseKey(const OwnedName& owned) {
  return RecordKey(RecordKind::kExercise, FullName(owned));
}

// The tenant in a key, and the id behind `collection`. Nothing if it is no such key.
struct TenantAndId {
  std::string tenant;
  std::string id;
};
absl::StatusOr<TenantAndId> ReadKey(absl::string_view key, absl::string_view collection) {
  const absl::string_view full_name = NameInKey(key);
  const size_t slash = full_name.find('/');
  absl::string_view id = full_name.substr(std::min(slash, full_name.size() - 1) + 1);
  if (slash == absl::string_view::npos || !absl::ConsumePrefix(&id, collection)) {
    return RecordCorrupt(key, "its key names nothing");
  }
  return TenantAndId{std::string(full_name.substr(0, slash)), std::string(id)};
}

// Calls `take` with every sound record of a kind; sets the others aside, and those of which it says
// DATA_LOSS. Any other error ends it.
template <class Take>
absl::StatusOr<int64_t> TakeAll(const RecordStore& store, Api& api, RecordKind kind, Take take) {
  int64_t count = 0;
  absl::Status failure;
  std::vector<std::pair<std::string, absl::Status>> damaged;
  const auto visit = [&](absl::string_view key, absl::string_view record) {
    if (!failure.ok()) return;
    const absl::StatusOr<absl::string_view> payload = OpenRecord(key, record);
    absl::Status taken = payload.ok() ? take(key, *payload) : payload.status();
    if (taken.ok()) ++count;
    if (absl::IsDataLoss(taken)) {
      damaged.emplace_back(std::string(key), std::move(taken));
    } else if (!taken.ok()) {
      failure = std::move(taken);
    }
  };
  CELLAR_RETURN_IF_ERROR(store.ForEach(RecordKey(kind, ""), visit));
  for (const auto& [key, why] : damaged) api.keeper->SetAside(key, why);
  if (!failure.ok()) return failure;
  return count;
}

absl::Status TakeModel(Api& api, absl::string_view key, absl::string_view payload) {
  CELLAR_ASSIGN_OR_RETURN(const TenantAndId whose, ReadKey(key, kModelCollection));
  v1::Model message;
  if (!message.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return RecordCorrupt(key, "it is no model");
  }
  BuildModelOptions options;
  options.id = whose.id;
  options.limits = NoLimits();
  options.now = TimeOf(message.create_time());
  const std::string digest = message.digest();
  absl::StatusOr<std::shared_ptr<const Model>> model =
      BuildModel(std::move(message), std::move(options));
  if (!model.ok()) return RecordCorrupt(key, model.status().message());
  if ((*model)->digest() != digest) {
    return RecordCorrupt(
        key, absl::StrCat("its digest is ", (*model)->digest(), ", not ", digest, " as it was"));
  }
  return api.models.Add(whose.tenant, *std::move(model)).status();
}

// An exercise could once have FEEDBACK without a word on rounding, and was not rounded; it is not
// lost because it could not be created any more.
void SayThatNothingIsRounded(v1::Exercise& message) {
  if (message.numerics().rounding() != v1::ROUNDING_UNSPECIFIED) return;
  if (message.numerics().rounding_scope() != v1::ROUNDING_SCOPE_FEEDBACK) return;
  message.mutable_numerics()->set_rounding(v1::ROUNDING_NONE);
}

absl::Status TakeExercise(Api& api, absl::string_view key, absl::string_view payload) {
  CELLAR_ASSIGN_OR_RETURN(const TenantAndId whose, ReadKey(key, kExerciseCollection));
  ByteReader in(payload);
  const std::optional<uint64_t> nanos = in.TryNumber<uint64_t>();
  const std::optional<absl::string_view> digest = in.Array();
  const std::optional<absl::string_view> source = digest.has_value() ? in.Array() : std::nullopt;
  v1::Exercise message;
  if (!nanos.has_value() || !source.has_value() || !message.ParseFromString(std::string(*source))) {
    return RecordCorrupt(key, "it is no exercise");
  }
  SayThatNothingIsRounded(message);
  auto made = MakeExercise(message, whose.id, absl::FromUnixNanos(static_cast<int64_t>(*nanos)),
                           api.limits, {}, [] { return false; });
  if (!made.ok()) return RecordCorrupt(key, made.status().message());
  if ((*made)->compiled->digest != *digest) {
    return RecordCorrupt(key, absl::StrCat("its digest is ", (*made)->compiled->digest, ", not ",
                                           *digest, " as it was"));
  }
  return api.exercises.Add(whose.tenant, *std::move(made)).status();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Model>> KeepModel(Api& api, absl::string_view tenant,
                                                       std::shared_ptr<const Model> model) {
  const std::string name = model->name();
  const OwnedName owned = {tenant, name};
  return Keep(api, api.models, owned, ModelKey(owned), std::move(model), [](const Model& kept) {
    return WriteModel(kept, ModelDetail::kWeights, v1::ENCODING_RAW).SerializeAsString();
  });
}

absl::StatusOr<std::shared_ptr<const KeptExercise>> KeepExercise(
    Api& api, absl::string_view tenant, std::shared_ptr<const KeptExercise> exercise) {
  const std::string name = exercise->name;
  const OwnedName owned = {tenant, name};
  return Keep(api, api.exercises, owned, ExerciseKey(owned), std::move(exercise),
              [](const KeptExercise& kept) {
                std::string payload;
                AppendNumber(payload, static_cast<uint64_t>(absl::ToUnixNanos(kept.create_time)));
                AppendArray(payload, kept.compiled->digest);
                AppendArray(payload, kept.source);
                return payload;
              });
}

absl::Status ForgetModel(Api& api, const OwnedName& owned) {
  return Forget(api, api.models, owned, ModelKey(owned));
}

absl::Status ForgetExercise(Api& api, const OwnedName& owned) {
  return Forget(api, api.exercises, owned, ExerciseKey(owned));
}

absl::StatusOr<int64_t> RestoreModels(const RecordStore& store, Api& api) {
  return TakeAll(store, api, RecordKind::kModel,
                 [&api](absl::string_view key, absl::string_view payload) {
                   return TakeModel(api, key, payload);
                 });
}

absl::StatusOr<int64_t> RestoreExercises(const RecordStore& store, Api& api) {
  return TakeAll(store, api, RecordKind::kExercise,
                 [&api](absl::string_view key, absl::string_view payload) {
                   return TakeExercise(api, key, payload);
                 });
}

}  // namespace cellar
