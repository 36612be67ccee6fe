// Lines for whoever runs the server: one event a line, as key=value.
//
//   time=2026-11-25T23:11:00.123456Z level=warning event=refused reason=SESSION_LIMIT tenant=math
//
// What may stand in a line is up to who writes it, and must never be a weight, an input or a token.
//
// Thread safety: all methods may be called from any thread. No lock is held while a line is
// written.
#ifndef CELLAR_SERVER_BASE_LOG_H_
#define CELLAR_SERVER_BASE_LOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/clock.h"

namespace cellar {

// How much is told: each level includes those before it.
enum class LogLevel {
  kNone,
  kError,    // a promise of the server was broken, or it cannot go on
  kWarning,  // somebody should look: refusals, exposure
  kInfo,     // start, end, and what changed meanwhile
  kDebug,    // every failed call
};

// "none", "error", "warning", "info" or "debug".
absl::string_view LogLevelName(LogLevel level);
std::optional<LogLevel> ParseLogLevel(absl::string_view name);

class Log {
 public:
  // Takes a whole line, with its end. Called from any thread, perhaps from several at once.
  using Sink = std::function<void(const std::string& line)>;

  // One thing about an event. A value that is empty is left out; a long one is cut.
  using Field = std::pair<absl::string_view, absl::string_view>;

  // `clock` outlives the log.
  Log(LogLevel most, Clock& clock, Sink sink)
      : most_(most), clock_(clock), sink_(std::move(sink)) {}
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  bool Shows(LogLevel level) const { return level <= most_; }

  // Writes a line unless its level is not shown. `event` and keys are words of the source.
  void Write(LogLevel level, absl::string_view event, const std::vector<Field>& fields = {});

 private:
  const LogLevel most_;
  Clock& clock_;
  const Sink sink_;
};

// Writes nothing; lives for ever.
Log& SilentLog();

// How many lines of one kind a second may have, so that a flood of refusals does not become a flood
// of lines.
class LogRate {
 public:
  explicit LogRate(int64_t lines_per_second) : lines_per_second_(lines_per_second) {}

  // How many lines were left out since the last one, if this one may be written; nothing if not.
  std::optional<int64_t> Take(absl::Time now);

 private:
  const int64_t lines_per_second_;
  std::atomic<int64_t> second_{0};
  std::atomic<int64_t> taken_{0};
  std::atomic<int64_t> left_out_{0};
};

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_LOG_H_
