#include "server/api/convert_model.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_tensor.h"
#include "server/base/status_macros.h"
#include "server/model/cell_fields.h"
#include "server/model/model_errors.h"

namespace cellar {
namespace {

constexpr int64_t kMaxDisplayNameCharacters = 200;

// What becomes of the message: kSpent loses each tensor that has been read.
enum class MessageUse { kKept, kSpent };

// Reads the cells of one message into specs; paths are those of model.proto.
template <class Real>
class LayerReader {
 public:
  LayerReader(MessageUse use, FieldViolations& violations) : use_(use), violations_(violations) {}

  LayerSpec<Real> Read(const v1::Layer& layer, const std::string& path) {
    switch (layer.cell_case()) {
      case v1::Layer::kLstm:
        return ReadLstm(layer.lstm(), Begin(CellKind::kLstm, path));
      case v1::Layer::kGruResetBefore:
        return ReadGru(layer.gru_reset_before(), Begin(CellKind::kGruResetBefore, path));
      case v1::Layer::kGruResetAfter: {
        const v1::GruResetAfterCell& cell = layer.gru_reset_after();
        LayerSpec<Real> spec = ReadGru(cell, Begin(CellKind::kGruResetAfter, path));
        spec.candidate_recurrent_bias =
            Tensor(cell.candidate_recurrent_bias(), "candidate_recurrent_bias");
        return spec;
      }
      case v1::Layer::kRnn: {
        LayerSpec<Real> spec = Begin(CellKind::kRnn, path);
        AddGate(layer.rnn().has_hidden(), layer.rnn().hidden(), "hidden", spec);
        return spec;
      }
      case v1::Layer::CELL_NOT_SET:
        break;
    }
    return {};
  }

 private:
  LayerSpec<Real> Begin(CellKind kind, const std::string& layer_path) {
    cell_path_ = absl::StrCat(layer_path, ".", CellFieldName(kind));
    return {.kind = kind};
  }

  LayerSpec<Real> ReadLstm(const v1::LstmCell& cell, LayerSpec<Real> spec) {
    AddGate(cell.has_forget_gate(), cell.forget_gate(), "forget_gate", spec);
    AddGate(cell.has_input_gate(), cell.input_gate(), "input_gate", spec);
    AddGate(cell.has_output_gate(), cell.output_gate(), "output_gate", spec);
    AddGate(cell.has_candidate(), cell.candidate(), "candidate", spec);
    spec.has_peepholes = cell.has_peepholes();
    const v1::Peepholes& peepholes = cell.peepholes();
    spec.forget_peephole = Tensor(peepholes.forget_gate(), "peepholes.forget_gate");
    spec.input_peephole = Tensor(peepholes.input_gate(), "peepholes.input_gate");
    spec.output_peephole = Tensor(peepholes.output_gate(), "peepholes.output_gate");
    spec.projection = Tensor(cell.projection(), "projection");
    spec.memory_activation = ReadActivation(
        cell.memory_activation(), absl::StrCat(cell_path_, ".memory_activation"), violations_);
    return spec;
  }

  template <class Cell>
  LayerSpec<Real> ReadGru(const Cell& cell, LayerSpec<Real> spec) {
    AddGate(cell.has_update_gate(), cell.update_gate(), "update_gate", spec);
    AddGate(cell.has_reset_gate(), cell.reset_gate(), "reset_gate", spec);
    AddGate(cell.has_candidate(), cell.candidate(), "candidate", spec);
    return spec;
  }

  void AddGate(bool given, const v1::Gate& gate, const std::string& name, LayerSpec<Real>& layer) {
    GateSpec<Real>& spec = layer.gates.emplace_back();
    spec.given = given;
    spec.input_weights = Tensor(gate.input_weights(), name + ".input_weights");
    spec.recurrent_weights = Tensor(gate.recurrent_weights(), name + ".recurrent_weights");
    spec.bias = Tensor(gate.bias(), name + ".bias");
    spec.activation = ReadActivation(
        gate.activation(), absl::StrCat(cell_path_, ".", name, ".activation"), violations_);
  }

  TensorSpec<Real> Tensor(const v1::Tensor& tensor, const std::string& name) {
    TensorSpec<Real> spec =
        ReadTensor<Real>(tensor, absl::StrCat(cell_path_, ".", name), violations_);
    // It is read as a constant, whether it is one or not.
    if (use_ == MessageUse::kSpent) v1::Tensor().Swap(const_cast<v1::Tensor*>(&tensor));
    return spec;
  }

