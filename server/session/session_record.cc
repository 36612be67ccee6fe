#include "server/session/session_record.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/session/session_snapshot.h"
#include "server/store/byte_format.h"
#include "server/store/snapshot_format.h"
#include "server/store/store_errors.h"

namespace cellar {
namespace {

constexpr uint8_t kMaxDurability = 2;
constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

void AppendInt64(std::string& out, int64_t value) {
  AppendNumber(out, static_cast<uint64_t>(value));
}
void AppendTime(std::string& out, absl::Time time) { AppendInt64(out, absl::ToUnixNanos(time)); }

void AppendLayers(std::string& out, const AnyStackState& state) {
  const std::vector<Snapshot::Layer> layers = WriteLayers(state);
  AppendNumber(out, static_cast<uint32_t>(layers.size()));
  for (const Snapshot::Layer& layer : layers) {
    AppendArray(out, layer.h);
    AppendArray(out, layer.c);
  }
}

template <class Real>
absl::string_view InputBytes(absl::Span<const Real> numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Real)};
}

void AppendInputs(std::string& out, const SharedNumbers& inputs) {
  AppendArray(
      out, inputs.is_double() ? InputBytes(inputs.As<double>()) : InputBytes(inputs.As<float>()));
}

// Reads what the functions above wrote. Once something is not there, everything behind it is empty
// and `sound` is false.
class RecordReader {
 public:
  explicit RecordReader(absl::string_view payload) : in_(payload) {}

  bool sound() const { return sound_; }
  bool at_end() const { return in_.left() == 0; }
  size_t left() const { return in_.left(); }

  template <class Unsigned>
  Unsigned Number() {
    const std::optional<Unsigned> number = in_.TryNumber<Unsigned>();
    sound_ = sound_ && number.has_value();
    return sound_ ? *number : Unsigned{0};
  }
  int64_t Int64() { return static_cast<int64_t>(Number<uint64_t>()); }
  absl::Time Time() { return absl::FromUnixNanos(Int64()); }
  absl::string_view Array() {
    const std::optional<absl::string_view> array = in_.Array();
    sound_ = sound_ && array.has_value();
    return sound_ ? *array : absl::string_view();
  }

  // How many things follow, of at least `least_bytes` each: so many that they can be there.
  uint32_t Count(size_t least_bytes) {
    const auto count = Number<uint32_t>();
    sound_ = sound_ && count <= in_.left() / least_bytes;
    return sound_ ? count : 0;
  }

  std::vector<Snapshot::Layer> Layers() {
    std::vector<Snapshot::Layer> layers(Count(2 * sizeof(uint64_t)));
    for (Snapshot::Layer& layer : layers) {
      layer.h = std::string(Array());
      layer.c = std::string(Array());
    }
    return layers;
  }

 private:
  ByteReader in_;
  bool sound_ = true;
};

struct Head {
  StoredSessionHead told;
  int64_t replay_window_requests = 0;
  std::map<std::string, std::string> labels;
};

Head ReadHead(RecordReader& in) {
  Head head;
  head.told.tenant = std::string(in.Array());
  head.told.name = std::string(in.Array());
  head.told.model = std::string(in.Array());
  const auto durability = in.Number<uint8_t>();
  head.told.durability = static_cast<Durability>(std::min(durability, kMaxDurability));
  const int64_t ttl_nanos = in.Int64();
  head.told.ttl = ttl_nanos == kForever ? absl::InfiniteDuration() : absl::Nanoseconds(ttl_nanos);
  head.told.create_time = in.Time();
  head.told.times.update_time = in.Time();
  head.told.times.unused_since = in.Time();
  head.replay_window_requests = in.Int64();
  const uint32_t label_count = in.Count(2 * sizeof(uint64_t));
  for (uint32_t i = 0; i < label_count; ++i) {
    std::string key(in.Array());
    head.labels[std::move(key)] = std::string(in.Array());
  }
  return head;
}

template <class Real>
SharedNumbers NumbersOf(absl::string_view bytes) {
  auto numbers = SharedNumbers::OfSize<Real>(static_cast<int64_t>(bytes.size() / sizeof(Real)));
  std::memcpy(numbers.template Mutable<Real>().data(), bytes.data(), bytes.size());
  return numbers;
}

// A state of the model; null if it is none.
SharedNumbers ReadState(RecordReader& in, const Model& model, Precision precision) {
  const AnyStackState state = ReadLayers(in.Layers(), precision);
  return in.sound() && FitsModel(state, model) ? FreezeState(state) : nullptr;
}

// One request of the window; without inputs if it is none.
ReplayEntry ReadEntry(RecordReader& in, const Model& model, Precision precision) {
  ReplayEntry entry;
  entry.first_step = in.Int64();
  entry.step_count = in.Int64();
  entry.state_before = ReadState(in, model, precision);
  const absl::string_view inputs = in.Array();
  const int64_t number_bytes = precision == Precision::kFloat32 ? 4 : 8;
  const int64_t row_bytes = model.input_size() * number_bytes;
  const auto size = static_cast<int64_t>(inputs.size());
  if (size == 0 || size % row_bytes != 0 || size / row_bytes != entry.step_count) return entry;
  entry.inputs =
      precision == Precision::kFloat32 ? NumbersOf<float>(inputs) : NumbersOf<double>(inputs);
  return entry;
}

