#include "client/grading/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

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

// The descriptor that a path names: /dev/stdout, /dev/fd/3. To open such a path anew would begin
// the file behind it at its start, and to rename something onto it would replace the name.
std::optional<int> DescriptorOf(absl::string_view path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  int descriptor = 0;
  const bool is_named =
      absl::ConsumePrefix(&path, "/dev/fd/") || absl::ConsumePrefix(&path, "/proc/self/fd/");
  if (!is_named || !absl::SimpleAtoi(path, &descriptor) || descriptor < 0) return std::nullopt;
  return descriptor;
}

// Where a path leads if it is a symbolic link, also to what is not there yet; else itself. 0 or the
// error.
int FollowLinks(std::filesystem::path& path) {
  constexpr int kMaxLinks = 40;  // as the system's own
  for (int count = 0;; ++count) {
    std::error_code error;
    if (!std::filesystem::is_symlink(std::filesystem::symlink_status(path, error))) return 0;
    if (count == kMaxLinks) return ELOOP;
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) return error.value();
    path = path.parent_path() / target;  // an absolute target stands for itself
  }
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
  if (const std::optional<int> descriptor = DescriptorOf(path); descriptor.has_value()) {
    const int error = WriteAll(*descriptor, contents);
    const bool is_output = *descriptor == STDOUT_FILENO;
    return error == 0 ? absl::OkStatus()
                      : CannotWrite(is_output ? "the standard output" : path, error);
  }
  if (IsSpecial(path)) return WriteDirectly(path, contents);
  std::filesystem::path file = path;
  int error = FollowLinks(file);
  if (error != 0) return CannotWrite(path, error);
  std::error_code ignored;  // a folder that is missing is told by what follows
  if (!file.parent_path().empty()) {
    std::filesystem::create_directories(file.parent_path(), ignored);
  }
  const std::string unfinished = absl::StrCat(file.string(), ".unfinished.", getpid());
  error = WriteNewFile(unfinished, contents);
  if (error == 0 && std::rename(unfinished.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  unlink(unfinished.c_str());
  return CannotWrite(path, error);
}

}  // namespace cellar
