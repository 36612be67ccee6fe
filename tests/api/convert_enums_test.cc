#include "server/api/convert_enums.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

template <class Enum>
Enum Unknown() {
  return static_cast<Enum>(99);
}

TEST(ConvertEnumsTest, AnUnknownValueIsRefusedWithThoseAllowed) {
  FieldViolations violations;
  EXPECT_FALSE(CheckEnum(Unknown<v1::View>(), "view", violations));
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].field, "view");
  EXPECT_THAT(
      violations[0].description,
      AllOf(HasSubstr("99"), HasSubstr("VIEW_OUTPUT (1), VIEW_STATE (2) and VIEW_TRACE (3)"),
            Not(HasSubstr("UNSPECIFIED"))));
}

TEST(ConvertEnumsTest, NegativeAndHugeValuesAreUnknownToo) {
  for (const int value : {-1, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
    FieldViolations violations;
    EXPECT_FALSE(CheckEnum(static_cast<v1::Encoding>(value), "encoding", violations));
    EXPECT_THAT(violations[0].description, HasSubstr(std::to_string(value)));
  }
}

TEST(ConvertEnumsTest, UnspecifiedIsNoViolation) {
  FieldViolations violations;
  EXPECT_TRUE(CheckEnum(v1::VIEW_UNSPECIFIED, "view", violations));
  EXPECT_EQ(ReadPrecision(v1::PRECISION_UNSPECIFIED, "p", violations), std::nullopt);
  EXPECT_EQ(ReadWeightStorage(v1::WEIGHT_STORAGE_UNSPECIFIED, "w", violations), std::nullopt);
  EXPECT_EQ(ReadActivation(v1::ACTIVATION_UNSPECIFIED, "a", violations), std::nullopt);
  EXPECT_EQ(ReadDurability(v1::DURABILITY_UNSPECIFIED, "d", violations), std::nullopt);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ConvertEnumsTest, EveryPrecisionStorageActivationAndDurabilityComesBackAsItWent) {
  FieldViolations violations;
  for (const auto value : {Precision::kFloat32, Precision::kFloat64}) {
    EXPECT_EQ(ReadPrecision(WritePrecision(value), "p", violations), value);
  }
  for (const auto value : {WeightStorage::kFull, WeightStorage::kBfloat16}) {
    EXPECT_EQ(ReadWeightStorage(WriteWeightStorage(value), "w", violations), value);
  }
  for (const auto value : {Activation::kSigmoid, Activation::kTanh, Activation::kRelu,
                           Activation::kHardSigmoid, Activation::kIdentity}) {
    EXPECT_EQ(ReadActivation(WriteActivation(value), "a", violations), value);
  }
  for (const auto value : {Durability::kMemory, Durability::kPeriodic, Durability::kEveryStep}) {
    EXPECT_EQ(ReadDurability(WriteDurability(value), "d", violations), value);
  }
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ConvertEnumsTest, EveryValueOfTheWireIsReadOrRefusedNeverLost) {
  FieldViolations violations;
  for (int value = 1; v1::Precision_IsValid(value); ++value) {
    EXPECT_TRUE(ReadPrecision(static_cast<v1::Precision>(value), "", violations).has_value());
  }
  for (int value = 1; v1::WeightStorage_IsValid(value); ++value) {
    const auto storage = static_cast<v1::WeightStorage>(value);
    EXPECT_TRUE(ReadWeightStorage(storage, "", violations).has_value());
  }
  for (int value = 1; v1::Activation_IsValid(value); ++value) {
    EXPECT_TRUE(ReadActivation(static_cast<v1::Activation>(value), "", violations).has_value());
  }
  EXPECT_EQ(ReadPrecision(Unknown<v1::Precision>(), "", violations), std::nullopt);
  EXPECT_EQ(ReadWeightStorage(Unknown<v1::WeightStorage>(), "", violations), std::nullopt);
  EXPECT_EQ(ReadActivation(Unknown<v1::Activation>(), "", violations), std::nullopt);
  EXPECT_EQ(ReadDurability(Unknown<v1::Durability>(), "", violations), std::nullopt);
  EXPECT_EQ(violations.size(), 4);
}

TEST(ConvertEnumsTest, EveryNumericsComesBackAsItWentWithNothingUnspecified) {
  for (int bits = 0; bits < 16; ++bits) {
    Numerics numerics;
    numerics.precision = static_cast<Precision>(bits & 1);
    numerics.activation_rule = static_cast<ActivationRule>(bits >> 1 & 1);
    numerics.rounding = static_cast<Rounding>(bits >> 2 & 1);
    numerics.rounding_scope = static_cast<RoundingScope>(bits >> 3 & 1);
    const v1::Numerics message = WriteNumerics(numerics);
    EXPECT_NE(message.precision(), v1::PRECISION_UNSPECIFIED);
    EXPECT_NE(message.activation_rule(), v1::ACTIVATION_RULE_UNSPECIFIED);
    EXPECT_NE(message.rounding(), v1::ROUNDING_UNSPECIFIED);
    EXPECT_NE(message.rounding_scope(), v1::ROUNDING_SCOPE_UNSPECIFIED);
    FieldViolations violations;
    EXPECT_EQ(ReadNumerics(message, Precision::kFloat32, "numerics", violations), numerics);
    EXPECT_THAT(violations, IsEmpty());
  }
}

TEST(ConvertEnumsTest, UnspecifiedNumericsAreExactUnroundedAndOfTheDefaultPrecision) {
  FieldViolations violations;
  Numerics expected;
  expected.precision = Precision::kFloat64;
  EXPECT_EQ(ReadNumerics({}, Precision::kFloat64, "numerics", violations), expected);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ConvertEnumsTest, WhoWantsTheRoundedHFedBackHasToSayHowItIsRounded) {
  v1::Numerics message;
  message.set_rounding_scope(v1::ROUNDING_SCOPE_FEEDBACK);
  FieldViolations violations;
  ReadNumerics(message, Precision::kFloat32, "numerics", violations);
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].field, "numerics.rounding_scope");
  EXPECT_THAT(violations[0].description,
              HasSubstr("set rounding to ROUNDING_NEAREST_TIES_TO_ZERO (2)"));
  violations.clear();
  message.set_rounding(v1::ROUNDING_NONE);  // said, not forgotten
  EXPECT_EQ(ReadNumerics(message, Precision::kFloat32, "", violations).rounding, Rounding::kNone);
  message.clear_rounding();
  message.set_rounding_scope(v1::ROUNDING_SCOPE_REPORT);
  ReadNumerics(message, Precision::kFloat32, "", violations);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ConvertEnumsTest, AllWrongNumericsAreReportedAtOnce) {
  v1::Numerics message;
  message.set_precision(Unknown<v1::Precision>());
  message.set_activation_rule(Unknown<v1::ActivationRule>());
  message.set_rounding(Unknown<v1::Rounding>());
  message.set_rounding_scope(Unknown<v1::RoundingScope>());
  FieldViolations violations;
  ReadNumerics(message, Precision::kFloat32, "session.numerics", violations);
  EXPECT_THAT(violations,
              ElementsAre(Field(&FieldViolation::field, "session.numerics.activation_rule"),
                          Field(&FieldViolation::field, "session.numerics.rounding"),
                          Field(&FieldViolation::field, "session.numerics.rounding_scope"),
                          Field(&FieldViolation::field, "session.numerics.precision")));
}

