// The models of this server, by name.
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
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/model/model.h"

namespace cellar {

class ModelRegistry {
 public:
  struct Limits {
    int64_t max_models = 1000;
    int64_t max_bytes = int64_t{4}
                        << 30;  // weights of all models together, each in its own precision
  };

  explicit ModelRegistry(Limits limits) : limits_(limits) {}

  // Adds `model` under its name and returns it, or returns the model that already has this name and
  // digest. Errors: MODEL_EXISTS (same name, other digest), MODEL_LIMIT, MODEL_BYTES_LIMIT. On
  // failure nothing changed.
  absl::StatusOr<std::shared_ptr<const Model>> Add(std::shared_ptr<const Model> model);

  // Errors: MODEL_NOT_FOUND.
  absl::StatusOr<std::shared_ptr<const Model>> Get(absl::string_view name) const;

  // As Get, and keeps the model from being removed while the pin (or a copy) lives.
  absl::StatusOr<ModelPin> Pin(absl::string_view name) const;

  // At most `max_count` models whose names sort after `after`, in order.
  std::vector<std::shared_ptr<const Model>> List(absl::string_view after, int64_t max_count) const;

  // Errors: MODEL_NOT_FOUND, MODEL_IN_USE (pinned).
  absl::Status Remove(absl::string_view name);

 private:
  const Limits limits_;

  mutable absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<const Model>, std::less<>> models_ ABSL_GUARDED_BY(mutex_);
  int64_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_MODEL_REGISTRY_H_
