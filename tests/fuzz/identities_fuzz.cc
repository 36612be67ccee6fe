// Reads any bytes as a file of identities.
//
// Promises: what is refused is INVALID_ARGUMENT and quotes nothing but its own words; what is taken
// has valid tenants and some role, and is what its written lines would be read as again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/identity/identity_directory.h"
#include "server/identity/identity_file.h"
#include "server/identity/tenant.h"
#include "tests/fuzz/fuzz_check.h"

namespace cellar {
namespace {

void Check(const std::string& text) {
  const absl::StatusOr<std::vector<Identity>> identities = ParseIdentities(text);
  if (!identities.ok()) {
    FuzzCheck(absl::IsInvalidArgument(identities.status()), "a bad file is a bad argument");
    return;
  }
  std::string written;
  for (const Identity& identity : *identities) {
    FuzzCheck(IsValidTenant(identity.caller.tenant), "every identity has a tenant");
    FuzzCheck(!identity.caller.roles.empty(), "every identity has a role");
    FuzzCheck(identity.token_digest.has_value() != !identity.certificate.empty(),
              "either a token or a certificate");
    written += IdentityLine(identity) + "\n";
  }
  const absl::StatusOr<std::vector<Identity>> again = ParseIdentities(written);
  FuzzCheck(again.ok(), "what was read can be written");
  FuzzCheck(again->size() == identities->size(), "and read again");
  for (size_t i = 0; i < again->size(); ++i) {
    FuzzCheck(IdentityLine((*again)[i]) == IdentityLine((*identities)[i]), "as the same");
  }
  FuzzCheck(IdentityDirectory(*identities).FindToken(text, absl::UnixEpoch()) == nullptr ||
                !identities->empty(),
            "nobody is nobody");
}

}  // namespace
}  // namespace cellar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cellar::Check(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
