#include "server/grading/exercise_registry.h"

#include <utility>
#include <variant>

#include "server/grading/grading_errors.h"

namespace cellar {

int64_t KeptExercise::size_bytes() const {
  const Exercise& exercise = compiled->exercise;
  auto bytes = static_cast<int64_t>(sizeof(KeptExercise) + sizeof(CompiledExercise) + name.size() +
                                    title.size() + description.size() + source.size()) +
               exercise.model->memory_bytes();
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

const ExerciseRegistry::ByName* ExerciseRegistry::FindTenant(absl::string_view tenant) const {
  const auto found = tenants_.find(tenant);
  return found == tenants_.end() ? nullptr : &found->second;
}

absl::StatusOr<std::shared_ptr<const KeptExercise>> ExerciseRegistry::Add(
    absl::string_view tenant, std::shared_ptr<const KeptExercise> exercise) {
  const int64_t bytes = exercise->size_bytes();
  absl::MutexLock lock(&mutex_);
  if (const ByName* const by_name = FindTenant(tenant)) {
    const auto found = by_name->find(exercise->name);
    if (found != by_name->end()) {
      const KeptExercise& there = *found->second;
      const bool same =
          there.compiled->digest == exercise->compiled->digest && there.source == exercise->source;
      if (same) return found->second;
      return ExerciseExists(exercise->name, there.compiled->digest);
    }
  }
  if (exercise_count_ >= limits_.max_exercises) return ExerciseLimit(limits_.max_exercises);
  if (bytes > limits_.max_bytes - used_bytes_) {
    return ExerciseBytesLimit(limits_.max_bytes, used_bytes_, bytes);
  }
  ++exercise_count_;
  used_bytes_ += bytes;
  tenants_[std::string(tenant)].emplace(exercise->name, exercise);
  return exercise;
}

absl::StatusOr<std::shared_ptr<const KeptExercise>> ExerciseRegistry::Get(
    const OwnedName& owned) const {
  absl::ReaderMutexLock lock(&mutex_);
  const ByName* const by_name = FindTenant(owned.tenant);
  if (by_name == nullptr) return ExerciseNotFound(owned.name);
  const auto found = by_name->find(owned.name);
  if (found == by_name->end()) return ExerciseNotFound(owned.name);
  return found->second;
}

std::vector<std::shared_ptr<const KeptExercise>> ExerciseRegistry::List(const OwnedName& after,
                                                                        int64_t max_count) const {
  std::vector<std::shared_ptr<const KeptExercise>> exercises;
  absl::ReaderMutexLock lock(&mutex_);
  const ByName* const by_name = FindTenant(after.tenant);
  if (by_name == nullptr) return exercises;
  for (auto next = by_name->upper_bound(after.name);
       next != by_name->end() && static_cast<int64_t>(exercises.size()) < max_count; ++next) {
    exercises.push_back(next->second);
  }
  return exercises;
}

absl::Status ExerciseRegistry::Remove(const OwnedName& owned) {
  std::shared_ptr<const KeptExercise> removed;  // freed after the lock
  absl::MutexLock lock(&mutex_);
  const auto tenant = tenants_.find(owned.tenant);
  if (tenant == tenants_.end()) return ExerciseNotFound(owned.name);
  const auto found = tenant->second.find(owned.name);
  if (found == tenant->second.end()) return ExerciseNotFound(owned.name);
  --exercise_count_;
  used_bytes_ -= found->second->size_bytes();
  removed = std::move(found->second);
  tenant->second.erase(found);
  if (tenant->second.empty()) tenants_.erase(tenant);
  return absl::OkStatus();
}

}  // namespace cellar
