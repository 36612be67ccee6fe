// Models and exercises in the store: written before the answer that tells of them leaves, read when
// the server starts.
//
// Thread safety: Keep and Forget functions may be called from any thread that may wait for the
// store (a worker); the Restore functions by the one that starts the server. Without a store
// (Api::writer is null) all do nothing.
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

// Errors: STORE_FAILED.
absl::Status KeepModel(Api& api, absl::string_view tenant, const Model& model);
absl::Status KeepExercise(Api& api, absl::string_view tenant, const KeptExercise& exercise);
absl::Status ForgetModel(Api& api, const OwnedName& owned);
absl::Status ForgetExercise(Api& api, const OwnedName& owned);

// Adds what the store has to the registries of `api`, and returns how many. What is damaged is set
// aside. Errors: STORE_FAILED; those of the registries' limits (the server may hold less than it
// has), naming the first that found no room.
absl::StatusOr<int64_t> RestoreModels(const RecordStore& store, Api& api);
absl::StatusOr<int64_t> RestoreExercises(const RecordStore& store, Api& api);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_KEPT_RESOURCES_H_
