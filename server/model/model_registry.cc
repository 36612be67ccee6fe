#include "server/model/model_registry.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/model/model_errors.h"

namespace cellar {

absl::StatusOr<std::shared_ptr<const Model>> ModelRegistry::Add(
    std::shared_ptr<const Model> model) {
  absl::MutexLock lock(&mutex_);
  const auto found = models_.find(model->name());
  if (found != models_.end()) {
    if (found->second->digest() == model->digest()) return found->second;
    return ModelExists(model->name(), found->second->digest());
  }
  if (static_cast<int64_t>(models_.size()) >= limits_.max_models) {
    return ModelLimit(limits_.max_models);
  }
  if (model->size_bytes() > limits_.max_bytes - used_bytes_) {
    return ModelBytesLimit(limits_.max_bytes, used_bytes_, model->size_bytes());
  }
  used_bytes_ += model->size_bytes();
  models_.emplace(model->name(), model);
  return model;
}

absl::StatusOr<std::shared_ptr<const Model>> ModelRegistry::Get(absl::string_view name) const {
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = models_.find(name);
  if (found == models_.end()) return ModelNotFound(name);
  return found->second;
}

absl::StatusOr<ModelPin> ModelRegistry::Pin(absl::string_view name) const {
  // Counted under the lock: Remove either sees the pin or has already taken the name away.
  absl::ReaderMutexLock lock(&mutex_);
  const auto found = models_.find(name);
  if (found == models_.end()) return ModelNotFound(name);
  return ModelPin(found->second);
}

std::vector<std::shared_ptr<const Model>> ModelRegistry::List(absl::string_view after,
                                                              int64_t max_count) const {
  std::vector<std::shared_ptr<const Model>> models;
  absl::ReaderMutexLock lock(&mutex_);
  for (auto next = models_.upper_bound(after);
       next != models_.end() && static_cast<int64_t>(models.size()) < max_count; ++next) {
    models.push_back(next->second);
  }
  return models;
}

absl::Status ModelRegistry::Remove(absl::string_view name) {
  std::shared_ptr<const Model> removed;  // freed after the lock: weights can be large
  absl::MutexLock lock(&mutex_);
  const auto found = models_.find(name);
  if (found == models_.end()) return ModelNotFound(name);
  const int64_t session_count = found->second->pin_count();
  if (session_count > 0) return ModelInUse(name, session_count);
  used_bytes_ -= found->second->size_bytes();
  removed = std::move(found->second);
  models_.erase(found);
  return absl::OkStatus();
}

}  // namespace cellar