TEST(ConvertEnumsTest, ViewsAndDensitiesAreReadWithTheirDefaults) {
  FieldViolations violations;
  const auto read = [&](v1::View view, v1::Density density) {
    const TraceOptions options = ReadTraceOptions(view, density, "open.", violations);
    return std::pair(options.view, options.density);
  };
  EXPECT_EQ(read(v1::VIEW_UNSPECIFIED, v1::DENSITY_UNSPECIFIED),
            std::pair(TraceView::kOutput, TraceDensity::kEveryStep));
  EXPECT_EQ(read(v1::VIEW_OUTPUT, v1::DENSITY_EVERY_STEP),
            std::pair(TraceView::kOutput, TraceDensity::kEveryStep));
  EXPECT_EQ(read(v1::VIEW_STATE, v1::DENSITY_LAST_STEP),
            std::pair(TraceView::kState, TraceDensity::kLastStep));
  EXPECT_EQ(read(v1::VIEW_TRACE, v1::DENSITY_EVERY_STEP),
            std::pair(TraceView::kTrace, TraceDensity::kEveryStep));
  EXPECT_THAT(violations, IsEmpty());
  read(Unknown<v1::View>(), Unknown<v1::Density>());
  EXPECT_THAT(violations, ElementsAre(Field(&FieldViolation::field, "open.view"),
                                      Field(&FieldViolation::field, "open.density")));
}

TEST(ConvertEnumsTest, AnAnswerIsEncodedAsAskedElseAsTheRequestElseInValues) {
  EXPECT_EQ(ChooseEncoding(v1::ENCODING_RAW, v1::ENCODING_VALUES), v1::ENCODING_RAW);
  EXPECT_EQ(ChooseEncoding(v1::ENCODING_VALUES, v1::ENCODING_RAW), v1::ENCODING_VALUES);
  EXPECT_EQ(ChooseEncoding(v1::ENCODING_UNSPECIFIED, v1::ENCODING_RAW), v1::ENCODING_RAW);
  EXPECT_EQ(ChooseEncoding(v1::ENCODING_UNSPECIFIED, v1::ENCODING_UNSPECIFIED),
            v1::ENCODING_VALUES);
}

}  // namespace
}  // namespace cellar
