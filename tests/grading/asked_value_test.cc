#include "server/grading/asked_value.h"

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(QuantityLength, IsThatOfTheCellOrNothing) {
  const CellShape lstm = {CellKind::kLstm, 2, 5, 3};
  EXPECT_EQ(QuantityLength(lstm, Quantity::kH), 3);
  EXPECT_EQ(QuantityLength(lstm, Quantity::kC), 5);
  EXPECT_EQ(QuantityLength(lstm, Quantity::kOutputGate), 5);
  EXPECT_EQ(QuantityLength(lstm, Quantity::kCandidate), 5);
  EXPECT_EQ(QuantityLength(lstm, Quantity::kResetGate), 0);
  for (const CellKind kind : {CellKind::kGruResetBefore, CellKind::kGruResetAfter}) {
    const CellShape gru = {kind, 2, 5, 5};
    EXPECT_EQ(QuantityLength(gru, Quantity::kUpdateGate), 5);
    EXPECT_EQ(QuantityLength(gru, Quantity::kCandidate), 5);
    EXPECT_EQ(QuantityLength(gru, Quantity::kC), 0);
  }
  const CellShape rnn = {CellKind::kRnn, 2, 5, 5};
  EXPECT_EQ(QuantityLength(rnn, Quantity::kH), 5);
  EXPECT_EQ(QuantityLength(rnn, Quantity::kCandidate), 0);
}

}  // namespace
}  // namespace cellar
