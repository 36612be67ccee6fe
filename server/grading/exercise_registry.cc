#include "server/grading/exercise_registry.h"

#include <utility>
#include <variant>

#include "server/base/status_macros.h"
#include "server/grading/grading_errors.h"

namespace cellar {

int64_t KeptExercise::size_bytes() const {
  const Exercise& exercise = compiled->exercise;
  auto bytes = static_cast<int64_t>(sizeof(KeptExercise) + sizeof(CompiledExercise) + name.size() +
                                    title.size() + description.size() + source.size()) +
               exercise.model->memory_bytes();
  if (const Precision precision = exercise.numerics.precision;
      precision != exercise.model->precision()) {
    bytes += exercise.model->memory_bytes(precision);  // it is worked out with these
  }
  for (const ExerciseSequence& sequence : exercise.sequences) {
    bytes += StackStateBytes(*sequence.initial_state);
    bytes += std::visit(
        [](const auto& numbers) {
          return static_cast<int64_t>(numbers.size() * sizeof(numbers.front()));
        },
        sequence.inputs);
  }
  for (const Question& question : exercise.questions) {
    const auto indices = static_cast<int64_t>(question.steps.size() + question.elements.size());
    bytes += static_cast<int64_t>(sizeof(Question)) +
             static_cast<int64_t>(sizeof(int64_t)) * (indices + question.value_count());
  }
  return bytes;
}

const ExerciseRegistry::TenantExercises* ExerciseRegistry::FindTenant(
    absl::string_view tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : &found->second;
}

absl::Status ExerciseRegistry::CheckRoom(const TenantExercises* exercises, int64_t bytes) const {
  const auto count = exercises == nullptr ? 0 : static_cast<int64_t>(exercises->by_name.size());
  const int64_t used_bytes = exercises == nullptr ? 0 : exercises->used_bytes;
  const auto full = FindReachedCap({limits_.max_exercises_per_tenant, limits_.max_exercises}, count,
                                   exercise_count_, 1);
  if (full.has_value()) return ExerciseLimit(*full);
  const auto heavy = FindReachedCap({limits_.max_bytes_per_tenant, limits_.max_bytes}, used_bytes,
                                    used_bytes_, bytes);
  return heavy.has_value() ? ExerciseBytesLimit(*heavy, bytes) : absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const KeptExercise>> ExerciseRegistry::Add(
    absl::string_view tenant, std::shared_ptr<const KeptExercise> exercise) {
  const int64_t bytes = exercise->size_bytes();
  absl::MutexLock lock(&mutex_);
  const TenantExercises* const exercises = FindTenant(tenant);
  if (exercises != nullptr) {
    const auto found = exercises->by_name.find(exercise->name);
    if (found != exercises->by_name.end()) {
      const KeptExercise& there = *found->second;
      const bool same =
          there.compiled->digest == exercise->compiled->digest && there.source == exercise->source;
      if (same) return found->second;
      return ExerciseExists(exercise->name, there.compiled->digest);
    }
  }
  CELLAR_RETURN_IF_ERROR(CheckRoom(exercises, bytes));
  ++exercise_count_;
  used_bytes_ += bytes;
  TenantExercises& grown = tenants_[std::string(tenant)];
  grown.used_bytes += bytes;
  grown.by_name.emplace(exercise->name, exercise);
  return exercise;
}

absl::StatusOr<std::shared_ptr<const KeptExercise>> ExerciseRegistry::Get(
    const OwnedName& owned) const {
  absl::ReaderMutexLock lock(&mutex_);
  const TenantExercises* const exercises = FindTenant(owned.tenant);
  if (exercises == nullptr) return ExerciseNotFound(owned.name);
  const auto found = exercises->by_name.find(owned.name);
  if (found == exercises->by_name.end()) return ExerciseNotFound(owned.name);
  return found->second;
}

std::vector<std::shared_ptr<const KeptExercise>> ExerciseRegistry::List(const OwnedName& after,
                                                                        int64_t max_count) const {
  std::vector<std::shared_ptr<const KeptExercise>> page;
  absl::ReaderMutexLock lock(&mutex_);
  const TenantExercises* const exercises = FindTenant(after.tenant);
  if (exercises == nullptr) return page;
  for (auto next = exercises->by_name.upper_bound(after.name);
       next != exercises->by_name.end() && static_cast<int64_t>(page.size()) < max_count; ++next) {
    page.push_back(next->second);
  }
  return page;
}

absl::Status ExerciseRegistry::Remove(const OwnedName& owned) {
  std::shared_ptr<const KeptExercise> removed;  // freed after the lock
  absl::MutexLock lock(&mutex_);
  const auto tenant = tenants_.find(owned.tenant);
  if (tenant == tenants_.end()) return ExerciseNotFound(owned.name);
  auto& [by_name, used_bytes] = tenant->second;
  const auto found = by_name.find(owned.name);
  if (found == by_name.end()) return ExerciseNotFound(owned.name);
  const int64_t bytes = found->second->size_bytes();
  --exercise_count_;
  used_bytes_ -= bytes;
  used_bytes -= bytes;
  removed = std::move(found->second);
  by_name.erase(found);
  if (by_name.empty()) tenants_.erase(tenant);
  return absl::OkStatus();
}

}  // namespace cellar
