#include "server/api/convert_session.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/resource_names.h"

namespace cellar {
namespace {

constexpr int32_t kDefaultReplayWindow = 8;
constexpr int32_t kMaxReplayWindow = 1024;
constexpr int64_t kMaxLabels = 16;
constexpr size_t kMaxLabelKeyBytes = 63;
constexpr size_t kMaxLabelValueBytes = 255;

// Bounds of a google.protobuf.Duration, by its definition: 10 000 years.
constexpr int64_t kMaxDurationSeconds = 315'576'000'000;
constexpr int32_t kMaxDurationNanos = 999'999'999;

// Bounds of a google.protobuf.Timestamp, by its definition: years 1 to 9999.
constexpr int64_t kMinTimestampSeconds = -62'135'596'800;
constexpr int64_t kMaxTimestampSeconds = 253'402'300'799;

bool IsValidDuration(const google::protobuf::Duration& message) {
  const int64_t seconds = message.seconds();
  const int32_t nanos = message.nanos();
  return seconds >= -kMaxDurationSeconds && seconds <= kMaxDurationSeconds &&
         nanos >= -kMaxDurationNanos && nanos <= kMaxDurationNanos && !(seconds > 0 && nanos < 0) &&
         !(seconds < 0 && nanos > 0);
}

bool IsLabelKey(absl::string_view key) {
  return !key.empty() && key.size() <= kMaxLabelKeyBytes &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
                  c == '-';
         });
}

int64_t ReadReplayWindow(const v1::Session& message, FieldViolations& violations) {
  if (!message.has_replay_window()) return kDefaultReplayWindow;
  const int32_t window = message.replay_window();
  if (window >= 0 && window <= kMaxReplayWindow) return window;
  violations.push_back({"session.replay_window",
                        absl::StrCat("is ", window, "; allowed are 0 to ", kMaxReplayWindow)});
  return kDefaultReplayWindow;
}

}  // namespace

SessionSettings ReadSettings(const v1::Session& message, const ApiLimits& limits,
                             FieldViolations& violations) {
  SessionSettings settings;
  settings.durability = ReadDurability(message.durability(), "session.durability", violations)
                            .value_or(limits.default_durability);
  settings.ttl = message.has_ttl()
                     ? ReadTtl(message.ttl(), limits.max_ttl, "session.ttl", violations)
                     : std::min(limits.default_ttl, limits.max_ttl);
  settings.replay_window_requests = ReadReplayWindow(message, violations);
  settings.labels = ReadLabels(message.labels(), "session.labels", violations);
  return settings;
}

absl::Duration ReadTtl(const google::protobuf::Duration& message, absl::Duration max_ttl,
                       absl::string_view path, FieldViolations& violations) {
  const std::string allowed =
      absl::StrCat("; must be more than 0 and at most ", absl::FormatDuration(max_ttl));
  if (!IsValidDuration(message)) {
    violations.push_back({std::string(path),
                          absl::StrCat("has ", message.seconds(), " seconds and ", message.nanos(),
                                       " nanos, which is no duration", allowed)});
    return max_ttl;
  }
  const absl::Duration ttl = absl::Seconds(message.seconds()) + absl::Nanoseconds(message.nanos());
  if (ttl > absl::ZeroDuration() && ttl <= max_ttl) return ttl;
  violations.push_back(
      {std::string(path), absl::StrCat("is ", absl::FormatDuration(ttl), allowed)});
  return max_ttl;
}

std::map<std::string, std::string> ReadLabels(
    const google::protobuf::Map<std::string, std::string>& message, absl::string_view path,
    FieldViolations& violations) {
  if (static_cast<int64_t>(message.size()) > kMaxLabels) {
    violations.push_back(
        {std::string(path),
         absl::StrCat("has ", message.size(), " labels; at most ", kMaxLabels, " are allowed")});
    return {};
  }
  // Sorted, so that the violations of one request always come in the same order.
  std::map<std::string, std::string> labels(message.begin(), message.end());
  for (const auto& [key, value] : labels) {
    const std::string label_path = absl::StrCat(path, "[", Quoted(key), "]");
    if (!IsLabelKey(key)) {
      violations.push_back(
          {label_path, absl::StrCat("its key must have 1 to ", kMaxLabelKeyBytes,
                                    " characters of a-z, 0-9, '_', '.' and hyphen")});
    }
    if (value.size() > kMaxLabelValueBytes) {
      violations.push_back(
          {label_path, absl::StrCat("its value has ", value.size(), " bytes; at most ",
                                    kMaxLabelValueBytes, " are allowed")});
    }
  }
  return labels;
}

absl::Status CheckDurability(const Api& api, Durability durability) {
  if (durability == Durability::kMemory || api.keeper != nullptr) return absl::OkStatus();
  return DurabilityUnavailable(v1::Durability_Name(WriteDurability(durability)));
}

v1::Session WriteSession(const SessionConfig& config, const Session::View& view) {
  v1::Session message;
  message.set_name(config.name);
  message.set_model(config.model->name());
  *message.mutable_numerics() = WriteNumerics(config.numerics);
  message.set_durability(WriteDurability(config.durability));
  message.set_replay_window(static_cast<int32_t>(config.replay_window_requests));
  message.mutable_labels()->insert(config.labels.begin(), config.labels.end());
  message.set_next_step(view.next_step);
  message.set_durable_step(view.durable_step);
  message.set_oldest_step(view.oldest_step);
  message.set_state_digest(StackStateDigest(view.state));
  *message.mutable_create_time() = WriteTime(config.create_time);
  *message.mutable_update_time() = WriteTime(view.update_time);
  *message.mutable_expire_time() = WriteTime(view.expire_time);
  return message;
}

v1::Session WriteKeptSession(const SessionConfig& config, Session::View view) {
  if (config.durability != Durability::kMemory) view.durable_step = view.next_step;
  return WriteSession(config, view);
}

google::protobuf::Timestamp WriteTime(absl::Time time) {
  const absl::Time earliest = absl::FromUnixSeconds(kMinTimestampSeconds);
  const absl::Time latest = absl::FromUnixSeconds(kMaxTimestampSeconds);
  const absl::Time held = std::clamp(time, earliest, latest);
  google::protobuf::Timestamp message;
  message.set_seconds(absl::ToUnixSeconds(held));
  message.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(held - absl::FromUnixSeconds(message.seconds()))));
  return message;
}

}  // namespace cellar
