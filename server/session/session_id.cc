#include "server/session/session_id.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/secret.h"

namespace cellar {
namespace {

constexpr size_t kMaxIdLength = 63;  // a DNS label, so that ids fit into host names and labels
constexpr size_t kSecretBytes = 16;  // 128 bits: not to be guessed, and never the same twice
constexpr absl::string_view kMadePrefix = "s-";

bool IsLowerLetter(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsIdCharacter(char c) { return IsLowerLetter(c) || IsDigit(c) || c == '-'; }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

std::string EpochOf(absl::Time time) {
  const int64_t millis = std::max<int64_t>(0, absl::ToUnixMillis(time));
  return absl::StrCat(absl::Hex(millis));
}

// The number an epoch stands for, if it is written as EpochOf writes it.
std::optional<uint64_t> ParseEpoch(absl::string_view epoch) {
  uint64_t value = 0;
  if (!absl::SimpleHexAtoi(epoch, &value)) return std::nullopt;
  if (absl::StrCat(absl::Hex(value)) != epoch) return std::nullopt;
  return value;
}

}  // namespace

bool IsValidId(absl::string_view id) {
  if (id.empty() || id.size() > kMaxIdLength || !IsLowerLetter(id[0])) return false;
  // Without a jump for each character, which no processor could foresee.
  bool valid = true;
  for (const char c : id) valid &= IsIdCharacter(c);
  return valid;
}

SessionIdMaker::SessionIdMaker(absl::Time start_time) : epoch_(EpochOf(start_time)) {}

std::string SessionIdMaker::Make() const {
  const std::string secret = SecretBytes(kSecretBytes);
  if (secret.empty()) return "";
  return absl::StrCat(kMadePrefix, epoch_, "-", absl::BytesToHexString(secret));
}

std::optional<std::string> SessionIdMaker::EarlierEpochOf(absl::string_view id) const {
  if (!absl::ConsumePrefix(&id, kMadePrefix)) return std::nullopt;
  const size_t hyphen = id.find('-');
  if (hyphen == absl::string_view::npos) return std::nullopt;
  const absl::string_view secret = id.substr(hyphen + 1);
  if (secret.size() != 2 * kSecretBytes || !std::all_of(secret.begin(), secret.end(), IsHexDigit)) {
    return std::nullopt;
  }
  const std::optional<uint64_t> epoch = ParseEpoch(id.substr(0, hyphen));
  if (!epoch.has_value() || *epoch >= *ParseEpoch(epoch_)) return std::nullopt;
  return std::string(id.substr(0, hyphen));
}

}  // namespace cellar
