#include "client/commands/numerics_flags.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

v1::Numerics Parse(const std::string& line, v1::Numerics numerics = {}) {
  NumericsFlags flags;
  CLI::App app;
  AddNumericsFlags(app, flags);
  app.parse(line);
  ApplyFlags(flags, numerics);
  return numerics;
}

TEST(NumericsFlagsTest, EveryFlagSetsItsField) {
  const v1::Numerics numerics = Parse(
      "--precision float64 --activation saturating --rounding nearest --rounding-scope feedback");
  EXPECT_EQ(numerics.precision(), v1::PRECISION_FLOAT64);
  EXPECT_EQ(numerics.activation_rule(), v1::ACTIVATION_RULE_SATURATING);
  EXPECT_EQ(numerics.rounding(), v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  EXPECT_EQ(numerics.rounding_scope(), v1::ROUNDING_SCOPE_FEEDBACK);
  const v1::Numerics other =
      Parse("--precision float32 --activation exact --rounding none --rounding-scope report");
  EXPECT_EQ(other.precision(), v1::PRECISION_FLOAT32);
  EXPECT_EQ(other.activation_rule(), v1::ACTIVATION_RULE_EXACT);
  EXPECT_EQ(other.rounding(), v1::ROUNDING_NONE);
  EXPECT_EQ(other.rounding_scope(), v1::ROUNDING_SCOPE_REPORT);
}

TEST(NumericsFlagsTest, WhatIsNotGivenIsLeft) {
  v1::Numerics numerics;
  numerics.set_precision(v1::PRECISION_FLOAT64);
  EXPECT_EQ(Parse("", numerics).precision(), v1::PRECISION_FLOAT64);
  EXPECT_EQ(Parse("--rounding nearest", numerics).precision(), v1::PRECISION_FLOAT64);
}

TEST(NumericsFlagsTest, OtherWordsAreRefused) {
  EXPECT_THROW(Parse("--precision float16"), CLI::ValidationError);
}

}  // namespace
}  // namespace cellar
