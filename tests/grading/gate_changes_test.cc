#include "server/grading/gate_changes.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A gate of one element whose W, U and b are number * 10 + 1, 2 and 3.
GateWeights<float> Gate(float number, Activation activation = Activation::kSigmoid) {
  return {{number * 10 + 1}, {number * 10 + 2}, {number * 10 + 3}, activation};
}

// Gates f, i, o and the candidate are numbers 1 to 4, peepholes 5 to 7.
MistakenExercise<float> OneLstm() {
  LstmWeights<float> cell;
  cell.forget_gate = Gate(1);
  cell.input_gate = Gate(2);
  cell.output_gate = Gate(3);
  cell.candidate = Gate(4, Activation::kTanh);
  cell.forget_peephole = {5};
  cell.input_peephole = {6};
  cell.output_peephole = {7};
  MistakenExercise<float> exercise;
  exercise.layers.emplace_back(cell);
  return exercise;
}

LstmWeights<float> Changed(const MistakeChange& change) {
  MistakenExercise<float> exercise = OneLstm();
  EXPECT_TRUE(change(exercise));
  return std::get<LstmWeights<float>>(exercise.layers[0]);
}

// An RNN with a square W and U, row by row 1 to 4 and 5 to 8.
MistakenExercise<float> OneRnn() {
  RnnWeights<float> cell;
  cell.shape = {CellKind::kRnn, 2, 2, 2};
  cell.hidden = {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10}, Activation::kTanh};
  MistakenExercise<float> exercise;
  exercise.layers.emplace_back(cell);
  return exercise;
}

bool ChangesRnn(const MistakeChange& change) {
  MistakenExercise<float> exercise = OneRnn();
  return change(exercise);
}

TEST(GateChanges, SwapGatesWithTheirPeepholesButWithoutTheirActivations) {
  const LstmWeights<float> cell = Changed(SwapGates("forget_gate", "input_gate"));
  EXPECT_THAT(cell.forget_gate.input, ElementsAre(21));
  EXPECT_THAT(cell.input_gate.bias, ElementsAre(13));
  EXPECT_THAT(cell.forget_peephole, ElementsAre(6));
  const LstmWeights<float> other = Changed(SwapGates("output_gate", "candidate"));
  EXPECT_THAT(other.output_gate.recurrent, ElementsAre(42));
  EXPECT_EQ(other.output_gate.activation, Activation::kSigmoid);
  EXPECT_EQ(other.candidate.activation, Activation::kTanh);
  EXPECT_THAT(other.output_peephole, ElementsAre(7));
}

TEST(GateChanges, LeaveCellsWithoutTheGateAlone) {
  EXPECT_FALSE(ChangesRnn(SwapGates("forget_gate", "input_gate")));
  EXPECT_FALSE(ChangesRnn(Negate("candidate", GateTensor::kBias)));
  EXPECT_FALSE(ChangesRnn(ReorderGates({1, 0, 3, 2})));
  EXPECT_FALSE(ChangesRnn(ShareBias("hidden")));
  EXPECT_FALSE(ChangesRnn(LeaveOutPeepholes()));
  EXPECT_FALSE(ChangesRnn(LookAtOldMemory()));
  EXPECT_FALSE(ChangesRnn(LeaveOutProjection()));
  EXPECT_FALSE(ChangesRnn(LeaveOutRecurrentBias()));
  EXPECT_FALSE(ChangesRnn(ActivateMemory(Activation::kIdentity)));
}

TEST(GateChanges, ReorderGates) {
  const LstmWeights<float> cell = Changed(ReorderGates({1, 2, 0, 3}));
  EXPECT_THAT(cell.forget_gate.input, ElementsAre(21));
  EXPECT_THAT(cell.input_gate.input, ElementsAre(31));
  EXPECT_THAT(cell.output_gate.input, ElementsAre(11));
  EXPECT_THAT(cell.candidate.input, ElementsAre(41));
}

TEST(GateChanges, ChangeOneTensor) {
  EXPECT_THAT(Changed(Negate("input_gate", GateTensor::kRecurrentWeights)).input_gate.recurrent,
              ElementsAre(-22));
  EXPECT_THAT(Changed(LeaveOut("candidate", GateTensor::kInputWeights)).candidate.input,
              ElementsAre(0));
  const LstmWeights<float> cell = Changed(Copy(GateTensor::kBias, "candidate", "output_gate"));
  EXPECT_THAT(cell.output_gate.bias, ElementsAre(43));
  EXPECT_THAT(cell.candidate.bias, ElementsAre(43));
}

