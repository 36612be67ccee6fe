#include "server/model/model_registry.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/model/model_errors.h"

namespace cellar {

const ModelRegistry::TenantModels* ModelRegistry::FindTenant(absl::string_view tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : &found->second;
}

std::shared_ptr<const Model> ModelRegistry::Find(const OwnedName& owned) const {
  const TenantModels* const models = FindTenant(owned.tenant);
  if (models == nullptr) return nullptr;
  const auto found = models->by_name.find(owned.name);
  return found == models->by_name.end() ? nullptr : found->second;
}

absl::StatusOr<std::shared_ptr<const Model>> ModelRegistry::Add(
    absl::string_view tenant, std::shared_ptr<const Model> model) {
  absl::MutexLock lock(&mutex_);
  if (auto found = Find({tenant, model->name()}); found != nullptr) {
    if (found->digest() == model->digest()) return found;
    return ModelExists(model->name(), found->digest());
  }
  if (model_count_ >= limits_.max_models) return ModelLimit(limits_.max_models);
  const int64_t bytes = model->memory_bytes();
  if (bytes > limits_.max_bytes - used_bytes_) {
    return ModelBytesLimit(limits_.max_bytes, used_bytes_, bytes);
  }
  TenantModels& models = tenants_[tenant];
  models.used_bytes += bytes;
  models.by_name.emplace(model->name(), model);
  used_bytes_ += bytes;
  ++model_count_;
  return model;
}

absl::StatusOr<std::shared_ptr<const Model>> ModelRegistry::Get(const OwnedName& owned) const {
  absl::ReaderMutexLock lock(&mutex_);
  auto found = Find(owned);
  if (found == nullptr) return ModelNotFound(owned.name);
  return found;
}

absl::StatusOr<ModelPin> ModelRegistry::Pin(const OwnedName& owned) const {
  // Counted under the lock: Remove either sees the pin or has already taken the name away.
  absl::ReaderMutexLock lock(&mutex_);
  auto found = Find(owned);
  if (found == nullptr) return ModelNotFound(owned.name);
  return ModelPin(std::move(found));
}

std::vector<std::shared_ptr<const Model>> ModelRegistry::List(const OwnedName& after,
                                                              int64_t max_count) const {
  std::vector<std::shared_ptr<const Model>> page;
  absl::ReaderMutexLock lock(&mutex_);
  const TenantModels* const models = FindTenant(after.tenant);
  if (models == nullptr) return page;
  for (auto next = models->by_name.upper_bound(after.name);
       next != models->by_name.end() && static_cast<int64_t>(page.size()) < max_count; ++next) {
    page.push_back(next->second);
  }
  return page;
}

ModelRegistry::Load ModelRegistry::Look() const {
  absl::ReaderMutexLock lock(&mutex_);
  return {model_count_, used_bytes_};
}

absl::Status ModelRegistry::Remove(const OwnedName& owned) {
  std::shared_ptr<const Model> removed;  // freed after the lock: weights can be large
  absl::MutexLock lock(&mutex_);
  removed = Find(owned);
  if (removed == nullptr) return ModelNotFound(owned.name);
  const int64_t session_count = removed->pin_count();
  if (session_count > 0) return ModelInUse(owned.name, session_count);
  const auto tenant = tenants_.find(owned.tenant);
  tenant->second.by_name.erase(removed->name());
  tenant->second.used_bytes -= removed->memory_bytes();
  used_bytes_ -= removed->memory_bytes();
  --model_count_;
  return absl::OkStatus();
}

}  // namespace cellar
