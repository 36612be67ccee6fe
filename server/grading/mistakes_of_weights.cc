
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/grading/gate_changes.h"
#include "server/grading/mistake_tables.h"

namespace cellar {
namespace {

constexpr auto kInputWeights = GateTensor::kInputWeights;
constexpr auto kRecurrentWeights = GateTensor::kRecurrentWeights;
constexpr auto kBias = GateTensor::kBias;

// A gate, the cells that have it, and the one below which it stands when weights are listed; of the
// first one, that above which it stands.
struct GateRow {
  const char* name;
  CellKinds cells;
  const char* neighbour;

  std::string words() const { return absl::StrReplaceAll(name, {{"_", " "}}); }
};

std::vector<GateRow> GateRows() {
  return {{"forget_gate", Lstm(), "input_gate"},
          {"input_gate", Lstm(), "forget_gate"},
          {"output_gate", Lstm(), "input_gate"},
          {"update_gate", Gru(), "reset_gate"},
          {"reset_gate", Gru(), "update_gate"},
          {"candidate", Gated(), ""},
          {"hidden", Rnn(), ""}};
}

struct TensorRow {
  GateTensor tensor;
  const char* id;
  const char* words;
};

std::vector<TensorRow> TensorRows() {
  return {{kInputWeights, "input_weights", "input weights"},
          {kRecurrentWeights, "recurrent_weights", "recurrent weights"},
          {kBias, "bias", "bias"}};
}

// Two gates, each with the other's weights.
Mistake Swapped(const char* a, const char* b, const CellKinds& cells, Seen seen) {
  const std::string id_a = absl::StrReplaceAll(a, {{"_gate", ""}});
  const std::string id_b = absl::StrReplaceAll(b, {{"_gate", ""}});
  return {absl::StrCat(id_a, "_", id_b, "_swapped"),
          absl::StrCat(id_a, id_b == "candidate" ? " gate and " : " and ", id_b,
                       id_b == "candidate" ? " swapped" : " gate swapped"),
          cells,
          seen,
          SwapGates(a, b),
          absl::StrCat("Each gate has its own weights and its own place. Compare where the ", id_a,
                       id_b == "candidate" ? " gate and the " : " and the ", id_b,
                       id_b == "candidate" ? " stand." : " gate stand.")};
}

Mistake BiasesSwapped(const char* a, const char* b, const CellKinds& cells, Seen seen) {
  const auto words = [](const char* gate) { return absl::StrReplaceAll(gate, {{"_", " "}}); };
  return {absl::StrCat(a, "_", b, "_biases_swapped"),
          absl::StrCat("biases of ", words(a), " and ", words(b), " swapped"),
          cells,
          seen,
          SwapBiases(a, b),
          "Each gate has its own bias. Compare which bias stands in which equation."};
}

// What is done to whole gates.
// clang-format off
std::vector<Mistake> OfGates() {
  return {
      Swapped("forget_gate", "input_gate", Lstm(), Seen::kOften),
      Swapped("forget_gate", "output_gate", Lstm(), Seen::kSeldom),
      Swapped("input_gate", "output_gate", Lstm(), Seen::kSeldom),
      Swapped("forget_gate", "candidate", Lstm(), Seen::kSeldom),
      Swapped("input_gate", "candidate", Lstm(), Seen::kSeldom),
      Swapped("output_gate", "candidate", Lstm(), Seen::kSeldom),
      Swapped("update_gate", "reset_gate", Gru(), Seen::kOften),
      Swapped("update_gate", "candidate", Gru(), Seen::kNever),
      Swapped("reset_gate", "candidate", Gru(), Seen::kNever),
      {"pytorch_gate_order", "gates in the order of PyTorch or Keras (i, f, g, o)", Lstm(), Seen::kSeldom,
       ReorderGates({1, 0, 3, 2}),
       "PyTorch and Keras list the gates as input, forget, candidate, output. The weights here are in another order."},
      {"onnx_gate_order", "gates in the order of ONNX (i, o, f, c)", Lstm(), Seen::kSeldom, ReorderGates({1, 2, 0, 3}),
       "ONNX lists the gates as input, output, forget, candidate. The weights here are in another order."},
      {"onnx_gate_order_reversed", "gates read as if listed in the order of ONNX (i, o, f, c)", Lstm(), Seen::kSeldom,
       ReorderGates({2, 0, 1, 3}),
       "ONNX lists the gates as input, output, forget, candidate. The weights here are in another order."},
      {"gate_order_rotated", "every GRU gate has the weights of the next one", Gru(), Seen::kNever,
       ReorderGates({1, 2, 0}), "Each gate has its own weights. Compare the order in which they are listed."},
      {"weights_swapped", "input and recurrent weights swapped", AnyCell(), Seen::kSeldom, SwapMatrices(),
       "One set of weights multiplies x, the other one the old h."},
      {"recurrent_weights_transposed", "the recurrent weights are transposed", AnyCell(), Seen::kSeldom,
       TransposeRecurrent(), "Row i of a matrix makes element i: the matrix stands before the vector."},
      {"input_weights_transposed", "the input weights are transposed", AnyCell(), Seen::kSeldom, TransposeInput(),
       "Row i of a matrix makes element i: the matrix stands before the vector."},
  };
}

// What is done to biases of several gates.
std::vector<Mistake> OfBiases() {
  const auto shared = [](const char* id, const char* gate, const char* words, const CellKinds& cells, Seen seen) {
    return Mistake{id, absl::StrCat("the ", words, "'s bias is used everywhere"), cells, seen, ShareBias(gate),
                   "Each gate has a bias of its own, and so has the candidate."};
  };
  return {
      shared("forget_bias_shared", "forget_gate", "forget gate", Lstm(), Seen::kSeldom),
      shared("input_bias_shared", "input_gate", "input gate", Lstm(), Seen::kSeldom),
      shared("output_bias_shared", "output_gate", "output gate", Lstm(), Seen::kOften),
      shared("update_bias_shared", "update_gate", "update gate", Gru(), Seen::kSeldom),
      shared("reset_bias_shared", "reset_gate", "reset gate", Gru(), Seen::kSeldom),
      shared("candidate_bias_shared", "candidate", "candidate", Gated(), Seen::kSeldom),
      BiasesSwapped("forget_gate", "input_gate", Lstm(), Seen::kOften),
      BiasesSwapped("forget_gate", "output_gate", Lstm(), Seen::kSeldom),
      BiasesSwapped("input_gate", "output_gate", Lstm(), Seen::kSeldom),
      BiasesSwapped("update_gate", "reset_gate", Gru(), Seen::kSeldom),
      {"candidate_bias_at_output_gate", "the candidate's bias is used in the output gate", Lstm(), Seen::kOften,
       Copy(kBias, "candidate", "output_gate"), "The output gate has its own bias."},
      {"biases_left_out", "the biases are left out", AnyCell(), Seen::kSeldom, ScaleBiases(0),
       "Every gate adds its bias before the function is applied."},
      {"biases_doubled", "the biases are added twice", AnyCell(), Seen::kSeldom, ScaleBiases(2),
       "Each gate has one bias here. Frameworks that list two of them add both."},
      {"lower_biases_left_out", "only the last layer has its biases", AnyCell(), Seen::kSeldom, LeaveOutLowerBiases(),
       "Every layer has biases of its own."},
  };
}

// One tensor of one gate.
std::vector<Mistake> OfTensors() {
  std::vector<Mistake> all;
  for (const GateRow& gate : GateRows()) {
    for (const TensorRow& tensor : TensorRows()) {
      const std::string id = absl::StrCat(gate.name, "_", tensor.id);
      const std::string words = absl::StrCat(gate.words(), "'s ", tensor.words);
      all.push_back({id + "_sign", absl::StrCat("sign of the ", words, " lost"), gate.cells, Seen::kSeldom,
                     Negate(gate.name, tensor.tensor), absl::StrCat("Compare the sign of the ", words, ".")});
      all.push_back({id + "_left_out", absl::StrCat("the ", words, " left out"), gate.cells, Seen::kSeldom,
                     LeaveOut(gate.name, tensor.tensor), absl::StrCat("Look for the ", words, " in the equation.")});
      if (*gate.neighbour == '\0') continue;
      const std::string neighbour = absl::StrReplaceAll(gate.neighbour, {{"_", " "}});
      all.push_back({id + "_from_neighbour", absl::StrCat("the ", words, " copied from the ", neighbour), gate.cells,
                     Seen::kSeldom, Copy(tensor.tensor, gate.neighbour, gate.name),
                     absl::StrCat("Compare the ", words, " with the exercise: those of the ", neighbour, " stand next to it.")});
    }
    all.push_back({absl::StrCat(gate.name, "_weights_swapped"),
                   absl::StrCat("the ", gate.words(), "'s input and recurrent weights swapped"), gate.cells,
                   Seen::kSeldom, SwapMatrices(gate.name), "One set of weights multiplies x, the other one the old h."});
  }
  return all;
}
// clang-format on

}  // namespace

std::vector<Mistake> MistakesOfWeights() {
  std::vector<Mistake> all = OfGates();
  for (const auto& part : {OfBiases(), OfTensors()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace cellar
