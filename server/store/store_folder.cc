#include "server/store/store_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "server/base/status_macros.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

enum class Kind { kNothing, kFolder, kOther };

Kind KindOf(const std::string& path) {
  struct stat found {};
  if (stat(path.c_str(), &found) != 0) return Kind::kNothing;
  return S_ISDIR(found.st_mode) ? Kind::kFolder : Kind::kOther;
}

// The folder that `folder` is in, or would be.
std::string ParentOf(const std::string& folder) {
  std::filesystem::path path(folder);
  if (!path.has_filename()) path = path.parent_path();  // it ends in a slash
  return path.has_parent_path() ? path.parent_path().string() : ".";
}

// Whether files can be made in `place`, which is the store's folder or the one it would be in.
absl::Status CheckPlace(const std::string& folder, const std::string& place) {
  errno = 0;
  if (faccessat(AT_FDCWD, place.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    if (errno == EACCES) return StoreForbidden(folder);
    if (errno == EROFS) return StoreReadOnly(folder);
  }
  struct statvfs disk {};
  const bool is_full =
      statvfs(place.c_str(), &disk) == 0 && disk.f_blocks > 0 && disk.f_bavail == 0;
  return is_full ? StoreFull(folder) : absl::OkStatus();
}

}  // namespace

absl::Status CheckStoreFolder(const std::string& folder) {
  switch (KindOf(folder)) {
    case Kind::kFolder:
      return CheckPlace(folder, folder);
    case Kind::kOther:
      return StoreIsNoFolder(folder);
    case Kind::kNothing:
      break;
  }
  if (errno == EACCES) return StoreForbidden(folder);
  const std::string parent = ParentOf(folder);
  if (KindOf(parent) != Kind::kFolder) return StoreHasNoParent(folder, parent);
  return CheckPlace(folder, parent);
}

}  // namespace cellar
