// Who calls: found out once a call, before anything of the request is looked at.
//
// Thread safety: values; shared callers are immutable.
#ifndef CELLAR_SERVER_IDENTITY_CALLER_H_
#define CELLAR_SERVER_IDENTITY_CALLER_H_

#include <memory>
#include <string>

#include "server/identity/role.h"

namespace cellar {

struct Caller {
  std::string tenant;     // whose models and sessions the call sees
  RoleSet roles;          // what it may do with them
  std::string name = {};  // of the identity, for people; may be empty
};

// Never null; shared by all calls of one identity.
using SharedCaller = std::shared_ptr<const Caller>;

// Whoever calls a server that knows no identities: the default tenant, with every role.
const SharedCaller& LocalCaller();

// Stands in for the caller of a call that is refused: no tenant, no role.
SharedCaller NobodyCaller();

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_CALLER_H_
