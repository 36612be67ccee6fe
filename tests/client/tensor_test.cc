#include "client/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/trace_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

TEST(MakeTensorTest, CarriesValuesAndLeavesTheShapeToTheServer) {
  const v1::Tensor tensor = MakeTensor({0, 0.5});
  EXPECT_THAT(tensor.values(), ElementsAre(0, 0.5));
  EXPECT_TRUE(tensor.shape().empty());
}

TEST(ElementCountTest, ComesFromTheShapeOrTheValues) {
  EXPECT_EQ(ElementCount(MakeTensor({1, 2, 3})), 3);
  v1::Tensor raw;
  raw.add_shape(2);
  raw.add_shape(5);
  EXPECT_EQ(ElementCount(raw), 10);
}

TEST(RowTest, CutsTheRowOut) {
  EXPECT_THAT(Row(Matrix(2, {1, 2, 3, 4}), 1), ElementsAre(3, 4));
  EXPECT_THAT(Row(MakeTensor({1, 2}), 0), ElementsAre(1, 2));
}

TEST(AppendTraceTest, PutsTheStepsUnderEachOtherInEveryTensor) {
  v1::Trace whole;
  AppendTrace(LstmTrace(), whole);
  AppendTrace(LstmTrace(), whole);
  EXPECT_THAT(whole.outputs().shape(), ElementsAre(4, 1));
  EXPECT_THAT(whole.outputs().values(), ElementsAre(0.5, -0.25, 0.5, -0.25));
  ASSERT_EQ(whole.layers_size(), 1);
  EXPECT_THAT(whole.layers(0).h().shape(), ElementsAre(4, 1));
  EXPECT_THAT(whole.layers(0).c().values(), ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(whole.layers(0).forget_gate().values(), ElementsAre(3, 4, 3, 4));
  EXPECT_THAT(whole.layers(0).candidate().shape(), ElementsAre(4, 1));
}

TEST(AppendTraceTest, KeepsLayersAndDirectionsApart) {
  v1::Trace part = TwoLayerTrace();
  *part.add_backward_layers()->mutable_h() = Matrix(1, {-1});
  v1::Trace whole;
  AppendTrace(part, whole);
  AppendTrace(part, whole);
  ASSERT_EQ(whole.layers_size(), 2);
  EXPECT_THAT(whole.layers(0).h().values(), ElementsAre(1, 2, 1, 2));
  EXPECT_THAT(whole.layers(1).h().values(), ElementsAre(9, 9));
  ASSERT_EQ(whole.backward_layers_size(), 1);
  EXPECT_THAT(whole.backward_layers(0).h().values(), ElementsAre(-1, -1));
}

}  // namespace
}  // namespace cellar
