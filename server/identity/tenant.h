// Tenants: whom a model or session belongs to. Every name is a name within a tenant: two tenants
// may both have "sessions/mine", and what belongs to another tenant is not there.
//
// Thread safety: values and pure functions.
// Lifetime: an OwnedName views words of others and owns nothing.
#ifndef CELLAR_SERVER_IDENTITY_TENANT_H_
#define CELLAR_SERVER_IDENTITY_TENANT_H_

#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace cellar {

// Whoever calls a server that knows no identities belongs to this tenant.
inline constexpr absl::string_view kDefaultTenant = "default";

// Whether `tenant` has 1 to 63 characters of a-z, 0-9 and hyphen and starts with a letter: never a
// slash, so that FullName is unambiguous.
bool IsValidTenant(absl::string_view tenant);

// A model's or session's name and whose it is. They sort by tenant, then by name.
struct OwnedName {
  absl::string_view tenant;
  absl::string_view name;  // "sessions/{id}" or "models/{id}"

  friend bool operator==(const OwnedName&, const OwnedName&) = default;
  friend bool operator<(const OwnedName& a, const OwnedName& b) {
    return a.tenant != b.tenant ? a.tenant < b.tenant : a.name < b.name;
  }
  template <class Hash>
  friend Hash AbslHashValue(Hash hash, const OwnedName& owned) {
    return Hash::combine(std::move(hash), owned.tenant, owned.name);
  }
};

// "{tenant}/{name}": one word for both, different for different owned names of valid tenants.
std::string FullName(const OwnedName& owned);

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_TENANT_H_
