#include "server/identity/identity_file.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/identity/tenant.h"

namespace cellar {
namespace {

constexpr size_t kMaxProblems = 20;
constexpr size_t kMaxNameLength = 100;  // a name is for people, in logs
constexpr absl::string_view kTokenWord = "token";
constexpr absl::string_view kCertificateWord = "certificate";
constexpr absl::string_view kDigestPrefix = "sha256:";

// Reads one line; what is wrong with it goes into `problems`.
class LineReader {
 public:
  explicit LineReader(std::vector<std::string>& problems) : problems_(problems) {}

  Identity Read(absl::string_view line) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    const absl::string_view who = words.size() > 1 ? words[1] : absl::string_view();
    if (words[0] == kTokenWord) {
      ReadDigest(who);
    } else if (words[0] == kCertificateWord) {
      ReadCertificate(who);
    } else {
      Problem("begins with neither `token` nor `certificate`");
      return {};
    }
    for (size_t i = 2; i < words.size(); ++i) ReadSetting(words[i]);
    if (identity_.caller.tenant.empty()) Problem("has no valid tenant=");
    if (identity_.caller.roles.empty()) Problem("has no valid roles=");
    return std::move(identity_);
  }

 private:
  void Problem(absl::string_view problem) { problems_.emplace_back(problem); }

  void ReadDigest(absl::string_view text) {
    const bool well_formed = absl::ConsumePrefix(&text, kDigestPrefix) &&
                             text.size() == 2 * sizeof(Sha256Digest) &&
                             std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
    if (!well_formed) {
      return Problem("has no sha256: and 64 hexadecimal digits behind `token`");
    }
    const std::string bytes = absl::HexStringToBytes(text);
    identity_.token_digest.emplace();
    std::copy(bytes.begin(), bytes.end(), identity_.token_digest->begin());
  }

  void ReadCertificate(absl::string_view text) {
    for (const absl::string_view prefix :
         {kUriPrefix, kDnsPrefix, kEmailPrefix, kCommonNamePrefix}) {
      if (absl::StartsWith(text, prefix) && text.size() > prefix.size()) {
        identity_.certificate = std::string(text);
        return;
      }
    }
    Problem("has no uri:, dns:, email: or cn: and a name behind `certificate`");
  }

  void ReadSetting(absl::string_view word) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(word, absl::MaxSplits('=', 1));
    const auto& [key, value] = parts;
    if (!seen_.insert(key).second) return Problem("says something twice");
    if (key == "tenant" && IsValidTenant(value)) {
      identity_.caller.tenant = std::string(value);
    } else if (key == "roles") {
      ReadRoles(value);
    } else if (key == "name" && !value.empty() && value.size() <= kMaxNameLength &&
               std::all_of(value.begin(), value.end(), absl::ascii_isgraph)) {
      identity_.caller.name = std::string(value);
    } else if (key == "expires") {
      ReadExpireTime(value);
    } else if (key != "tenant") {
      Problem("has a word that is none of tenant=, roles=, name= and expires=, or a bad name=");
    }
  }

  void ReadRoles(absl::string_view value) {
    for (const absl::string_view word : absl::StrSplit(value, ',')) {
      const std::optional<Role> role = ParseRole(word);
      if (!role.has_value()) {
        return Problem(absl::StrCat("has a role that is none of ", RoleNames(RoleSet::All())));
      }
      identity_.caller.roles.Add(*role);
    }
  }

  void ReadExpireTime(absl::string_view value) {
    std::string error;
    if (absl::ParseTime(absl::RFC3339_full, value, &identity_.expire_time, &error)) return;
    Problem("has an expires= that is not like 2027-01-31T00:00:00Z");
  }

  std::vector<std::string>& problems_;
  std::set<absl::string_view> seen_;
  Identity identity_;
};

std::string KeyOf(const Identity& identity) {
  return identity.token_digest.has_value() ? ToHex(*identity.token_digest) : identity.certificate;
}

}  // namespace

absl::StatusOr<std::vector<Identity>> ParseIdentities(absl::string_view text) {
  std::vector<Identity> identities;
  std::vector<std::string> problems;
  std::set<std::string> keys;
  int64_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> wrong;
    Identity identity = LineReader(wrong).Read(line);
    if (wrong.empty() && !keys.insert(KeyOf(identity)).second) {
      wrong.emplace_back("has the token or certificate of an earlier line");
    }
    for (const std::string& what : wrong) {
      if (problems.size() < kMaxProblems) {
        problems.push_back(absl::StrCat("line ", number, " ", what));
      }
    }
    identities.push_back(std::move(identity));
  }
  if (!problems.empty()) return absl::InvalidArgumentError(absl::StrJoin(problems, "\n"));
  return identities;
}

std::string IdentityLine(const Identity& identity) {
  std::string line =
      identity.token_digest.has_value()
          ? absl::StrCat(kTokenWord, " ", kDigestPrefix, ToHex(*identity.token_digest))
          : absl::StrCat(kCertificateWord, " ", identity.certificate);
  absl::StrAppend(&line, " tenant=", identity.caller.tenant,
                  " roles=", RoleNames(identity.caller.roles));
  if (!identity.caller.name.empty()) absl::StrAppend(&line, " name=", identity.caller.name);
  if (identity.expire_time != absl::InfiniteFuture()) {
    absl::StrAppend(
        &line, " expires=",
        absl::FormatTime(absl::RFC3339_full, identity.expire_time, absl::UTCTimeZone()));
  }
  return line;
}

}  // namespace cellar
