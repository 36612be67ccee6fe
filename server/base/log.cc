#include "server/base/log.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

constexpr absl::string_view kLevelNames[] = {"none", "error", "warning", "info", "debug"};
constexpr size_t kMaxValueBytes = 256;

// Whether a value can stand without quotes.
bool IsPlain(absl::string_view value) {
  return std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return absl::ascii_isgraph(c) && c != '"' && c != '=' && c != '\\';
  });
}

void AddField(absl::string_view key, absl::string_view value, std::string& line) {
  if (value.empty()) return;
  const bool cut = value.size() > kMaxValueBytes;
  value = value.substr(0, kMaxValueBytes);
  absl::StrAppend(&line, " ", key, "=");
  if (IsPlain(value)) {
    absl::StrAppend(&line, value);
  } else {
    absl::StrAppend(&line, "\"", absl::CHexEscape(value), "\"");
  }
  if (cut) absl::StrAppend(&line, "...");
}

}  // namespace

absl::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<int>(level)]; }

std::optional<LogLevel> ParseLogLevel(absl::string_view name) {
  const auto* const found = std::find(std::begin(kLevelNames), std::end(kLevelNames), name);
  if (found == std::end(kLevelNames)) return std::nullopt;
  return static_cast<LogLevel>(found - std::begin(kLevelNames));
}

void Log::Write(LogLevel level, absl::string_view event, const std::vector<Field>& fields) {
  if (!Shows(level)) return;
  std::string line = absl::StrCat(
      "time=", absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", clock_.Now(), absl::UTCTimeZone()),
      " level=", LogLevelName(level), " event=", event);
  for (const auto& [key, value] : fields) AddField(key, value, line);
  line += '\n';
  sink_(line);
}

Log& SilentLog() {
  static Log* const log = new Log(LogLevel::kNone, SystemClock(), [](const std::string&) {});
  return *log;
}

std::optional<int64_t> LogRate::Take(absl::Time now) {
  const int64_t second = absl::ToUnixSeconds(now);
  int64_t latest = second_.load(std::memory_order_relaxed);
  if (latest != second && second_.compare_exchange_strong(latest, second)) taken_.store(0);
  if (taken_.fetch_add(1, std::memory_order_relaxed) < lines_per_second_) {
    return left_out_.exchange(0, std::memory_order_relaxed);
  }
  left_out_.fetch_add(1, std::memory_order_relaxed);
  return std::nullopt;
}

}  // namespace cellar
