#include "server/identity/identities.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace cellar {
namespace {

absl::Status CannotRead(absl::string_view path) {
  return absl::UnavailableError(
      absl::StrCat("the identities file ", path, " cannot be read; those known before still are"));
}

}  // namespace

std::shared_ptr<const IdentityDirectory> Identities::directory() const {
  absl::ReaderMutexLock lock(&mutex_);
  return directory_;
}

absl::StatusOr<Identities::Reloaded> Identities::Reload() {
  if (!asked()) return Reloaded::kUnchanged;
  Stamp stamp;
  struct stat status {};
  if (stat(path_.c_str(), &status) == 0) {
    stamp.inode = status.st_ino;
    stamp.size = status.st_size;
    stamp.change_nanos = status.st_ctim.tv_sec * int64_t{1'000'000'000} + status.st_ctim.tv_nsec;
  } else {
    stamp.size = -2;  // told of once
  }
  if (stamp == stamp_) return Reloaded::kUnchanged;
  stamp_ = stamp;
  if (!S_ISREG(status.st_mode)) return CannotRead(path_);  // opening a pipe might never end
  std::ifstream file(path_, std::ios::binary);
  std::ostringstream text;
  if (status.st_size > 0) text << file.rdbuf();
  if (!file.is_open() || file.bad()) return CannotRead(path_);
  CELLAR_ASSIGN_OR_RETURN(const std::vector<Identity> identities, ParseIdentities(text.str()));
  auto directory = std::make_shared<const IdentityDirectory>(identities);
  absl::MutexLock lock(&mutex_);
  directory_.swap(directory);  // the old one is freed after the lock
  return Reloaded::kChanged;
}

}  // namespace cellar
