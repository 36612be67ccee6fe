#include "server/model/cell_fields.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StrEq;

TEST(CellFieldName, IsTheArmOfTheOneof) {
  EXPECT_STREQ(CellFieldName(CellKind::kLstm), "lstm");
  EXPECT_STREQ(CellFieldName(CellKind::kGruResetBefore), "gru_reset_before");
  EXPECT_STREQ(CellFieldName(CellKind::kGruResetAfter), "gru_reset_after");
  EXPECT_STREQ(CellFieldName(CellKind::kRnn), "rnn");
}

TEST(GateFieldNames, FollowTheCanonicalOrder) {
  EXPECT_THAT(GateFieldNames(CellKind::kLstm),
              ElementsAre(StrEq("forget_gate"), StrEq("input_gate"), StrEq("output_gate"),
                          StrEq("candidate")));
  for (CellKind gru : {CellKind::kGruResetBefore, CellKind::kGruResetAfter}) {
    EXPECT_THAT(GateFieldNames(gru),
                ElementsAre(StrEq("update_gate"), StrEq("reset_gate"), StrEq("candidate")));
  }
  EXPECT_THAT(GateFieldNames(CellKind::kRnn), ElementsAre(StrEq("hidden")));
}

TEST(DefaultActivation, IsTanhForTheCandidateAndSigmoidForGates) {
  for (size_t gate = 0; gate < 3; ++gate) {
    EXPECT_EQ(DefaultActivation(CellKind::kLstm, gate), Activation::kSigmoid);
  }
  EXPECT_EQ(DefaultActivation(CellKind::kLstm, 3), Activation::kTanh);
  for (CellKind gru : {CellKind::kGruResetBefore, CellKind::kGruResetAfter}) {
    EXPECT_EQ(DefaultActivation(gru, 0), Activation::kSigmoid);
    EXPECT_EQ(DefaultActivation(gru, 1), Activation::kSigmoid);
    EXPECT_EQ(DefaultActivation(gru, 2), Activation::kTanh);
  }
  EXPECT_EQ(DefaultActivation(CellKind::kRnn, 0), Activation::kTanh);
}

TEST(GatesOf, PointsToTheGatesInCanonicalOrder) {
  LstmWeights<float> lstm;
  EXPECT_THAT(GatesOf(lstm),
              ElementsAre(&lstm.forget_gate, &lstm.input_gate, &lstm.output_gate, &lstm.candidate));
  const GruResetAfterWeights<double> gru;
  EXPECT_THAT(GatesOf(gru), ElementsAre(&gru.update_gate, &gru.reset_gate, &gru.candidate));
  RnnWeights<float> rnn;
  EXPECT_THAT(GatesOf(rnn), ElementsAre(&rnn.hidden));
}

TEST(OtherTensorsOf, PointsToWhatBelongsToNoGate) {
  LstmWeights<float> lstm;
  EXPECT_THAT(OtherTensorsOf(lstm), ElementsAre(&lstm.forget_peephole, &lstm.input_peephole,
                                                &lstm.output_peephole, &lstm.projection));
  const GruResetAfterWeights<double> after;
  EXPECT_THAT(OtherTensorsOf(after), ElementsAre(&after.candidate_recurrent_bias));
  GruResetBeforeWeights<float> before;
  EXPECT_THAT(OtherTensorsOf(before), IsEmpty());
  RnnWeights<float> rnn;
  EXPECT_THAT(OtherTensorsOf(rnn), IsEmpty());
}

}  // namespace
}  // namespace cellar
