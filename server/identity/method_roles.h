// Which method wants which role: the one table of it, in method_roles.cc. A method that is not in
// the table is nobody's.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_IDENTITY_METHOD_ROLES_H_
#define CELLAR_SERVER_IDENTITY_METHOD_ROLES_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "server/identity/role.h"

namespace cellar {

// The roles of which a caller needs one to call `method` ("cellar.v1.SessionService.Step", or
// another service's full name for all its methods); none for a method that is not in the table.
RoleSet RolesFor(absl::string_view method);

// The names in the table, in its order.
std::vector<absl::string_view> MethodsWithRoles();

// Whether somebody with these roles may see the answer keys of exercises.
bool MaySeeAnswerKeys(RoleSet roles);

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_METHOD_ROLES_H_
