#include "client/resource_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cellar {
namespace {

constexpr size_t kMaxIdLength = 63;

}  // namespace

std::string FullName(absl::string_view collection, absl::string_view id) {
  if (absl::StrContains(id, '/')) return std::string(id);
  return absl::StrCat(collection, "/", id);
}

std::string BareId(absl::string_view collection, absl::string_view name) {
  return std::string(absl::StripPrefix(name, absl::StrCat(collection, "/")));
}

bool IsId(absl::string_view word) {
  const auto is_allowed = [](unsigned char character) {
    return absl::ascii_islower(character) || absl::ascii_isdigit(character) || character == '-';
  };
  return !word.empty() && word.size() <= kMaxIdLength &&
         absl::ascii_islower(static_cast<unsigned char>(word[0])) &&
         std::all_of(word.begin(), word.end(), is_allowed);
}

}  // namespace cellar
