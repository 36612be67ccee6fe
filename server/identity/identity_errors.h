// The failures of this floor: one function each; code, reason and wording live here. None of them
// tells whether anything exists that the caller asked for, nor anything of a token.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_IDENTITY_IDENTITY_ERRORS_H_
#define CELLAR_SERVER_IDENTITY_IDENTITY_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/identity/role.h"

namespace cellar {

// UNAUTHENTICATED: the call says nothing about who makes it.
absl::Status TokenMissing();

// UNAUTHENTICATED: nobody has this token, or not any more.
absl::Status TokenInvalid();

// UNAUTHENTICATED: the client's certificate is sound, but no identity has a name of it.
absl::Status CertificateUnknown();

// PERMISSION_DENIED: the caller has `roles`, and `method` wants one of `wanted`.
absl::Status RoleMissing(absl::string_view method, RoleSet roles, RoleSet wanted);

// PERMISSION_DENIED: who is no admin asks to act for another tenant.
absl::Status TenantNotYours(RoleSet roles);

// INVALID_ARGUMENT: an admin asks to act for what can be no tenant.
absl::Status TenantMalformed();

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_IDENTITY_ERRORS_H_
