// Which build this is. Free of dates and paths: the same sources and compiler give the same words.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_BUILD_INFO_H_
#define CELLAR_SERVER_BUILD_INFO_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cellar {

struct BuildInfo {
  absl::string_view version;   // "0.1.0"
  absl::string_view commit;    // "1a2b3c4d5e6f"; with "-dirty" if files differed; or "unknown"
  absl::string_view compiler;  // "GCC 12.2.0"
};

BuildInfo ThisBuild();

// The same as a program tells it: "cellar-server 0.1.0 (commit 1a2b3c4d5e6f, GCC 12.2.0)".
std::string BuildText(absl::string_view program);

}  // namespace cellar

#endif  // CELLAR_SERVER_BUILD_INFO_H_
