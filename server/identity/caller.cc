#include "server/identity/caller.h"

#include "server/identity/tenant.h"

namespace cellar {

const SharedCaller& LocalCaller() {
  static const auto* const caller = new SharedCaller(std::make_shared<const Caller>(
      Caller{.tenant = std::string(kDefaultTenant), .roles = RoleSet::All()}));
  return *caller;
}

SharedCaller NobodyCaller() { return std::make_shared<const Caller>(); }

}  // namespace cellar