TEST(GateChanges, MoveAndScaleBiases) {
  const LstmWeights<float> swapped = Changed(SwapBiases("forget_gate", "output_gate"));
  EXPECT_THAT(swapped.forget_gate.bias, ElementsAre(33));
  EXPECT_THAT(swapped.output_gate.bias, ElementsAre(13));
  EXPECT_THAT(Changed(ShareBias("output_gate")).candidate.bias, ElementsAre(33));
  EXPECT_THAT(Changed(ScaleBiases(2)).input_gate.bias, ElementsAre(46));
  MistakenExercise<float> two = OneLstm();
  EXPECT_FALSE(LeaveOutLowerBiases()(two));
  two.layers.push_back(two.layers[0]);
  EXPECT_TRUE(LeaveOutLowerBiases()(two));
  EXPECT_THAT(std::get<LstmWeights<float>>(two.layers[0]).forget_gate.bias, ElementsAre(0));
  EXPECT_THAT(std::get<LstmWeights<float>>(two.layers[1]).forget_gate.bias, ElementsAre(13));
}

TEST(GateChanges, SwapMatricesOfOneGateOrOfAll) {
  const LstmWeights<float> one = Changed(SwapMatrices("output_gate"));
  EXPECT_THAT(one.output_gate.input, ElementsAre(32));
  EXPECT_THAT(one.forget_gate.input, ElementsAre(11));
  EXPECT_THAT(Changed(SwapMatrices()).forget_gate.input, ElementsAre(12));
  MistakenExercise<float> unlike = OneLstm();
  std::get<LstmWeights<float>>(unlike.layers[0]).shape.input_size = 2;
  EXPECT_FALSE(SwapMatrices()(unlike));
}

TEST(GateChanges, TransposeSquareMatrices) {
  MistakenExercise<float> exercise = OneRnn();
  EXPECT_TRUE(TransposeRecurrent()(exercise));
  EXPECT_TRUE(TransposeInput()(exercise));
  const auto& cell = std::get<RnnWeights<float>>(exercise.layers[0]);
  EXPECT_THAT(cell.hidden.recurrent, ElementsAre(5, 7, 6, 8));
  EXPECT_THAT(cell.hidden.input, ElementsAre(1, 3, 2, 4));
  MistakenExercise<float> scalar = OneLstm();
  EXPECT_FALSE(TransposeRecurrent()(scalar));
}

TEST(GateChanges, ActivateGatesThatHaveTheRightFunctionOnly) {
  const LstmWeights<float> all = Changed(Activate("", Activation::kSigmoid, Activation::kTanh));
  EXPECT_EQ(all.forget_gate.activation, Activation::kTanh);
  EXPECT_EQ(all.output_gate.activation, Activation::kTanh);
  const LstmWeights<float> one =
      Changed(Activate("candidate", Activation::kTanh, Activation::kRelu));
  EXPECT_EQ(one.candidate.activation, Activation::kRelu);
  MistakenExercise<float> exercise = OneLstm();
  EXPECT_FALSE(Activate("candidate", Activation::kSigmoid, Activation::kTanh)(exercise));
  EXPECT_EQ(Changed(ActivateMemory(Activation::kIdentity)).memory_activation,
            Activation::kIdentity);
  EXPECT_FALSE(ActivateMemory(Activation::kTanh)(exercise));
}

TEST(GateChanges, LeaveOutWhatBelongsToNoGate) {
  EXPECT_THAT(Changed(LeaveOutPeepholes()).forget_peephole, IsEmpty());
  MistakenExercise<float> exercise = OneLstm();
  EXPECT_TRUE(LookAtOldMemory()(exercise));
  EXPECT_TRUE(exercise.formulas.output_peephole_early);
  EXPECT_FALSE(LeaveOutProjection()(exercise));
  std::get<LstmWeights<float>>(exercise.layers[0]).projection = {2};
  EXPECT_TRUE(LeaveOutProjection()(exercise));
  EXPECT_TRUE(exercise.formulas.projection_left_out);

  GruResetAfterWeights<float> gru;
  gru.shape.kind = CellKind::kGruResetAfter;
  gru.update_gate = Gate(1);
  gru.reset_gate = Gate(2);
  gru.candidate = Gate(3, Activation::kTanh);
  gru.candidate_recurrent_bias = {4};
  exercise.layers = {gru};
  EXPECT_TRUE(LeaveOutRecurrentBias()(exercise));
  EXPECT_THAT(std::get<GruResetAfterWeights<float>>(exercise.layers[0]).candidate_recurrent_bias,
              ElementsAre(0));
}

}  // namespace
}  // namespace cellar
