#include "client/describe.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "client/error_text.h"
#include "client/table.h"
#include "client/tensor.h"

namespace cellar {
namespace {

// Lines of a name and its value, the values under each other.
class Lines {
 public:
  void Add(const std::string& name, const std::string& value) {
    if (!value.empty()) table_.rows.push_back({name, OneLine(value)});
  }
  std::string Text() {
    table_.header = std::exchange(table_.rows.front(), {});
    table_.rows.erase(table_.rows.begin());
    return AlignedText(table_);
  }

 private:
  Table table_{{}, {}, Table::Align::kLeft};
};

struct CellSize {
  std::string kind;
  int64_t input_size = 0;  // 0: not known
  int64_t output_size = 0;
};

CellSize SizeOf(const std::string& kind, const v1::Gate& gate) {
  CellSize size{kind};
  const auto& shape = gate.input_weights().shape();
  if (shape.size() == 2) {
    size.output_size = shape[0];
    size.input_size = shape[1];
  }
  return size;
}

CellSize SizeOf(const v1::Layer& layer) {
  switch (layer.cell_case()) {
    case v1::Layer::kLstm: {
      CellSize size = SizeOf("LSTM", layer.lstm().forget_gate());
      if (layer.lstm().has_peepholes()) size.kind += " with peepholes";
      const auto& projection = layer.lstm().projection().shape();
      if (projection.size() == 2) size.output_size = projection[0];
      return size;
    }
    case v1::Layer::kGruResetBefore:
      return SizeOf("GRU (reset before)", layer.gru_reset_before().update_gate());
    case v1::Layer::kGruResetAfter:
      return SizeOf("GRU (reset after)", layer.gru_reset_after().update_gate());
    case v1::Layer::kRnn:
      return SizeOf("RNN", layer.rnn().hidden());
    case v1::Layer::CELL_NOT_SET:
      break;
  }
  return {};
}

std::string SizeText(int64_t size) { return size > 0 ? absl::StrCat(size) : "?"; }

std::string LabelsText(const v1::Session& session) {
  std::vector<std::string> labels;
  for (const auto& [key, value] : session.labels()) labels.push_back(absl::StrCat(key, "=", value));
  std::sort(labels.begin(), labels.end());
  return absl::StrJoin(labels, ", ");
}

std::string DurabilityText(v1::Durability durability) {
  switch (durability) {
    case v1::DURABILITY_PERIODIC:
      return "periodic";
    case v1::DURABILITY_EVERY_STEP:
      return "every step";
    default:
      return "memory";
  }
}

std::string WeightsText(const v1::Model& model) {
  const bool is_short = model.weight_storage() == v1::WEIGHT_STORAGE_BFLOAT16;
  return absl::StrCat(PrecisionText(model.precision()),
                      is_short ? ", weights stored as bfloat16" : "");
}

std::string NumbersText(const v1::Tensor& tensor, const NumberFormat& format) {
  return absl::StrJoin(tensor.values(), " ", [&](std::string* out, double value) {
    absl::StrAppend(out, FormatNumber(value, format));
  });
}

}  // namespace

std::string PrecisionText(v1::Precision precision) {
  return precision == v1::PRECISION_FLOAT64 ? "float64" : "float32";
}

std::string NumericsText(const v1::Numerics& numerics) {
  const bool saturating = numerics.activation_rule() == v1::ACTIVATION_RULE_SATURATING;
  const bool rounded = numerics.rounding() == v1::ROUNDING_NEAREST_TIES_TO_ZERO;
  const bool fed_back = numerics.rounding_scope() == v1::ROUNDING_SCOPE_FEEDBACK;
  const char* scope = fed_back ? " and fed back rounded" : " in the answer only";
  return absl::StrCat(PrecisionText(numerics.precision()),
                      saturating ? ", saturating activations" : ", exact activations",
                      rounded ? ", h rounded to the nearest integer (ties to 0)" : "",
                      rounded ? scope : "");
}

std::string LayersText(const v1::Model& model) {
  std::string text;
  std::string last_kind;
  for (const v1::Layer& layer : model.layers()) {
    const CellSize size = SizeOf(layer);
    if (size.kind != last_kind) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", size.kind, " ", SizeText(size.input_size));
    }
    absl::StrAppend(&text, " -> ", SizeText(size.output_size));
    last_kind = size.kind;
  }
  return absl::StrCat(text, model.backward_layers().empty() ? "" : ", bidirectional");
}

int64_t InputSize(const v1::Model& model) {
  return model.layers().empty() ? 0 : SizeOf(model.layers(0)).input_size;
}

std::string ModelText(const v1::Model& model) {
  Lines lines;
  lines.Add("name", model.name());
  lines.Add("title", model.display_name());
  lines.Add("layers", LayersText(model));
  lines.Add("precision", WeightsText(model));
  lines.Add("parameters", absl::StrCat(model.parameter_count()));
  lines.Add("digest", model.digest());
  lines.Add("created", TimeText(model.create_time()));
  lines.Add("sessions", absl::StrCat(model.session_count()));
  return lines.Text();
}

bool IsKept(const v1::Session& session) {
  return session.durability() == v1::DURABILITY_PERIODIC ||
         session.durability() == v1::DURABILITY_EVERY_STEP;
}

std::string SessionText(const v1::Session& session) {
  Lines lines;
  lines.Add("name", session.name());
  lines.Add("model", session.model());
  lines.Add("numerics", NumericsText(session.numerics()));
  lines.Add("durability", DurabilityText(session.durability()));
  lines.Add("next step", absl::StrCat(session.next_step()));
  if (IsKept(session)) lines.Add("durable step", absl::StrCat(session.durable_step()));
  lines.Add("can rewind to", absl::StrCat("step ", session.oldest_step()));
  lines.Add("replay window", absl::StrCat(session.replay_window(), " requests"));
  lines.Add("state digest", session.state_digest());
  lines.Add("labels", LabelsText(session));
  lines.Add("created", TimeText(session.create_time()));
  lines.Add("updated", TimeText(session.update_time()));
  lines.Add("expires", TimeText(session.expire_time()));
  return lines.Text();
}

std::string StateText(const v1::State& state, const NumberFormat& format) {
  std::string text;
  int number = 0;
  for (const v1::LayerState& layer : state.layers()) {
    ++number;
    const std::string prefix =
        state.layers_size() > 1 ? absl::StrCat("layer ", number, "  ") : std::string();
    absl::StrAppend(&text, prefix, "h  ", NumbersText(layer.h(), format), "\n");
    if (layer.has_c()) absl::StrAppend(&text, prefix, "c  ", NumbersText(layer.c(), format), "\n");
  }
  return text;
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

}  // namespace cellar
