#include "client/repl/letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(LettersTest, AnLstmHasItsGatesAndAMemory) {
  v1::Model model;
  model.add_layers()->mutable_lstm();
  EXPECT_EQ(LettersText(model, {}),
            "  t  the step, from 0\n"
            "  x  the inputs of the step\n"
            "  f  forget gate: how much of the memory stays\n"
            "  i  input gate: how much of the candidate is added to the memory\n"
            "  o  output gate: how much of the memory is shown\n"
            "  g  candidate: what the step would have remembered\n"
            "  c  memory (cell state)\n"
            "  h  output (hidden state), which the next step sees, too\n");
}

TEST(LettersTest, OtherCellsHaveOtherLetters) {
  v1::Model model;
  model.add_layers()->mutable_gru_reset_after();
  EXPECT_THAT(LettersText(model, {}),
              AllOf(HasSubstr("\n  z  update gate"), HasSubstr("\n  r  reset gate"),
                    HasSubstr("\n  g  candidate"), Not(HasSubstr("memory"))));
  v1::Model rnn;
  rnn.add_layers()->mutable_rnn();
  EXPECT_THAT(LettersText(rnn, {}), AllOf(Not(HasSubstr("gate")), HasSubstr("\n  h  ")));
}

TEST(LettersTest, ColumnsThatAreSometimesThereAreToldThen) {
  v1::Model model;
  model.add_layers()->mutable_lstm();
  v1::Numerics numerics;
  numerics.set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  EXPECT_THAT(LettersText(model, numerics), HasSubstr("\n  unrounded_h  h before"));
  model.add_layers()->mutable_rnn();
  EXPECT_THAT(LettersText(model, {}), AllOf(HasSubstr("\n  layer  from 1"), HasSubstr("\n  k ")));
}

}  // namespace
}  // namespace cellar
