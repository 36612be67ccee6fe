#include "client/describe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/tensor.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

void SetShape(v1::Gate& gate, int64_t rows, int64_t columns) {
  gate.mutable_input_weights()->add_shape(rows);
  gate.mutable_input_weights()->add_shape(columns);
}

TEST(NumericsTextTest, TellsEveryRule) {
  v1::Numerics numerics;
  EXPECT_EQ(NumericsText(numerics), "float32, exact activations");
  numerics.set_precision(v1::PRECISION_FLOAT64);
  numerics.set_activation_rule(v1::ACTIVATION_RULE_SATURATING);
  numerics.set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  EXPECT_EQ(NumericsText(numerics),
            "float64, saturating activations, h rounded to the nearest integer (ties to 0) in the "
            "answer only");
  numerics.set_rounding_scope(v1::ROUNDING_SCOPE_FEEDBACK);
  EXPECT_THAT(NumericsText(numerics), HasSubstr("and fed back rounded"));
}

TEST(LayersTextTest, TellsCellsAndSizes) {
  v1::Model model;
  SetShape(*model.add_layers()->mutable_lstm()->mutable_forget_gate(), 4, 3);
  SetShape(*model.add_layers()->mutable_lstm()->mutable_forget_gate(), 2, 4);
  SetShape(*model.add_layers()->mutable_gru_reset_after()->mutable_update_gate(), 1, 2);
  EXPECT_EQ(LayersText(model), "LSTM 3 -> 4 -> 2, GRU (reset after) 2 -> 1");
  model.add_backward_layers();
  EXPECT_THAT(LayersText(model), HasSubstr(", bidirectional"));
}

TEST(LayersTextTest, UnknownSizesAreQuestionMarks) {
  v1::Model model;
  model.add_layers()->mutable_rnn();
  EXPECT_EQ(LayersText(model), "RNN ? -> ?");
  EXPECT_EQ(LayersText(v1::Model()), "");
}

TEST(ModelTextTest, LeavesOutWhatIsNotThere) {
  v1::Model model;
  model.set_name("models/a");
  model.set_parameter_count(12);
  const std::string text = ModelText(model);
  EXPECT_THAT(text, AllOf(HasSubstr("name        models/a\n"), HasSubstr("parameters  12\n"),
                          Not(HasSubstr("title"))));
}

TEST(ModelTextTest, TellsHowWeightsAreStoredUnlessInFull) {
  v1::Model model;
  model.set_precision(v1::PRECISION_FLOAT32);
  model.set_weight_storage(v1::WEIGHT_STORAGE_FULL);
  EXPECT_THAT(ModelText(model), HasSubstr("precision   float32\n"));
  model.set_weight_storage(v1::WEIGHT_STORAGE_BFLOAT16);
  EXPECT_THAT(ModelText(model), HasSubstr("precision   float32, weights stored as bfloat16\n"));
}

TEST(SessionTextTest, TellsWhereTheSessionIsAndHowLongItLives) {
  v1::Session session;
  session.set_name("sessions/a");
  session.set_next_step(5);
  session.set_oldest_step(2);
  session.mutable_expire_time()->set_seconds(1'700'000'000);
  (*session.mutable_labels())["b"] = "2";
  (*session.mutable_labels())["a"] = "1\n";
  EXPECT_THAT(SessionText(session),
              AllOf(HasSubstr("next step      5\n"), HasSubstr("can rewind to  step 2\n"),
                    HasSubstr("2023-11-14 22:13:20 UTC\n"), HasSubstr("a=1 , b=2\n")));
}

TEST(StateTextTest, NamesLayersOnlyIfThereAreSeveral) {
  v1::State state;
  v1::LayerState& layer = *state.add_layers();
  *layer.mutable_h() = MakeTensor({0, 0.5});
  *layer.mutable_c() = MakeTensor({1, -1});
  EXPECT_EQ(StateText(state, {}), "h  0 0.5\nc  1 -1\n");
  *state.add_layers()->mutable_h() = MakeTensor({2});
  EXPECT_EQ(StateText(state, {}), "layer 1  h  0 0.5\nlayer 1  c  1 -1\nlayer 2  h  2\n");
}

TEST(SessionTextTest, TheDurableStepIsToldWhereThereIsOne) {
  v1::Session session;
  session.set_name("sessions/a");
  session.set_durable_step(7);
  EXPECT_EQ(SessionText(session).find("durable step"), std::string::npos);
  for (const auto durability : {v1::DURABILITY_PERIODIC, v1::DURABILITY_EVERY_STEP}) {
    session.set_durability(durability);
    EXPECT_NE(SessionText(session).find("durable step   7\n"), std::string::npos)
        << SessionText(session);
  }
}

}  // namespace
}  // namespace cellar
