// From what a call presents to who makes it, and whether the method is theirs.
//
// Thread safety: all methods may be called from any thread.
// Ownership: identities and clock outlive it.
#ifndef CELLAR_SERVER_IDENTITY_AUTHENTICATION_H_
#define CELLAR_SERVER_IDENTITY_AUTHENTICATION_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/clock.h"
#include "server/identity/caller.h"
#include "server/identity/identities.h"

namespace cellar {

// What a call says of itself; views live as long as the call.
struct Presented {
  std::optional<absl::string_view> authorization = {};  // the metadata's value; sent twice: empty
  std::optional<absl::string_view> tenant = {};         // of the metadata cellar-tenant, for admins
  std::vector<std::string> certificate_names = {};      // of a verified client certificate
};

class Authentication {
 public:
  Authentication(const Identities& identities, Clock& clock)
      : identities_(identities), clock_(clock) {}

  // Whether callers must say who they are; if not, all are the LocalCaller.
  bool asked() const { return identities_.asked(); }

  // Who calls `method` (see method_roles.h), after the check that it is theirs. A token counts more
  // than a certificate: a wrong token is refused, whatever the certificate.
  // Errors: TOKEN_MISSING, TOKEN_INVALID, CERTIFICATE_UNKNOWN, ROLE_MISSING.
  absl::StatusOr<SharedCaller> LetIn(const Presented& presented, absl::string_view method) const;

 private:
  absl::StatusOr<SharedCaller> Identify(const Presented& presented) const;

  const Identities& identities_;
  Clock& clock_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_AUTHENTICATION_H_
