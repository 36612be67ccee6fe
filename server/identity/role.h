// Roles: what somebody may do within their tenant. Which method wants which role: method_roles.h.
//
// Thread safety: values and pure functions.
#ifndef CELLAR_SERVER_IDENTITY_ROLE_H_
#define CELLAR_SERVER_IDENTITY_ROLE_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cellar {

enum class Role {
  kOwner,     // everything on the tenant's models, sessions and exercises
  kGrader,    // an owner's reading, and grading with the answer keys
  kReadOnly,  // get and list, nothing else
  kStudent,   // has answers graded, and sees exercises without their keys
  kAdmin,     // everything, in every tenant, and what looks into the server itself
};

// Some of the roles; a value of one byte.
class RoleSet {
 public:
  constexpr RoleSet() = default;
  constexpr RoleSet(std::initializer_list<Role> roles) {
    for (const Role role : roles) bits_ |= Bit(role);
  }

  static constexpr RoleSet All() {
    return {Role::kOwner, Role::kGrader, Role::kReadOnly, Role::kStudent, Role::kAdmin};
  }

  constexpr void Add(Role role) { bits_ |= Bit(role); }
  constexpr bool Has(Role role) const { return (bits_ & Bit(role)) != 0; }
  constexpr bool HasAnyOf(RoleSet others) const { return (bits_ & others.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

  friend constexpr bool operator==(RoleSet, RoleSet) = default;

 private:
  static constexpr uint8_t Bit(Role role) {
    return static_cast<uint8_t>(1u << static_cast<unsigned>(role));
  }

  uint8_t bits_ = 0;
};

// "owner", "grader", "read-only", "student" or "admin".
absl::string_view RoleName(Role role);

// The role of that name; nothing for other words.
std::optional<Role> ParseRole(absl::string_view name);

// "owner,grader": the names in the order of the enum, with commas.
std::string RoleNames(RoleSet roles);

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_ROLE_H_
