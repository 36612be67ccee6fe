#include "server/identity/authentication.h"

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/base/status_macros.h"
#include "server/identity/identity_errors.h"
#include "server/identity/method_roles.h"
#include "server/identity/tenant.h"

namespace cellar {
namespace {

constexpr absl::string_view kScheme = "bearer ";

}  // namespace

absl::StatusOr<SharedCaller> Authentication::LetIn(const Presented& presented,
                                                   absl::string_view method) const {
  CELLAR_ASSIGN_OR_RETURN(SharedCaller caller, Identify(presented));
  const RoleSet wanted = RolesFor(method);
  if (!caller->roles.HasAnyOf(wanted)) return RoleMissing(method, caller->roles, wanted);
  if (!presented.tenant.has_value() || *presented.tenant == caller->tenant) return caller;
  if (!caller->roles.Has(Role::kAdmin)) return TenantNotYours(caller->roles);
  if (!IsValidTenant(*presented.tenant)) return TenantMalformed();
  Caller elsewhere = *caller;
  elsewhere.tenant = std::string(*presented.tenant);
  return std::make_shared<const Caller>(std::move(elsewhere));
}

absl::StatusOr<SharedCaller> Authentication::Identify(const Presented& presented) const {
  if (!asked()) return LocalCaller();
  if (presented.authorization.has_value()) {
    absl::string_view token = *presented.authorization;
    if (!absl::StartsWithIgnoreCase(token, kScheme)) return TokenInvalid();
    token = absl::StripAsciiWhitespace(token.substr(kScheme.size()));
    SharedCaller caller = identities_.directory()->FindToken(token, clock_.Now());
    if (caller == nullptr) return TokenInvalid();
    return caller;
  }
  if (presented.certificate_names.empty()) return TokenMissing();
  SharedCaller caller =
      identities_.directory()->FindCertificate(presented.certificate_names, clock_.Now());
  if (caller == nullptr) return CertificateUnknown();
  return caller;
}

}  // namespace cellar