// Whether `entry` is complete and goes on where the window ended.
bool Continues(const ReplayEntry& entry, const ReplayWindow& window) {
  if (entry.state_before == nullptr || entry.inputs == nullptr || entry.first_step < 0)
    return false;
  if (window.entry_count() == 0) return true;
  const ReplayEntry& last = window.entry(window.entry_count() - 1);
  return entry.first_step == last.first_step + last.step_count;
}

bool EndsAt(const ReplayWindow& window, int64_t next_step) {
  if (window.entry_count() == 0) return true;
  const ReplayEntry& last = window.entry(window.entry_count() - 1);
  return last.first_step + last.step_count == next_step;
}

}  // namespace

std::string WriteSessionRecord(const SessionConfig& config, const SessionProgress& progress,
                               const SessionTimes& times) {
  std::string out;
  AppendArray(out, config.tenant);
  AppendArray(out, config.name);
  AppendArray(out, config.model->name());
  AppendNumber(out, static_cast<uint8_t>(config.durability));
  AppendInt64(out, absl::ToInt64Nanoseconds(config.ttl));
  AppendTime(out, config.create_time);
  AppendTime(out, times.update_time);
  AppendTime(out, times.unused_since);
  AppendInt64(out, config.replay_window_requests);
  AppendNumber(out, static_cast<uint32_t>(config.labels.size()));
  for (const auto& [key, value] : config.labels) {
    AppendArray(out, key);
    AppendArray(out, value);
  }
  AppendArray(out, EncodeSnapshot(TakeSnapshot(config, progress)));
  AppendLayers(out, ThawState(config.initial_state, *config.model));
  AppendNumber(out, static_cast<uint32_t>(progress.window.entry_count()));
  for (int64_t k = 0; k < progress.window.entry_count(); ++k) {
    const ReplayEntry& entry = progress.window.entry(k);
    AppendInt64(out, entry.first_step);
    AppendInt64(out, entry.step_count);
    AppendLayers(out, ThawState(entry.state_before, *config.model));
    AppendInputs(out, entry.inputs);
  }
  return out;
}

absl::StatusOr<StoredSessionHead> ReadSessionHead(absl::string_view key,
                                                  absl::string_view payload) {
  RecordReader in(payload);
  Head head = ReadHead(in);
  if (!in.sound()) return RecordCorrupt(key, "it ends within its head");
  return std::move(head.told);
}

absl::StatusOr<StoredSession> ReadSessionRecord(absl::string_view key, absl::string_view payload,
                                                ModelPin model) {
  RecordReader in(payload);
  Head head = ReadHead(in);
  const absl::string_view snapshot_bytes = in.Array();
  if (!in.sound()) return RecordCorrupt(key, "it ends within its head");
  const int64_t window_requests = head.replay_window_requests;
  if (window_requests < 0 || window_requests > ReplayWindow::kMostRequests) {
    return RecordCorrupt(key,
                         absl::StrCat("its window cannot have ", window_requests, " requests"));
  }
  CELLAR_ASSIGN_OR_RETURN(const Snapshot snapshot, DecodeSnapshot(snapshot_bytes));
  CELLAR_ASSIGN_OR_RETURN(RestoredState restored, RestoreSnapshot(snapshot, *model));
  const Precision precision = restored.numerics.precision;
  SessionProgress progress;
  progress.state = std::move(restored.state);
  progress.next_step = restored.next_step;
  progress.window = ReplayWindow(window_requests);
  auto initial_state = ReadState(in, *model, precision);
  if (initial_state == nullptr) return RecordCorrupt(key, "its initial state is none of its model");
  const uint32_t entry_count = in.Count(2 * sizeof(int64_t));
  for (uint32_t i = 0; i < entry_count; ++i) {
    ReplayEntry entry = ReadEntry(in, *model, precision);
    if (!in.sound() || !Continues(entry, progress.window)) {
      return RecordCorrupt(key, absl::StrCat("request ", i, " of its window cannot be one"));
    }
    progress.window.Push(std::move(entry));
  }
  if (!in.sound() || !in.at_end()) return RecordCorrupt(key, "it ends at another place");
  if (!EndsAt(progress.window, progress.next_step)) {
    return RecordCorrupt(key, "its window does not end where the session is");
  }
  SessionConfig config{
      {std::move(head.told.tenant), model.model(), restored.numerics, head.told.durability,
       head.told.ttl, window_requests, std::move(head.labels)},
      std::move(head.told.name),
      std::move(initial_state),
      head.told.create_time,
      std::move(model)};
  return StoredSession{std::move(config), std::move(progress), head.told.times};
}

}  // namespace cellar
