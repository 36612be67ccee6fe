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
  return found == models->by_name.end() ? nullptr : found->second.model;
}

absl::StatusOr<std::shared_ptr<const Model>> ModelRegistry::Add(
    absl::string_view tenant, std::shared_ptr<const Model> model) {
  absl::MutexLock lock(&mutex_);
  if (auto found = Find({tenant, model->name()}); found != nullptr) {
    if (found->digest() == model->digest()) return found;
    return ModelExists(model->name(), found->digest());
  }
  TenantModels& models = tenants_[tenant];
  const auto full = FindReachedCap({limits_.max_models_per_tenant, limits_.max_models},
                                   static_cast<int64_t>(models.by_name.size()), model_count_, 1);
  if (full.has_value()) return ModelLimit(*full);
  const int64_t bytes = model->memory_bytes();
  CELLAR_RETURN_IF_ERROR(CheckBytes(models, bytes));
  models.used_bytes += bytes;
  models.by_name.emplace(model->name(), Kept{model, bytes});
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
    page.push_back(next->second.model);
  }
  return page;
}

absl::Status ModelRegistry::CheckBytes(const TenantModels& models, int64_t bytes) const {
  const auto full = FindReachedCap({limits_.max_bytes_per_tenant, limits_.max_bytes},
                                   models.used_bytes, used_bytes_, bytes);
  return full.has_value() ? ModelBytesLimit(*full, bytes) : absl::OkStatus();
}

absl::Status ModelRegistry::Reserve(const OwnedName& owned, Precision precision) {
  absl::MutexLock lock(&mutex_);
  const auto tenant = tenants_.find(owned.tenant);
  if (tenant == tenants_.end()) return absl::OkStatus();
  const auto found = tenant->second.by_name.find(owned.name);
  if (found == tenant->second.by_name.end()) return absl::OkStatus();
  Kept& kept = found->second;
  if (kept.model->precision() == precision || kept.both_precisions) return absl::OkStatus();
  const int64_t bytes = kept.model->memory_bytes(precision);
  CELLAR_RETURN_IF_ERROR(CheckBytes(tenant->second, bytes));
  kept.both_precisions = true;
  kept.bytes += bytes;
  tenant->second.used_bytes += bytes;
  used_bytes_ += bytes;
  return absl::OkStatus();
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
  const auto kept = tenant->second.by_name.find(owned.name);
  tenant->second.used_bytes -= kept->second.bytes;
  used_bytes_ -= kept->second.bytes;
  tenant->second.by_name.erase(kept);
  --model_count_;
  return absl::OkStatus();
}

}  // namespace cellar
