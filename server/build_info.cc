#include "server/build_info.h"

#include "absl/strings/str_cat.h"
#include "cellar_commit.h"  // made by commit.cmake

namespace cellar {
namespace {

#if defined(__clang__)
constexpr char kCompiler[] = "Clang " __clang_version__;
#elif defined(__GNUC__)
constexpr char kCompiler[] = "GCC " __VERSION__;
#else
constexpr char kCompiler[] = "unknown";
#endif

}  // namespace

BuildInfo ThisBuild() {
  return {.version = CELLAR_VERSION, .commit = CELLAR_COMMIT, .compiler = kCompiler};
}

std::string BuildText(absl::string_view program) {
  const BuildInfo build = ThisBuild();
  return absl::StrCat(program, " ", build.version, " (commit ", build.commit, ", ", build.compiler,
                      ")");
}

}  // namespace cellar
