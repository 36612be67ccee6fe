#include "server/identity/role.h"

#include <iterator>

#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

// In the order of the enum.
constexpr absl::string_view kNames[] = {"owner", "grader", "read-only", "student", "admin"};

}  // namespace

absl::string_view RoleName(Role role) { return kNames[static_cast<size_t>(role)]; }

std::optional<Role> ParseRole(absl::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

std::string RoleNames(RoleSet roles) {
  std::string names;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (!roles.Has(static_cast<Role>(i))) continue;
    absl::StrAppend(&names, names.empty() ? "" : ",", kNames[i]);
  }
  return names;
}

}  // namespace cellar
