#include "client/grading/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

absl::Status CannotWrite(const std::string& path, int error) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot write ", path, ": ", std::strerror(error)));
}

// Whether there is something at `path` that cannot be replaced by a file.
bool IsSpecial(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// Writes everything; 0 or the error.
int WriteAll(int descriptor, absl::string_view contents) {
  while (!contents.empty()) {
    const ssize_t count = write(descriptor, contents.data(), contents.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    contents.remove_prefix(static_cast<size_t>(count));
  }
  return 0;
}

absl::Status WriteDirectly(const std::string& path, absl::string_view contents) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0) return CannotWrite(path, errno);
  const int written = WriteAll(descriptor, contents);
  const int closed = close(descriptor) == 0 ? 0 : errno;
  if (written != 0 || closed != 0) return CannotWrite(path, written != 0 ? written : closed);
  return absl::OkStatus();
}

// Writes a new file; 0 or the error. Not synced: whoever reads it does so on this machine, soon.
int WriteNewFile(const std::string& path, absl::string_view contents) {
  constexpr mode_t kReadableByAll = 0644;  // platforms read as somebody else
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kReadableByAll);
  if (descriptor < 0) return errno;
  int error = WriteAll(descriptor, contents);
  if (close(descriptor) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

absl::Status WriteWholeFile(const std::string& path, absl::string_view contents) {
  if (path == "-") {
    const int error = WriteAll(STDOUT_FILENO, contents);
    return error == 0 ? absl::OkStatus() : CannotWrite("the standard output", error);
  }
  if (IsSpecial(path)) return WriteDirectly(path, contents);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code ignored;  // a folder that is missing is told by what follows
  if (!folder.empty()) std::filesystem::create_directories(folder, ignored);
  const std::string unfinished = absl::StrCat(path, ".unfinished.", getpid());
  int error = WriteNewFile(unfinished, contents);
  if (error == 0 && std::rename(unfinished.c_str(), path.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(unfinished.c_str());
  return CannotWrite(path, error);
}

}  // namespace cellar
