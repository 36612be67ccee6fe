#include "client/commands/grade_output.h"

#include <cerrno>
#include <cstring>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/grading/output_file.h"

namespace cellar {
namespace {

bool IsFileEach(const GradeFormat& format, size_t count) {
  return count > 1 && format.scope == GradeFormat::Scope::kOne;
}

}  // namespace

std::string FileNameOf(const std::string& id) {
  std::string name;
  for (const char sign : id) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(sign)) || sign == '.' ||
                       sign == '-' || sign == '_';
    name += plain ? sign : '_';
  }
  const bool hidden = name.empty() || name[0] == '.';
  return hidden ? absl::StrCat("_", name) : name;
}

absl::Status CheckGradeOutput(const GradeFormat& format, const std::string& path, size_t count) {
  if (!IsFileEach(format, count) || (!path.empty() && path != "-")) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a file for ", format.name,
                                                 " is about one submission, and there are ", count,
                                                 "; name a folder for them with --out"));
}

absl::Status WriteGradeOutput(const GradeFormat& format, const std::string& path,
                              absl::Span<const Report> reports, std::ostream& out) {
  if (path.empty() || path == "-") {
    errno = 0;
    out << format.write(reports) << std::flush;
    if (out) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("cannot write the standard output: ",
                                                   std::strerror(errno == 0 ? EIO : errno)));
  }
  if (!IsFileEach(format, reports.size())) return WriteWholeFile(path, format.write(reports));
  std::set<std::string> taken;
  for (size_t i = 0; i < reports.size(); ++i) {
    const std::string bare = FileNameOf(reports[i].id);
    std::string name = bare;
    for (int number = 2; !taken.insert(name).second; ++number) {
      name = absl::StrCat(bare, "-", number);
    }
    const absl::Status written = WriteWholeFile(absl::StrCat(path, "/", name, format.ending),
                                                format.write(reports.subspan(i, 1)));
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

}  // namespace cellar
