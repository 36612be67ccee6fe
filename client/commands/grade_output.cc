#include "client/commands/grade_output.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/grading/output_file.h"
#include "client/grading/safe_text.h"

namespace cellar {
namespace {

bool IsPrinted(const std::string& path) { return path.empty() || path == "-"; }

bool NamesFolder(const std::string& path) {
  std::error_code ignored;  // what cannot be looked at is told when it is written
  return absl::EndsWith(path, "/") || std::filesystem::is_directory(path, ignored);
}

// Whether one file is meant, and nothing else.
bool NamesFile(const GradeFormat& format, const std::string& path) {
  std::error_code ignored;
  if (IsPrinted(path) || NamesFolder(path)) return false;
  return absl::EndsWith(path, format.ending) || std::filesystem::exists(path, ignored);
}

bool IsFileEach(const GradeFormat& format, const std::string& path, size_t count) {
  return format.scope == GradeFormat::Scope::kOne && (count > 1 || NamesFolder(path));
}

// Where the file lies, links followed; as it is if that cannot be told.
std::string RealPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
  return error ? path : real.string();
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

absl::StatusOr<std::vector<FoundSubmission>> FindSubmissionsFor(
    const GradeFormat& format, const std::string& path, const std::vector<std::string>& paths) {
  auto found = FindSubmissions(paths);
  if (format.scope != GradeFormat::Scope::kOne || paths.size() != 1) return found;
  const std::filesystem::path only = paths[0];
  const bool looks_like_file = only.has_extension() && !absl::EndsWith(paths[0], "/");
  if (!looks_like_file || !(IsPrinted(path) || NamesFile(format, path))) return found;
  if (!NamesFolder(paths[0]) || (found.ok() && found->size() == 1)) return found;
  return std::vector<FoundSubmission>{{CleanLine(only.stem().string()), paths[0]}};
}

absl::Status CheckGradeOutput(const GradeFormat& format, const std::string& path, size_t count) {
  if (format.scope == GradeFormat::Scope::kMany) {
    if (!NamesFolder(path)) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a folder, and --format ", format.name, " writes one file"));
  }
  if (count <= 1 || (!IsPrinted(path) && !NamesFile(format, path))) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("a file for ", format.name,
                                                 " is about one submission, and there are ", count,
                                                 "; name a folder for them with --out"));
}

absl::Status CheckNoInputIsWritten(const GradeFormat* format, const std::string& path,
                                   const std::vector<std::string>& inputs,
                                   const std::vector<FoundSubmission>& found) {
  if (IsPrinted(path)) return absl::OkStatus();
  std::set<std::string> read;
  for (const std::string& input : inputs) read.insert(RealPath(input));
  for (const FoundSubmission& submission : found) read.insert(RealPath(submission.path));
  std::vector<std::string> written = {path};
  if (format != nullptr && IsFileEach(*format, path, found.size())) {
    for (const FoundSubmission& submission : found) {
      written.push_back(absl::StrCat(path, "/", FileNameOf(submission.id), format->ending));
    }
  }
  for (const std::string& file : written) {
    std::error_code ignored;  // what is not there is nobody's
    if (!std::filesystem::is_regular_file(file, ignored) || !read.contains(RealPath(file))) {
      continue;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("--out: ", file,
                     " would be written over, and it is read: as the exercise or "
                     "as a submission"));
  }
  return absl::OkStatus();
}

absl::Status WriteGradeOutput(const GradeFormat& format, const std::string& path,
                              absl::Span<const Report> reports, std::ostream& out) {
  if (IsPrinted(path)) {
    errno = 0;
    out << format.write(reports) << std::flush;
    if (out) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("cannot write the standard output: ",
                                                   std::strerror(errno == 0 ? EIO : errno)));
  }
  if (!IsFileEach(format, path, reports.size())) return WriteWholeFile(path, format.write(reports));
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

absl::Status WriteFailure(const GradeFormat& format, const std::string& path, FailedRun run,
                          std::ostream& out) {
  if (IsPrinted(path) && absl::string_view(format.name) == "text") return absl::OkStatus();
  if (run.found.empty()) run.found.push_back({"submission", ""});
  if (!CheckGradeOutput(format, path, run.found.size()).ok()) {
    run.found.resize(1);
    run.reports.clear();
  }
  for (size_t i = run.reports.size(); i < run.found.size(); ++i) {
    run.reports.push_back(FailedReport(run.exercise, run.found[i].id, run.reason));
  }
  return WriteGradeOutput(format, path, run.reports, out);
}

}  // namespace cellar
