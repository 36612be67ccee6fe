// The exercises of this server, by tenant and name; as ModelRegistry keeps models.
//
// Thread safety: all methods may be called from any thread.
// Ownership: shares exercises with whoever uses them; a removed one lives until its last user lets
// go.
#ifndef CELLAR_SERVER_GRADING_EXERCISE_REGISTRY_H_
#define CELLAR_SERVER_GRADING_EXERCISE_REGISTRY_H_

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
#include "absl/time/time.h"
#include "server/grading/compiled_exercise.h"
#include "server/identity/tenant.h"

namespace cellar {

// An exercise that is kept. Immutable.
struct KeptExercise {
  std::string name;  // "exercises/{id}"
  std::string title, description;
  std::string source;  // as it was written, in the form of whoever keeps it
  std::shared_ptr<const CompiledExercise> compiled;  // with the numbers as they were written
  absl::Time create_time;

  // What it holds, about: the source, the model, inputs and key.
  int64_t size_bytes() const;
};

class ExerciseRegistry {
 public:
  struct Limits {
    int64_t max_exercises = 10'000;
    int64_t max_bytes = int64_t{1} << 30;  // of all exercises together
    // Of one tenant; 0: as much as of all together.
    int64_t max_exercises_per_tenant = 0;
    int64_t max_bytes_per_tenant = 0;
  };

  explicit ExerciseRegistry(Limits limits) : limits_(limits) {}

  // Adds `exercise` under its name to those of `tenant` and returns it, or returns the one that
  // already has this name, digest and source there. Errors: EXERCISE_EXISTS (same name, but another
  // exercise, if only in its words or feedback), EXERCISE_LIMIT, EXERCISE_BYTES_LIMIT. On failure
  // nothing changed.
  absl::StatusOr<std::shared_ptr<const KeptExercise>> Add(
      absl::string_view tenant, std::shared_ptr<const KeptExercise> exercise);

  // Errors: EXERCISE_NOT_FOUND.
  absl::StatusOr<std::shared_ptr<const KeptExercise>> Get(const OwnedName& owned) const;

  // At most `max_count` exercises of the tenant of `after` whose names sort after its name, in
  // order.
  std::vector<std::shared_ptr<const KeptExercise>> List(const OwnedName& after,
                                                        int64_t max_count) const;

  // Errors: EXERCISE_NOT_FOUND.
  absl::Status Remove(const OwnedName& owned);

 private:
  // Of one tenant: exercises by name, and their bytes.
  struct TenantExercises {
    std::map<std::string, std::shared_ptr<const KeptExercise>, std::less<>> by_name;
    int64_t used_bytes = 0;
  };

  // The exercises of `tenant`; nullptr if it has none.
  const TenantExercises* FindTenant(absl::string_view tenant) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  // Whether there is room for one more, of so many bytes. `exercises`: of the tenant; may be null.
  // Errors: EXERCISE_LIMIT, EXERCISE_BYTES_LIMIT.
  absl::Status CheckRoom(const TenantExercises* exercises, int64_t bytes) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const Limits limits_;

  mutable absl::Mutex mutex_;
  std::map<std::string, TenantExercises, std::less<>> tenants_ ABSL_GUARDED_BY(mutex_);
  int64_t exercise_count_ ABSL_GUARDED_BY(mutex_) = 0;  // of all tenants
  int64_t used_bytes_ ABSL_GUARDED_BY(mutex_) = 0;      // of all tenants
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_EXERCISE_REGISTRY_H_
