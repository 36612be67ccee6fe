// Models and exercises in memory and in the store: written before the answer that tells of them
// leaves, read when the server starts. Who changes what a name stands for does both in its turn
// (name_turns.h), so that the store ends with what memory has.
//
// Thread safety: Keep and Forget functions may be called from any thread that may wait for the
// store (a worker); the Restore functions by the one that starts the server. Without a store
// (Api::writer is null) there is memory only, and nothing to restore.
#ifndef CELLAR_SERVER_API_KEPT_RESOURCES_H_
#define CELLAR_SERVER_API_KEPT_RESOURCES_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/api/api.h"
#include "server/grading/exercise_registry.h"
#include "server/identity/tenant.h"
#include "server/model/model.h"
#include "server/store/record_store.h"

namespace cellar {

// Adds it to the registry and the store, or returns the one that is there already. Errors: those of
// the registry's Add; STORE_FAILED, and then what was not there before is not there now (but for a
// model that a session took meanwhile: that stays, and is written when the store works again).
absl::StatusOr<std::shared_ptr<const Model>> KeepModel(Api& api, absl::string_view tenant,
                                                       std::shared_ptr<const Model> model);
absl::StatusOr<std::shared_ptr<const KeptExercise>> KeepExercise(
    Api& api, absl::string_view tenant, std::shared_ptr<const KeptExercise> exercise);

// Removes it from both. Errors: those of the registry's Remove; STORE_FAILED: it is gone from
// memory if it was there, and goes from the store when that works again; until then, whoever tries
// again is told the same.
absl::Status ForgetModel(Api& api, const OwnedName& owned);
absl::Status ForgetExercise(Api& api, const OwnedName& owned);

// Adds what the store has to the registries of `api`, and returns how many. What is damaged is set
// aside. Errors: STORE_FAILED; those of the registries' limits (the server may hold less than it
// has), naming the first that found no room.
absl::StatusOr<int64_t> RestoreModels(const RecordStore& store, Api& api);
absl::StatusOr<int64_t> RestoreExercises(const RecordStore& store, Api& api);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_KEPT_RESOURCES_H_
