#include "server/identity/tenant.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

constexpr size_t kMaxTenantLength = 63;  // as ids of sessions and models

}  // namespace

bool IsValidTenant(absl::string_view tenant) {
  if (tenant.empty() || tenant.size() > kMaxTenantLength || !absl::ascii_islower(tenant[0])) {
    return false;
  }
  return std::all_of(tenant.begin(), tenant.end(), [](unsigned char c) {
    return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
  });
}

std::string FullName(const OwnedName& owned) { return absl::StrCat(owned.tenant, "/", owned.name); }

}  // namespace cellar
