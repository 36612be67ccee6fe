#include "server/api/convert_variation.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/api/convert_exercise.h"
#include "server/api/convert_tensor.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kBias[] = "model.layers[0].lstm.candidate.bias";

v1::Exercise Varied(const std::string& field, std::vector<int64_t> elements = {},
                    std::vector<double> choices = {7, 8}) {
  v1::Exercise message = HomeworkMessage();
  v1::Variation& variation = *message.add_variations();
  variation.set_field(field);
  variation.mutable_elements()->Add(elements.begin(), elements.end());
  variation.mutable_choices()->mutable_values()->Add(choices.begin(), choices.end());
  return message;
}

// "path: description" of the first violation; empty if there is none.
std::string Violation(const v1::Exercise& message) {
  const auto detail = GetErrorDetail(BuildExercise(message, {}, {}).status());
  if (!detail.has_value() || detail->violations.empty()) return "";
  return absl::StrCat(detail->violations[0].field, ": ", detail->violations[0].description);
}

v1::Exercise Drawn(v1::Exercise message, const std::string& seed) {
  const auto exercise = BuildExercise(message, {}, {});
  EXPECT_TRUE(exercise.ok()) << exercise.status();
  DrawVariations(*exercise, seed, &message);
  return message;
}

TEST(ReadVariations, AnyTensorThatIsGivenMayVary) {
  v1::Exercise message = Varied(kBias);
  *message.mutable_sequences(1)->mutable_initial_state()->add_layers()->mutable_c() = ValuesOf({1});
  for (const char* field : {kBias, "model.layers[0].lstm.forget_gate.input_weights",
                            "sequences[1].inputs", "sequences[1].initial_state.layers[0].c"}) {
    message.mutable_variations(0)->set_field(field);
    EXPECT_EQ(Violation(message), "") << field;
  }
}

TEST(ReadVariations, AnythingElseIsNoField) {
  for (const char* field : {"",
                            ".",
                            "model",
                            "title",
                            "model.layers",
                            "model.layers[0]",
                            "model.layers[1].lstm.candidate.bias",
                            "model.layers[-1].lstm.candidate.bias",
                            "model.layers[00].lstm.candidate.bias",
                            "model.layers[0.lstm.candidate.bias",
                            "model.layers[0]x.lstm.candidate.bias",
                            "model.layers[99999999999].lstm.candidate.bias",
                            "model[0].layers[0].lstm.candidate.bias",
                            "model.layers[0].gru.candidate.bias",
                            "model.layers[0].lstm.peepholes.forget_gate",
                            "model.layers[0].lstm.candidate.bias.values",
                            "sequences[2].inputs",
                            "sequences.inputs",
                            "variations[0].elements",
                            "sequences[0].initial_state.layers[0].h",
                            "exercise.sequences[0].inputs"}) {
    EXPECT_THAT(Violation(Varied(field)), HasSubstr("exercise.variations[0].field: is ")) << field;
  }
}

TEST(ReadVariations, ElementsLieInTheTensorAndAreDrawnOnce) {
  EXPECT_EQ(Violation(Varied("sequences[0].inputs", {5})), "");
  EXPECT_EQ(Violation(Varied("sequences[0].inputs", {6})),
            "exercise.variations[0].elements[0]: is 6; allowed are 0 to 5");
  EXPECT_THAT(Violation(Varied("sequences[0].inputs", {-1})), HasSubstr("elements[0]: is -1"));
  EXPECT_THAT(Violation(Varied("sequences[0].inputs", {1, 1})), HasSubstr("is drawn twice"));
  v1::Exercise message = Varied("sequences[0].inputs", {1});
  *message.add_variations() = message.variations(0);
  EXPECT_THAT(Violation(message), HasSubstr("exercise.variations[1].elements: element 1 of "));
}

