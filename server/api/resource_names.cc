#include "server/api/resource_names.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/session/session_id.h"

namespace cellar {
namespace {

constexpr absl::string_view kIdRule =
    "1 to 63 characters of a-z, 0-9 and hyphen, the first of them a letter";

}  // namespace

bool CheckName(absl::string_view name, absl::string_view collection, absl::string_view path,
               FieldViolations& violations) {
  if (absl::StartsWith(name, collection) && IsValidId(name.substr(collection.size()))) return true;
  violations.push_back(
      {std::string(path), name.empty()
                              ? absl::StrCat("is required; give a name such as ", collection, "a")
                              : absl::StrCat("is ", Quoted(name), "; must be ", collection,
                                             " and an id of ", kIdRule)});
  return false;
}

void CheckChosenId(absl::string_view id, absl::string_view path, FieldViolations& violations) {
  if (id.empty() || IsValidId(id)) return;
  violations.push_back({std::string(path), absl::StrCat("is ", Quoted(id), "; must have ", kIdRule,
                                                        ", or be left out, and one will be made")});
}

std::string ChosenName(absl::string_view collection, absl::string_view id) {
  return id.empty() ? "" : absl::StrCat(collection, id);
}

std::string Quoted(absl::string_view text) {
  constexpr size_t kLongest = 80;  // enough to recognise it by
  const bool cut = text.size() > kLongest;
  // Cutting in the middle of a character would leave no UTF-8: escape everything outside ASCII
  // then.
  const std::string escaped =
      cut ? absl::CHexEscape(text.substr(0, kLongest)) : absl::Utf8SafeCHexEscape(text);
  return absl::StrCat("\"", escaped, cut ? absl::StrCat("\" (", text.size(), " bytes)") : "\"");
}

}  // namespace cellar
