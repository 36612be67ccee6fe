#include "server/grading/mistake_words.h"

#include <optional>
#include <variant>

#include "absl/strings/str_replace.h"

namespace cellar {
namespace {

// The function around c of all LSTMs; nothing where they have different ones. Of no LSTM: tanh.
template <class Real>
std::optional<Activation> MemoryActivation(const Exercise& exercise) {
  std::optional<Activation> found;
  for (const CellWeights<Real>& layer : exercise.model->Layers<Real>().layers) {
    const auto* const lstm = std::get_if<LstmWeights<Real>>(&layer);
    if (lstm == nullptr) continue;
    if (found.has_value() && *found != lstm->memory_activation) return std::nullopt;
    found = lstm->memory_activation;
  }
  return found.value_or(Activation::kTanh);
}

const char* MemoryFunctionName(Activation activation) {
  switch (activation) {
    case Activation::kSigmoid:
      return "sigmoid";
    case Activation::kTanh:
      return "tanh";
    case Activation::kRelu:
      return "relu";
    case Activation::kHardSigmoid:
      return "hard sigmoid";
    case Activation::kIdentity:
      return "identity";
  }
  return "";
}

}  // namespace

MistakeWords::MistakeWords() : name_("tanh"), memory_("tanh(c)") {}

MistakeWords::MistakeWords(const Exercise& exercise) {
  const std::optional<Activation> activation = exercise.numerics.precision == Precision::kFloat32
                                                   ? MemoryActivation<float>(exercise)
                                                   : MemoryActivation<double>(exercise);
  name_ = activation.has_value() ? MemoryFunctionName(*activation) : "activation";
  if (!activation.has_value()) {
    memory_ = "the activated c";
  } else if (*activation == Activation::kIdentity) {
    memory_ = "c";
  } else {
    memory_ = absl::StrReplaceAll(name_, {{" ", "_"}}) + "(c)";
  }
}

std::string MistakeWords::Of(absl::string_view words) const {
  return absl::StrReplaceAll(words, {{"{tanh(c)}", memory_}, {"{tanh}", name_}});
}

}  // namespace cellar