  const MessageUse use_;
  std::string cell_path_;
  FieldViolations& violations_;
};

template <class Real>
absl::StatusOr<AnyLayerStack> BuildStack(const v1::Model& message, MessageUse use,
                                         WeightStorage storage, BuildModelOptions& options) {
  ModelSpec<Real> spec;
  spec.weight_storage = storage;
  LayerReader<Real> reader(use, options.violations);
  for (int k = 0; k < message.layers_size(); ++k) {
    const std::string path = absl::StrCat(options.path, ".layers[", k, "]");
    spec.layers.push_back(reader.Read(message.layers(k), path));
  }
  for (int k = 0; k < message.backward_layers_size(); ++k) {
    const std::string path = absl::StrCat(options.path, ".backward_layers[", k, "]");
    spec.backward_layers.push_back(reader.Read(message.backward_layers(k), path));
  }
  return BuildLayerStack(std::move(spec), options.limits, options.path,
                         std::move(options.violations));
}

void CheckDisplayName(const std::string& display_name, BuildModelOptions& options) {
  int64_t characters = 0;
  for (const char byte : display_name) {
    if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) ++characters;  // not a continuation
  }
  if (characters <= kMaxDisplayNameCharacters) return;
  options.violations.push_back({absl::StrCat(options.path, ".display_name"),
                                absl::StrCat("has ", characters, " characters; must have at most ",
                                             kMaxDisplayNameCharacters)});
}

// An empty layer takes two bytes in a message but a thousand in a spec, so their number is judged
// before anything is made of them.
absl::Status CheckLayerCounts(const v1::Model& message, const BuildModelOptions& options) {
  const int64_t limit = options.limits.max_layers;
  if (message.layers_size() > limit) {
    return ModelSizeLimit(absl::StrCat(options.path, ".layers"), message.layers_size(), limit);
  }
  if (message.backward_layers_size() > limit) {
    return ModelSizeLimit(absl::StrCat(options.path, ".backward_layers"),
                          message.backward_layers_size(), limit);
  }
  return absl::OkStatus();
}

// Writes the cells of a model.
class LayerWriter {
 public:
  LayerWriter(ModelDetail detail, v1::Encoding encoding) : detail_(detail), encoding_(encoding) {}

  template <class Real>
  void Write(const PackedCell<Real>& packed, v1::Layer* layer) const {
    const CellWeights<Real> weights =
        detail_ == ModelDetail::kWeights ? UnpackCell(packed) : OutlineOf(packed);
    std::visit([this, layer](const auto& cell) { this->WriteCell(cell, layer); }, weights);
  }

 private:
  template <class Real>
  void WriteCell(const LstmWeights<Real>& cell, v1::Layer* layer) const {
    v1::LstmCell* out = layer->mutable_lstm();
    Gate(cell.forget_gate, cell.shape, out->mutable_forget_gate());
    Gate(cell.input_gate, cell.shape, out->mutable_input_gate());
    Gate(cell.output_gate, cell.shape, out->mutable_output_gate());
    Gate(cell.candidate, cell.shape, out->mutable_candidate());
    const int64_t h = cell.shape.hidden_size;
    if (!cell.forget_peephole.empty()) {
      v1::Peepholes* peepholes = out->mutable_peepholes();
      Tensor(cell.forget_peephole, {h}, peepholes->mutable_forget_gate());
      Tensor(cell.input_peephole, {h}, peepholes->mutable_input_gate());
      Tensor(cell.output_peephole, {h}, peepholes->mutable_output_gate());
    }
    if (!cell.projection.empty()) {
      Tensor(cell.projection, {cell.shape.output_size, h}, out->mutable_projection());
    }
    out->set_memory_activation(WriteActivation(cell.memory_activation));
  }

  template <class Real>
  void WriteCell(const GruResetBeforeWeights<Real>& cell, v1::Layer* layer) const {
    WriteGru(cell, layer->mutable_gru_reset_before());
  }

  template <class Real>
  void WriteCell(const GruResetAfterWeights<Real>& cell, v1::Layer* layer) const {
    v1::GruResetAfterCell* out = layer->mutable_gru_reset_after();
    WriteGru(cell, out);
    Tensor(cell.candidate_recurrent_bias, {cell.shape.hidden_size},
           out->mutable_candidate_recurrent_bias());
  }

  template <class Real>
  void WriteCell(const RnnWeights<Real>& cell, v1::Layer* layer) const {
    Gate(cell.hidden, cell.shape, layer->mutable_rnn()->mutable_hidden());
  }

