// Who changes what a name stands for does so alone: from what is in memory to what is in the store.
//
// Thread safety: all methods may be called from any thread that may wait for the store.
// Ownership: the turns outlive every Turn.
#ifndef CELLAR_SERVER_API_NAME_TURNS_H_
#define CELLAR_SERVER_API_NAME_TURNS_H_

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"

namespace cellar {

class NameTurns {
 public:
  // Ends when it is destroyed. Move-only.
  class Turn;

  // Waits until nobody else has a turn of this name. REQUIRES: the thread has none.
  Turn Take(std::string name) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void GiveBack(const std::string& name) ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> taken_ ABSL_GUARDED_BY(mutex_);
};

class NameTurns::Turn {
 public:
  Turn(Turn&& other) noexcept
      : turns_(std::exchange(other.turns_, nullptr)), name_(std::move(other.name_)) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (turns_ != nullptr) turns_->GiveBack(name_);
  }

 private:
  friend class NameTurns;
  Turn(NameTurns& turns, std::string name) : turns_(&turns), name_(std::move(name)) {}

  NameTurns* turns_;  // null once moved from
  std::string name_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_NAME_TURNS_H_
