// What a session is, what it has become, and when: values.
//
// Thread safety: values. States and inputs inside are immutable and shared.
#ifndef CELLAR_SERVER_SESSION_SESSION_CONFIG_H_
#define CELLAR_SERVER_SESSION_SESSION_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "server/base/shared_numbers.h"
#include "server/cell/numerics.h"
#include "server/identity/tenant.h"
#include "server/model/model.h"
#include "server/session/replay_window.h"

namespace cellar {

enum class Durability { kMemory, kPeriodic, kEveryStep };

// What a session is, fixed at its creation.
struct SessionConfig {
  std::string tenant;  // whose it is
  std::string name;    // "sessions/{id}"
  ModelPin model;
  Numerics numerics;
  Durability durability = Durability::kMemory;
  absl::Duration ttl;
  int64_t replay_window_requests = 8;
  std::map<std::string, std::string> labels;
  SharedNumbers initial_state;  // in numerics.precision (FreezeState); where a reset goes back to
  absl::Time create_time;       // set by the table

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

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_CONFIG_H_
