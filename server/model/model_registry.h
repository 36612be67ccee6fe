// The models of this server, by tenant and name.
//
// Thread safety: all methods may be called from any thread.
// Ownership: shares models with whoever uses them; a removed model lives until its last user lets
// go.
#ifndef CELLAR_SERVER_MODEL_MODEL_REGISTRY_H_
#define CELLAR_SERVER_MODEL_MODEL_REGISTRY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/identity/tenant.h"
#include "server/model/model.h"

namespace cellar {

class ModelRegistry {
 public:
  struct Limits {
    int64_t max_models = 1000;
    // Weights of all models together, as they are kept, each in its own precision.
    int64_t max_bytes = int64_t{4} << 30;
    // Of one tenant; 0: as much as of all together.
    int64_t max_models_per_tenant = 0;
    int64_t max_bytes_per_tenant = 0;
  };

  explicit ModelRegistry(Limits limits) : limits_(limits) {}

  // Adds `model` under its name to the models of `tenant` and returns it, or returns the model that
  // already has this name and digest there. Errors: MODEL_EXISTS (same name, other digest),
  // MODEL_LIMIT, MODEL_BYTES_LIMIT. On failure nothing changed.
  absl::StatusOr<std::shared_ptr<const Model>> Add(absl::string_view tenant,
                                                   std::shared_ptr<const Model> model);

  // Errors: MODEL_NOT_FOUND.
  absl::StatusOr<std::shared_ptr<const Model>> Get(const OwnedName& owned) const;

  // As Get, and keeps the model from being removed while the pin (or a copy) lives.
  absl::StatusOr<ModelPin> Pin(const OwnedName& owned) const;

  // At most `max_count` models of the tenant of `after` whose names sort after its name, in order.
  std::vector<std::shared_ptr<const Model>> List(const OwnedName& after, int64_t max_count) const;

  // Makes room for the weights in the other precision than the model's own, which the model is
  // about to keep as well; once, until it is removed. Nothing to do for other models. Errors:
  // MODEL_BYTES_LIMIT.
  absl::Status Reserve(const OwnedName& owned, Precision precision);

  // Errors: MODEL_NOT_FOUND, MODEL_IN_USE (pinned).
  absl::Status Remove(const OwnedName& owned);

  // What there is of all tenants together.
  struct Load {
    int64_t models = 0;
    int64_t bytes = 0;
  };
  Load Look() const;

 private:
  struct Kept {
    std::shared_ptr<const Model> model;
    int64_t bytes = 0;             // that it is charged for
    bool both_precisions = false;  // charged for the other one as well
  };

  // Of one tenant: models by name, and the bytes of their weights.
  struct TenantModels {
    std::map<std::string, Kept, std::less<>> by_name;
    int64_t used_bytes = 0;
  };

  // The models of `tenant`; nullptr if it never had any.
  const TenantModels* FindTenant(absl::string_view tenant) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  // The model; nullptr if there is none.
  std::shared_ptr<const Model> Find(const OwnedName& owned) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  // Whether so many more bytes fit. Errors: MODEL_BYTES_LIMIT.
  absl::Status CheckBytes(const TenantModels& models, int64_t bytes) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const Limits limits_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, TenantModels> tenants_ ABSL_GUARDED_BY(mutex_);
  int64_t model_count_ ABSL_GUARDED_BY(mutex_) = 0;  // of all tenants
  int64_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;   // of all tenants
};

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_MODEL_REGISTRY_H_
