#include "server/api/convert_trace.h"

#include <variant>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/convert_tensor.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

// Two layers over three steps; every number tells where it belongs.
StackTrace<float> SomeTrace() {
  StackTrace<float> trace;
  trace.step_count = 3;
  trace.outputs = {1, 2, 3};
  trace.layers.resize(2);
  trace.layers[0].h = {10, 11, 12, 13, 14, 15};
  trace.layers[0].c = {20, 21, 22, 23, 24, 25};
  trace.layers[1].update_gate = {30, 31, 32};
  trace.backward_layers.resize(1);
  trace.backward_layers[0].candidate = {40, 41, 42};
  return trace;
}

v1::Trace Write(const AnyStackTrace& trace, RowRange rows,
                v1::Encoding encoding = v1::ENCODING_VALUES) {
  v1::Trace message;
  message.mutable_outputs()->add_values(99);  // to be replaced
  WriteTrace(trace, rows, encoding, &message);
  return message;
}

TEST(ConvertTraceTest, EveryArrayBecomesATensorOfStepsByLength) {
  const v1::Trace message = Write(SomeTrace(), {0, 3});
  EXPECT_THAT(message.outputs().shape(), ElementsAre(3, 1));
  EXPECT_THAT(message.outputs().values(), ElementsAre(1, 2, 3));
  ASSERT_EQ(message.layers_size(), 2);
  EXPECT_THAT(message.layers(0).h().shape(), ElementsAre(3, 2));
  EXPECT_THAT(message.layers(0).h().values(), ElementsAre(10, 11, 12, 13, 14, 15));
  EXPECT_THAT(message.layers(0).c().values(), ElementsAre(20, 21, 22, 23, 24, 25));
  EXPECT_THAT(message.layers(1).update_gate().values(), ElementsAre(30, 31, 32));
  ASSERT_EQ(message.backward_layers_size(), 1);
  EXPECT_THAT(message.backward_layers(0).candidate().values(), ElementsAre(40, 41, 42));
}

TEST(ConvertTraceTest, ArraysThatAreNotThereStayUnset) {
  const v1::Trace message = Write(SomeTrace(), {0, 3});
  EXPECT_FALSE(message.layers(0).has_forget_gate());
  EXPECT_FALSE(message.layers(0).has_unrounded_h());
  EXPECT_FALSE(message.layers(1).has_h());
}

TEST(ConvertTraceTest, SomeRowsAreCutOutOfEveryArray) {
  const v1::Trace message = Write(SomeTrace(), {1, 2});
  EXPECT_THAT(message.outputs().values(), ElementsAre(2, 3));
  EXPECT_THAT(message.layers(0).h().shape(), ElementsAre(2, 2));
  EXPECT_THAT(message.layers(0).h().values(), ElementsAre(12, 13, 14, 15));
  EXPECT_THAT(message.layers(0).c().values(), ElementsAre(22, 23, 24, 25));
  EXPECT_THAT(message.layers(1).update_gate().values(), ElementsAre(31, 32));
  EXPECT_THAT(message.backward_layers(0).candidate().values(), ElementsAre(41, 42));
}

TEST(ConvertTraceTest, TheEncodingIsTheOneAskedFor) {
  const v1::Trace message = Write(SomeTrace(), {2, 1}, v1::ENCODING_RAW);
  EXPECT_EQ(message.outputs().values_size(), 0);
  FieldViolations violations;
  EXPECT_THAT(ReadRows<float>(message.outputs(), 1, "", violations), ElementsAre(3));
  EXPECT_THAT(ReadRows<float>(message.layers(0).h(), 2, "", violations), ElementsAre(14, 15));
}

// Every field of a layer, so that none is mistaken for another.
TEST(ConvertTraceTest, EveryFieldGoesToItsNamesake) {
  StackTrace<double> trace;
  trace.step_count = 1;
  trace.outputs = {0};
  trace.layers.push_back({.h = {1},
                          .c = {2},
                          .forget_gate = {3},
                          .input_gate = {4},
                          .output_gate = {5},
                          .update_gate = {6},
                          .reset_gate = {7},
                          .candidate = {8},
                          .unrounded_h = {9}});
  const v1::Trace message = Write(trace, {0, 1});
  const v1::LayerTrace& layer = message.layers(0);
  EXPECT_THAT(layer.h().values(), ElementsAre(1));
  EXPECT_THAT(layer.c().values(), ElementsAre(2));
  EXPECT_THAT(layer.forget_gate().values(), ElementsAre(3));
  EXPECT_THAT(layer.input_gate().values(), ElementsAre(4));
  EXPECT_THAT(layer.output_gate().values(), ElementsAre(5));
  EXPECT_THAT(layer.update_gate().values(), ElementsAre(6));
  EXPECT_THAT(layer.reset_gate().values(), ElementsAre(7));
  EXPECT_THAT(layer.candidate().values(), ElementsAre(8));
  EXPECT_THAT(layer.unrounded_h().values(), ElementsAre(9));
}

TEST(ConvertTraceTest, RowsAreTheStepsShown) { EXPECT_EQ(RowCount(SomeTrace()), 3); }

TEST(ConvertTraceTest, NothingStaysOfTheMessageThatIsWrittenOver) {
  StackTrace<float> small;
  small.step_count = 1;
  small.outputs = {5};
  small.layers.resize(1);
  small.layers[0].candidate = {6};
  v1::Trace message = Write(SomeTrace(), {0, 3}, v1::ENCODING_RAW);
  WriteTrace(small, {0, 1}, v1::ENCODING_VALUES, &message);

  EXPECT_EQ(message.SerializeAsString(), Write(small, {0, 1}).SerializeAsString());
}

}  // namespace
}  // namespace cellar