TEST(ReadVariations, ChoicesAreFiniteInTheTensorsPrecision) {
  EXPECT_THAT(Violation(Varied(kBias, {}, {})),
              HasSubstr("exercise.variations[0].choices.values: is required"));
  for (const double bad :
       {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), 1e300}) {
    EXPECT_THAT(Violation(Varied(kBias, {}, {1, bad})), HasSubstr("choices.values[1]: is "));
  }
  v1::Exercise message = Varied("sequences[0].inputs", {}, {1e300});
  message.mutable_numerics()->set_precision(v1::PRECISION_FLOAT64);
  EXPECT_EQ(Violation(message), "");
  message = Varied(kBias, {}, {3.4e38});
  EXPECT_EQ(Violation(message), "");
  message.mutable_model()->set_weight_storage(v1::WEIGHT_STORAGE_BFLOAT16);
  EXPECT_THAT(Violation(message), HasSubstr("choices.values[0]: is 3.4e+38; must be finite"));
}

TEST(ReadVariations, RangesAscendAndAreNotEndless) {
  v1::Exercise message = Varied(kBias);
  const auto with = [&message](double minimum, double maximum, double step) {
    v1::Range& range = *message.mutable_variations(0)->mutable_range();
    range.set_minimum(minimum);
    range.set_maximum(maximum);
    range.set_step(step);
    return Violation(message);
  };
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(with(0, 1, 0.1), "");
  EXPECT_EQ(with(1, 1, 1), "");
  EXPECT_THAT(with(1, 0, 1), HasSubstr("exercise.variations[0].range.maximum: is 0"));
  EXPECT_THAT(with(-infinity, 0, 1), HasSubstr("range.minimum: is -inf"));
  EXPECT_THAT(with(0, infinity, 1), HasSubstr("range.maximum: is inf"));
  for (const double step : {0.0, -1.0, infinity}) {
    EXPECT_THAT(with(0, 1, step), HasSubstr("range.step: is "));
  }
  EXPECT_THAT(with(0, 1, 1e-9), HasSubstr("more than 1000000 numbers"));
  // Taken for a number of steps within the bounds, by the slack of the division.
  const double largest = std::numeric_limits<float>::max();
  EXPECT_EQ(with(0, largest, largest), "");
  EXPECT_THAT(with(0, largest, largest * (1 + 1e-7)), HasSubstr("range.maximum: is 3.402823"));
  message.mutable_variations(0)->clear_draw();
  EXPECT_THAT(Violation(message), HasSubstr("exercise.variations[0].draw: is required"));
}

TEST(DrawVariations, DrawsWhatIsNamedAndNothingElse) {
  const v1::Exercise message = Varied("sequences[0].inputs", {2, 3});
  const v1::Exercise drawn = Drawn(message, "a");
  EXPECT_THAT(drawn.variations(), IsEmpty());
  const auto& values = drawn.sequences(0).inputs().values();
  for (const int i : {2, 3}) EXPECT_THAT(values[i], AnyOf(7, 8));
  v1::Exercise restored = drawn;
  *restored.mutable_sequences(0) = message.sequences(0);
  *restored.mutable_variations() = message.variations();
  EXPECT_TRUE(MessageDifferencer::Equals(restored, message));
}

TEST(DrawVariations, AllElementsIfNoneIsNamed) {
  EXPECT_THAT(Drawn(Varied("sequences[1].inputs"), "a").sequences(1).inputs().values(),
              Each(AnyOf(7, 8)));
}

TEST(DrawVariations, OneSeedDrawsOneThing) {
  const v1::Exercise message = Varied("sequences[0].inputs");
  EXPECT_TRUE(MessageDifferencer::Equals(Drawn(message, "a"), Drawn(message, "a")));
  int differing = 0;
  for (int i = 0; i < 20; ++i) {
    if (!MessageDifferencer::Equals(Drawn(message, "a"), Drawn(message, absl::StrCat(i)))) {
      ++differing;
    }
  }
  EXPECT_GT(differing, 15);
}

TEST(DrawVariations, RawTensorsBecomeValues) {
  v1::Exercise message = Varied("sequences[0].inputs", {1});
  WriteTensor<float>({0, 0, 1, 1, 1, 0}, {6, 1}, v1::ENCODING_RAW,
                     message.mutable_sequences(0)->mutable_inputs());
  const v1::Exercise drawn = Drawn(message, "a");
  EXPECT_THAT(drawn.sequences(0).inputs().values(), ElementsAre(0, AnyOf(7, 8), 1, 1, 1, 0));
  EXPECT_THAT(drawn.sequences(0).inputs().raw(), IsEmpty());
}

}  // namespace
}  // namespace cellar