  template <class Weights, class Message>
  void WriteGru(const Weights& cell, Message* out) const {
    Gate(cell.update_gate, cell.shape, out->mutable_update_gate());
    Gate(cell.reset_gate, cell.shape, out->mutable_reset_gate());
    Gate(cell.candidate, cell.shape, out->mutable_candidate());
  }

  template <class Real>
  void Gate(const GateWeights<Real>& gate, const CellShape& shape, v1::Gate* out) const {
    Tensor(gate.input, {shape.hidden_size, shape.input_size}, out->mutable_input_weights());
    Tensor(gate.recurrent, {shape.hidden_size, shape.output_size},
           out->mutable_recurrent_weights());
    Tensor(gate.bias, {shape.hidden_size}, out->mutable_bias());
    out->set_activation(WriteActivation(gate.activation));
  }

  template <class Real>
  void Tensor(const std::vector<Real>& numbers, const std::vector<int64_t>& shape,
              v1::Tensor* out) const {
    if (detail_ == ModelDetail::kWeights) {
      WriteTensor<Real>(numbers, shape, encoding_, out);
    } else {
      out->mutable_shape()->Add(shape.begin(), shape.end());
    }
  }

  const ModelDetail detail_;
  const v1::Encoding encoding_;
};

template <class Real>
void WriteLayers(const PackedStack<Real>& stack, const LayerWriter& writer, v1::Model* message) {
  for (const auto& layer : stack.layers) writer.Write(layer, message->add_layers());
  for (const auto& layer : stack.backward_layers) {
    writer.Write(layer, message->add_backward_layers());
  }
}

absl::StatusOr<std::shared_ptr<const Model>> BuildModelOf(const v1::Model& message, MessageUse use,
                                                          BuildModelOptions options) {
  CELLAR_RETURN_IF_ERROR(CheckLayerCounts(message, options));
  const std::optional<Precision> precision = ReadPrecision(
      message.precision(), absl::StrCat(options.path, ".precision"), options.violations);
  const WeightStorage storage =
      ReadWeightStorage(message.weight_storage(), absl::StrCat(options.path, ".weight_storage"),
                        options.violations)
          .value_or(WeightStorage::kFull);
  CheckDisplayName(message.display_name(), options);
  CELLAR_ASSIGN_OR_RETURN(AnyLayerStack stack,
                          precision.value_or(options.fallback_precision) == Precision::kFloat64
                              ? BuildStack<double>(message, use, storage, options)
                              : BuildStack<float>(message, use, storage, options));
  return std::make_shared<const Model>(options.id, message.display_name(), std::move(stack),
                                       options.now);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Model>> BuildModel(const v1::Model& message,
                                                        BuildModelOptions options) {
  return BuildModelOf(message, MessageUse::kKept, std::move(options));
}

absl::StatusOr<std::shared_ptr<const Model>> BuildModel(v1::Model&& message,
                                                        BuildModelOptions options) {
  return BuildModelOf(message, MessageUse::kSpent, std::move(options));
}

bool CheckPrecision(const Model& model, Precision precision, absl::string_view path,
                    FieldViolations& violations) {
  if (model.FitsPrecision(precision)) return true;
  violations.push_back({std::string(path),
                        absl::StrCat("is ", v1::Precision_Name(WritePrecision(precision)),
                                     ", in which some weights of the model would become infinite; "
                                     "use PRECISION_FLOAT64")});
  return false;
}

v1::Model WriteModel(const Model& model, ModelDetail detail, v1::Encoding encoding) {
  v1::Model message;
  message.set_name(model.name());
  message.set_display_name(model.display_name());
  message.set_precision(WritePrecision(model.precision()));
  message.set_weight_storage(WriteWeightStorage(model.weight_storage()));
  const LayerWriter writer(detail, encoding);
  if (model.precision() == Precision::kFloat64) {
    WriteLayers(model.Packed<double>(), writer, &message);
  } else {
    WriteLayers(model.Packed<float>(), writer, &message);
  }
  message.set_digest(model.digest());
  message.set_input_size(model.input_size());
  message.set_output_size(model.output_size());
  message.set_parameter_count(model.parameter_count());
  const int64_t seconds = absl::ToUnixSeconds(model.create_time());
  message.mutable_create_time()->set_seconds(seconds);
  message.mutable_create_time()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(model.create_time() - absl::FromUnixSeconds(seconds))));
  message.set_session_count(model.pin_count());
  return message;
}

int64_t WeightBytes(const Model& model, v1::Encoding encoding) {
  return encoding == v1::ENCODING_RAW ? model.size_bytes() : model.parameter_count() * 8;
}

}  // namespace cellar
