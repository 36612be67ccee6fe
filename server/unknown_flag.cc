#include "server/unknown_flag.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cellar {
namespace {

// What flags of other servers are called here.
constexpr std::pair<absl::string_view, absl::string_view> kOtherNames[] = {
    {"address", "listen"},       {"auth", "identities"},
    {"bind", "listen"},          {"data", "data-dir"},
    {"host", "listen"},          {"port", "listen"},
    {"storage", "data-dir"},     {"threads", "workers"},
    {"tls-ca", "tls-client-ca"}, {"tokens", "identities"},
    {"ttl", "default-ttl"},      {"verbose", "log-level"},
    {"cores", "workers"},        {"metrics", "metrics-address"},
};

constexpr size_t kLongestWord = 64;  // no flag has so many letters

// Letters inserted, dropped or changed to get from one to the other.
size_t EditCount(absl::string_view from, absl::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= from.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= to.size(); ++j) {
      const size_t changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row.back();
}

// The only flag that begins with the word or with which the word begins; empty if there is none, or
// more.
std::string OnlyOneBegun(absl::string_view word, const std::vector<std::string>& flags) {
  std::string found;
  for (const std::string& flag : flags) {
    if (!absl::StartsWith(flag, word) && !absl::StartsWith(word, flag)) continue;
    if (!found.empty()) return "";
    found = flag;
  }
  return found;
}

}  // namespace

std::string NearestFlag(absl::string_view word, const std::vector<std::string>& flags) {
  if (word.empty() || word.size() > kLongestWord) return "";
  for (const auto& [other, flag] : kOtherNames) {
    if (word == other && absl::c_linear_search(flags, flag)) return std::string(flag);
  }
  std::string nearest = OnlyOneBegun(word, flags);
  if (!nearest.empty()) return nearest;
  size_t least = word.size() / 3 + 1;
  for (const std::string& flag : flags) {
    const size_t edits = EditCount(word, flag);
    if (edits >= least) continue;
    least = edits;
    nearest = flag;
  }
  return nearest;
}

std::string UnknownFlagText(const CLI::App& app, const std::string& word) {
  absl::string_view name = word;
  while (absl::ConsumePrefix(&name, "-")) {
  }
  const absl::string_view dashes = absl::string_view(word).substr(0, word.size() - name.size());
  name = name.substr(0, name.find('='));
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& flag : option->get_lnames()) flags.push_back(flag);
  }
  const std::string nearest = NearestFlag(name, flags);
  std::string text = absl::StrCat("there is no flag `", dashes, name, "`");
  if (nearest.empty()) return text;
  return absl::StrCat(text, " (did you mean `", dashes.empty() ? "" : "--", nearest, "`?)");
}

std::string UnexpectedArgumentsText(const CLI::App& app) {
  const std::string see_help = absl::StrCat("; see `", app.get_name(), " --help`\n");
  const std::vector<std::string> words = app.remaining();
  std::string text;
  for (const std::string& word : words) {
    if (absl::StartsWith(word, "-")) absl::StrAppend(&text, UnknownFlagText(app, word), see_help);
  }
  if (!text.empty() || words.empty()) return text;
  return absl::StrCat("there is an argument too many: `", words.front(), "`", see_help);
}

std::string Printable(absl::string_view word) {
  std::string text;
  for (const char& letter : word) {
    const absl::string_view one(&letter, 1);
    const bool is_plain = absl::ascii_isprint(static_cast<unsigned char>(letter));
    absl::StrAppend(&text, is_plain ? std::string(one) : absl::CHexEscape(one));
  }
  return text;
}

}  // namespace cellar
