// What a cap that was reached tells its caller: whose it is, how much it allows, how much is used.
//
// Thread safety: values and pure functions.
#ifndef CELLAR_SERVER_IDENTITY_CAP_H_
#define CELLAR_SERVER_IDENTITY_CAP_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace cellar {

enum class CapScope { kTenant, kServer };

struct ReachedCap {
  CapScope scope = CapScope::kServer;
  int64_t limit = 0;
  int64_t used = 0;
};

// Of one tenant, and of all together. A tenant's limit of 0: as much as all together.
struct CapLimits {
  int64_t of_tenant = 0;
  int64_t of_server = 0;
};

// Which cap `amount` more would pass, the tenant's first; nothing if there is room.
inline std::optional<ReachedCap> FindReachedCap(const CapLimits& limits, int64_t tenant_used,
                                                int64_t server_used, int64_t amount) {
  // Subtracted, not added: the sum of a huge request would overflow.
  if (limits.of_tenant > 0 && amount > limits.of_tenant - tenant_used) {
    return ReachedCap{CapScope::kTenant, limits.of_tenant, tenant_used};
  }
  if (amount > limits.of_server - server_used) {
    return ReachedCap{CapScope::kServer, limits.of_server, server_used};
  }
  return std::nullopt;
}

// The word of the metadata `scope`, and of messages.
inline absl::string_view CapScopeWord(CapScope scope) {
  return scope == CapScope::kTenant ? "tenant" : "server";
}

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_CAP_H_
