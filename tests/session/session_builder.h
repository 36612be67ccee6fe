// Sessions for tests: configurations, progress and streams without the engine.
//
// Thread safety: the functions may be called from any thread; FakeStream from any thread too.
#ifndef CELLAR_TESTS_SESSION_SESSION_BUILDER_H_
#define CELLAR_TESTS_SESSION_SESSION_BUILDER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/base/error.h"
#include "server/model/model_registry.h"
#include "server/session/session.h"
#include "server/session/session_table.h"
#include "tests/testing/model_builder.h"

namespace cellar {

// The scalar LSTM of the course problem; every session of the tests has it.
inline ModelPin HomeworkPin() {
  static ModelRegistry* const registry = [] {
    auto* made = new ModelRegistry({});
    made->Add(kDefaultTenant, HomeworkModel()).value();
    return made;
  }();
  return registry->Pin({kDefaultTenant, "models/homework"}).value();
}

inline SharedNumbers ScalarState(float h, float c) { return SharedNumbers::Of<float>({h, c}); }

// "sessions/{id}", or a made name if `id` is empty.
inline SessionConfig ConfigOf(const std::string& id, absl::Duration ttl = absl::Minutes(1)) {
  return {{.tenant = std::string(kDefaultTenant),
           .model = HomeworkPin().model(),
           .numerics = {},
           .durability = Durability::kMemory,
           .ttl = ttl,
           .replay_window_requests = 8,
           .labels = {}},
          id.empty() ? "" : absl::StrCat("sessions/", id),
          ScalarState(0, 0),
          absl::Time(),
          HomeworkPin()};
}

inline SessionProgress StartOf(const SessionConfig& config) {
  return {.state = config.initial_state,
          .next_step = 0,
          .window = ReplayWindow(config.replay_window_requests)};
}

// `progress` after one more request of `inputs`, one step each. The state is not computed, only
// different every time: h is the number of steps made.
inline SessionProgress After(SessionProgress progress, const std::vector<float>& inputs) {
  const auto step_count = static_cast<int64_t>(inputs.size());
  progress.window.Push({.first_step = progress.next_step,
                        .step_count = step_count,
                        .state_before = progress.state,
                        .inputs = SharedNumbers::Of<float>(inputs)});
  progress.next_step += step_count;
  progress.state = ScalarState(static_cast<float>(progress.next_step), 1);
  return progress;
}

// What a table lists behind a name.
inline std::vector<std::shared_ptr<Session>> SessionsAfter(SessionTable& table,
                                                           const OwnedName& after,
                                                           int64_t max_count) {
  std::vector<std::shared_ptr<Session>> listed;
  table.List(after, max_count, [&](const std::shared_ptr<Session>& session) {
    listed.push_back(session);
    return true;
  });
  return listed;
}

// Remembers what it was told.
class FakeStream : public StreamListener {
 public:
  void EndStream(absl::Status status) override {
    absl::MutexLock lock(&mutex_);
    reasons_.push_back(GetErrorReason(status));
  }

  // The reasons of all ends; more than one is a broken promise.
  std::vector<std::string> reasons() const {
    absl::MutexLock lock(&mutex_);
    return reasons_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> reasons_ ABSL_GUARDED_BY(mutex_);
};

// The value of `key` in the error's metadata; "(none)" if it is not there.
inline std::string MetadataOf(const absl::Status& status, const std::string& key) {
  const auto detail = GetErrorDetail(status);
  if (!detail.has_value()) return "(none)";
  for (const auto& [name, value] : detail->metadata) {
    if (name == key) return value;
  }
  return "(none)";
}

}  // namespace cellar

#endif  // CELLAR_TESTS_SESSION_SESSION_BUILDER_H_
