#include "server/api/pages.h"

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/api/resource_names.h"
#include "server/session/session_id.h"

namespace cellar {
namespace {

constexpr int32_t kDefaultPageSize = 100;
constexpr int32_t kMaxPageSize = 1000;

}  // namespace

Page ReadPage(int32_t page_size, absl::string_view page_token, absl::string_view collection,
              FieldViolations& violations) {
  Page page;
  page.max_count = page_size == 0 ? kDefaultPageSize : page_size;
  if (page_size < 0 || page_size > kMaxPageSize) {
    violations.push_back({"page_size", absl::StrCat("is ", page_size, "; allowed are 0 (for ",
                                                    kDefaultPageSize, ") to ", kMaxPageSize)});
    page.max_count = kDefaultPageSize;
  }
  if (page_token.empty()) return page;
  const bool decoded = absl::WebSafeBase64Unescape(page_token, &page.after);
  const absl::string_view after = page.after;
  if (!decoded || !absl::StartsWith(after, collection) ||
      !IsValidId(after.substr(collection.size()))) {
    violations.push_back(
        {"page_token", absl::StrCat(Quoted(page_token),
                                    " is no token of this list; give the next_page_token of the "
                                    "previous answer, or nothing")});
    page.after.clear();
  }
  return page;
}

std::string MakePageToken(absl::string_view name) { return absl::WebSafeBase64Escape(name); }

}  // namespace cellar
