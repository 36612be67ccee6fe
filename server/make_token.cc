#include "server/make_token.h"

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "server/base/secret.h"
#include "server/base/sha256.h"
#include "server/flags.h"
#include "server/identity/identity_file.h"
#include "server/identity/role.h"
#include "server/identity/tenant.h"
#include "server/unknown_flag.h"

namespace cellar {
namespace {

constexpr int kFailed = 1;
constexpr size_t kTokenBytes = 32;  // 256 bits: its plain hash cannot be searched
// So that people, and programs that look for lost secrets, know one when they see it.
constexpr absl::string_view kTokenPrefix = "cellar_";

struct Wish {
  std::string tenant{kDefaultTenant};
  std::vector<std::string> roles = {"owner"};
  std::string name;
  std::string expires_in;
  std::string append;
};

// What is wrong with the flags, in their words: the file speaks of its own.
absl::Status CheckWish(const Wish& wish) {
  if (!IsValidTenant(wish.tenant)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--tenant: `", Printable(wish.tenant),
                     "` is not possible; write 1 to 63 characters of a-z, 0-9 and hyphen, the "
                     "first of them a letter"));
  }
  for (const std::string& role : wish.roles) {
    if (ParseRole(role).has_value()) continue;
    return absl::InvalidArgumentError(absl::StrCat("--roles: `", Printable(role), "` is none of ",
                                                   RoleNames(RoleSet::All()),
                                                   "; several are separated by commas"));
  }
  return absl::OkStatus();
}

// The identity wished for, checked as a line of the file is. Errors: what is wrong with it.
absl::StatusOr<std::string> LineOf(const Wish& wish, const Sha256Digest& digest, absl::Time now) {
  if (absl::Status checked = CheckWish(wish); !checked.ok()) return checked;
  std::string line = absl::StrCat("token sha256:", ToHex(digest), " tenant=", wish.tenant,
                                  " roles=", absl::StrJoin(wish.roles, ","));
  if (!wish.name.empty()) absl::StrAppend(&line, " name=", wish.name);
  absl::Duration life;
  if (!wish.expires_in.empty()) {
    if (!absl::ParseDuration(wish.expires_in, &life) || life <= absl::ZeroDuration()) {
      return absl::InvalidArgumentError(absl::StrCat("--expires-in: `", Printable(wish.expires_in),
                                                     "` is no positive duration like 720h"));
    }
    absl::StrAppend(&line, " expires=",
                    absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now + life, absl::UTCTimeZone()));
  }
  const auto parsed = ParseIdentities(line);
  if (!parsed.ok() || parsed->size() != 1) {  // all else was checked
    return absl::InvalidArgumentError(
        absl::StrCat("--name: `", Printable(wish.name),
                     "` is not possible; write 1 to 100 printable characters without blanks"));
  }
  return line;
}

// Whether the last line of an open file has no end.
bool EndsInALine(int file) {
  const off_t size = lseek(file, 0, SEEK_END);
  char last = '\n';
  return size > 0 && pread(file, &last, 1, size - 1) == 1 && last != '\n';
}

// Appends in one write, so that whoever reads meanwhile sees all of the line or nothing.
bool Append(const std::string& path, const std::string& line) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const std::string text = absl::StrCat(EndsInALine(file) ? "\n" : "", line, "\n");
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return close(file) == 0 && written;
}

}  // namespace

int MakeToken(int argc, const char* const* argv, Clock& clock, std::ostream& out,
              std::ostream& err) {
  Wish wish;
  CLI::App app("Makes a token. It is printed this once; the identities file only gets its hash.",
               "cellar-server make-token");
  app.add_option("--tenant", wish.tenant, "Whose models and sessions its bearer sees")
      ->capture_default_str();
  app.add_option("--roles", wish.roles, "owner, grader, read-only, student, admin")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--name", wish.name, "For people: who has it, or what for");
  app.add_option("--expires-in", wish.expires_in, "How long it is valid, like 720h; for ever");
  app.add_option("--append", wish.append, "Identities file to add the line to");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const std::string text = UnexpectedArgumentsText(app);
    if (text.empty()) return app.exit(error, out, err) == 0 ? 0 : kBadUsage;
    err << text;
    return kBadUsage;
  }
  const std::string secret = SecretBytes(kTokenBytes);
  if (secret.empty()) {
    err << "error: the system has no random numbers\n";
    return kFailed;
  }
  const std::string token = absl::StrCat(kTokenPrefix, absl::WebSafeBase64Escape(secret));
  const auto line = LineOf(wish, Sha256Of(token), clock.Now());
  if (!line.ok()) {
    err << "error: " << std::string(line.status().message()) << "\n";
    return kBadUsage;
  }
  if (!wish.append.empty() && !Append(wish.append, *line)) {
    err << "error: cannot write " << wish.append << "\n";
    return kFailed;
  }
  out << token << "\n";
  if (wish.append.empty()) out << *line << "\n";
  return 0;
}

}  // namespace cellar
