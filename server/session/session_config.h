// What a session is, what it has become, and when: values.
//
// Thread safety: values. States and inputs inside are immutable and shared.
#ifndef CELLAR_SERVER_SESSION_SESSION_CONFIG_H_
#define CELLAR_SERVER_SESSION_SESSION_CONFIG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/shared_numbers.h"
#include "server/cell/numerics.h"
#include "server/identity/tenant.h"
#include "server/model/model.h"
#include "server/session/replay_window.h"

namespace cellar {

enum class Durability { kMemory, kPeriodic, kEveryStep };

// What was agreed on when a session was created; many may have been created alike.
struct SessionTerms {
  std::string tenant;                  // whose it is
  std::shared_ptr<const Model> model;  // by itself: equal ones are different models
  Numerics numerics;
  Durability durability = Durability::kMemory;
  absl::Duration ttl;
  int64_t replay_window_requests = 8;
  std::map<std::string, std::string> labels;

  friend bool operator==(const SessionTerms&, const SessionTerms&) = default;
  template <class Hash>
  friend Hash AbslHashValue(Hash hash, const SessionTerms& terms) {
    const Numerics& numerics = terms.numerics;
    return Hash::combine(std::move(hash), terms.tenant, terms.model, numerics.precision,
                         numerics.activation_rule, numerics.rounding, numerics.rounding_scope,
                         terms.durability, terms.ttl, terms.replay_window_requests, terms.labels);
  }
};

// What a session is, fixed at its creation.
struct SessionConfig : SessionTerms {
  std::string name;             // "sessions/{id}"
  SharedNumbers initial_state;  // in numerics.precision (FreezeState); where a reset goes back to
  absl::Time create_time;       // set by the table
  ModelPin pin;                 // of the model

  OwnedName owned_name() const { return {tenant, name}; }  // views of this
};

// What a session has become: a value. States and inputs inside are immutable and shared.
struct SessionProgress {
  SharedNumbers state;  // before step next_step (FreezeState)
  int64_t next_step = 0;
  ReplayWindow window{0};
};

// When what happened to a session.
struct SessionTimes {
  absl::Time update_time;   // creation or last commit
  absl::Time unused_since;  // creation, or when its last use ended
};

// Bytes that each entry of the window costs besides the numbers in it, at most: its place in the
// window and, as that grows, an empty one, and what two arrays have beside their numbers.
inline constexpr int64_t kWindowEntryOverheadBytes = 128;

// Bytes that a session is charged for: its states, the inputs in its window, its words, and an
// estimate of what keeping them costs. Everything counts in full, also what is shared with other
// sessions (a fork) or within one. REQUIRES: no state or inputs are null.
int64_t SessionBytes(const SessionTerms& terms, absl::string_view name,
                     const SharedNumbers& initial_state, const SessionProgress& progress);
inline int64_t SessionBytes(const SessionConfig& config, const SessionProgress& progress) {
  return SessionBytes(config, config.name, config.initial_state, progress);
}

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_CONFIG_H_
