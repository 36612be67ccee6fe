#include "server/identity/identity_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace cellar {
namespace {

absl::Status Unauthenticated(absl::string_view reason, absl::string_view message) {
  ErrorDetail detail;
  detail.reason = std::string(reason);
  return MakeError(absl::StatusCode::kUnauthenticated, message, detail);
}

}  // namespace

absl::Status TokenMissing() {
  return Unauthenticated("TOKEN_MISSING",
                         "the call names nobody who makes it; send the metadata `authorization: "
                         "bearer TOKEN`, or use a client certificate if the server takes them");
}

absl::Status TokenInvalid() {
  return Unauthenticated("TOKEN_INVALID",
                         "the token is not valid, or not any more; ask whoever runs the server "
                         "for a new one");
}

absl::Status CertificateUnknown() {
  return Unauthenticated("CERTIFICATE_UNKNOWN",
                         "no name in the client's certificate is an identity here, or not any "
                         "more; ask whoever runs the server to add it, or send a token");
}

absl::Status RoleMissing(absl::string_view method, RoleSet roles, RoleSet wanted) {
  ErrorDetail detail;
  detail.reason = "ROLE_MISSING";
  detail.metadata = {{"method", std::string(method)},
                     {"roles", RoleNames(roles)},
                     {"wanted_roles", RoleNames(wanted)}};
  return MakeError(
      absl::StatusCode::kPermissionDenied,
      absl::StrCat(method, " needs one of the roles ", RoleNames(wanted), "; the caller has ",
                   RoleNames(roles), ": call with another identity"),
      detail);
}

absl::Status TenantNotYours(RoleSet roles) {
  ErrorDetail detail;
  detail.reason = "ROLE_MISSING";
  detail.metadata = {{"method", "cellar-tenant"},
                     {"roles", RoleNames(roles)},
                     {"wanted_roles", std::string(RoleName(Role::kAdmin))}};
  return MakeError(absl::StatusCode::kPermissionDenied,
                   absl::StrCat("the metadata `cellar-tenant` is for the role admin; the caller "
                                "has ",
                                RoleNames(roles), ": leave it out, or call with another identity"),
                   detail);
}

absl::Status TenantMalformed() {
  return BadRequest({{"metadata `cellar-tenant`",
                      "is no name of a tenant; give one name of 1 to 63 characters of a-z, 0-9 and "
                      "hyphen that starts with a letter, once"}});
}

}  // namespace cellar
