#include "server/model/layer_sizes.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr auto kI = LayerAxis::kInput;
constexpr auto kH = LayerAxis::kHidden;
constexpr auto kP = LayerAxis::kOutput;
constexpr int64_t kMostInputs = std::numeric_limits<int64_t>::max();

// Shapes live as long as the test.
const std::vector<int64_t>& Keep(std::vector<int64_t> shape) {
  static auto& kept = *new std::vector<std::unique_ptr<std::vector<int64_t>>>();
  kept.push_back(std::make_unique<std::vector<int64_t>>(std::move(shape)));
  return *kept.back();
}

TensorFacts Counted(std::vector<LayerAxis> axes, int64_t element_count) {
  return {.path = "t",
          .axes = std::move(axes),
          .given = true,
          .shape = {},
          .element_count = element_count};
}

TensorFacts Shaped(std::vector<LayerAxis> axes, std::vector<int64_t> shape) {
  return {.path = "t",
          .axes = std::move(axes),
          .given = true,
          .shape = Keep(std::move(shape)),
          .element_count = 6};
}

LayerSizes Sizes(std::optional<int64_t> input, std::optional<int64_t> hidden,
                 std::optional<int64_t> output) {
  return {input, hidden, output};
}

TEST(InferLayerSizes, KnowsNothingOfNothing) { EXPECT_EQ(InferLayerSizes({}, {}), LayerSizes()); }

TEST(InferLayerSizes, BelievesShapes) {
  const std::vector<TensorFacts> tensors = {Shaped({kH, kI}, {2, 3}), Shaped({kH, kP}, {2, 1})};
  EXPECT_EQ(InferLayerSizes(tensors, {}), Sizes(3, 2, 1));
}

TEST(InferLayerSizes, PrefersShapesToHints) {
  const std::vector<TensorFacts> tensors = {Shaped({kH, kI}, {2, 3}), Shaped({kH, kP}, {2, 1})};
  EXPECT_EQ(InferLayerSizes(tensors, Sizes(7, 8, 9)), Sizes(3, 2, 1));
}

TEST(InferLayerSizes, TakesTheHiddenSizeFromAVector) {
  const std::vector<TensorFacts> tensors = {Counted({kH, kI}, 6), Counted({kH, kH}, 4),
                                            Counted({kH}, 2)};
  EXPECT_EQ(InferLayerSizes(tensors, {}), Sizes(3, 2, std::nullopt));
}

TEST(InferLayerSizes, TakesTheHiddenSizeFromASquare) {
  for (int64_t hidden : {1, 2, 3, 94, 65536}) {
    const std::vector<TensorFacts> tensors = {Counted({kH, kI}, 5 * hidden),
                                              Counted({kH, kH}, hidden * hidden)};
    EXPECT_EQ(InferLayerSizes(tensors, {}), Sizes(5, hidden, std::nullopt));
  }
  EXPECT_EQ(InferLayerSizes({Counted({kH, kH}, 5)}, {}), LayerSizes());
}

TEST(InferLayerSizes, SquaresOutvoteAVectorThatIsWrong) {
  EXPECT_EQ(InferLayerSizes({Counted({kH}, 2), Counted({kH, kI}, 1), Counted({kH, kH}, 1),
                             Counted({kH, kI}, 1), Counted({kH, kH}, 1)},
                            {}),
            Sizes(1, 1, std::nullopt));
  EXPECT_EQ(
      InferLayerSizes(
          {Counted({kH, kH}, 9), Counted({kH}, 2), Counted({kH, kI}, 6), Counted({kH, kH}, 4)}, {}),
      Sizes(3, 2, std::nullopt));
}

TEST(InferLayerSizes, TakesTheHiddenSizeFromAKnownInputSize) {
  const std::vector<TensorFacts> tensors = {Counted({kH, kI}, 8), Counted({kH, kP}, 4),
                                            Counted({kP, kH}, 4)};
  EXPECT_EQ(InferLayerSizes(tensors, Sizes(2, std::nullopt, std::nullopt)), Sizes(2, 4, 1));
}

TEST(InferLayerSizes, TakesOneSizeFromAnotherByDivision) {
  const std::vector<TensorFacts> tensors = {Counted({kH, kI}, 8), Counted({kH, kP}, 4),
                                            Shaped({kH, kP}, {4, 1})};
  EXPECT_EQ(InferLayerSizes(tensors, {}), Sizes(2, 4, 1));
}

TEST(InferLayerSizes, FallsBackToHints) {
  const std::vector<TensorFacts> tensors = {Counted({kH, kI}, 7), Counted({kH, kP}, 5)};
  EXPECT_EQ(InferLayerSizes(tensors, Sizes(3, 2, 2)), Sizes(3, 2, 2));
}

TEST(InferLayerSizes, LetsTheMajorityDecide) {
  const std::vector<TensorFacts> tensors = {Counted({kH}, 9), Counted({kH}, 2), Counted({kH}, 2)};
  EXPECT_EQ(InferLayerSizes(tensors, {}).hidden, 2);
}

TEST(InferLayerSizes, LetsTheFirstOfEqualsDecide) {
  EXPECT_EQ(InferLayerSizes({Counted({kH}, 9), Counted({kH}, 2)}, {}).hidden, 9);
}

TEST(InferLayerSizes, DoesNotListenToWhatIsAbsentBrokenOrImpossible) {
  TensorFacts absent = Counted({kH}, 3);
  absent.given = false;
  TensorFacts broken = Counted({kH}, 4);
  broken.broken = true;
  EXPECT_EQ(InferLayerSizes({absent, broken, Shaped({kH}, {-5}), Shaped({kH}, {0}),
                             Shaped({kH}, {6, 1}), Shaped({kH, kI}, {6})},
                            {}),
            LayerSizes());
}

TEST(InferLayerSizes, SurvivesHugeClaims) {
  const std::vector<TensorFacts> tensors = {Shaped({kH, kI}, {kMostInputs, kMostInputs}),
                                            Counted({kH, kH}, 4)};
  EXPECT_EQ(InferLayerSizes(tensors, {}), Sizes(kMostInputs, kMostInputs, std::nullopt));
}

std::vector<std::string> Complaints(const TensorFacts& tensor, const LayerSizes& sizes) {
  FieldViolations violations;
  CheckTensorShape(tensor, sizes, violations);
  std::vector<std::string> complaints;
  for (const FieldViolation& violation : violations) {
    EXPECT_EQ(violation.field, "t");
    complaints.push_back(violation.description);
  }
  return complaints;
}

TEST(CheckTensorShape, AcceptsWhatAgrees) {
  EXPECT_THAT(Complaints(Shaped({kH, kI}, {2, 3}), Sizes(3, 2, 2)), IsEmpty());
  EXPECT_THAT(Complaints(Counted({kH, kI}, 6), Sizes(3, 2, 2)), IsEmpty());
}

TEST(CheckTensorShape, ComplainsOfAnotherShape) {
  EXPECT_THAT(Complaints(Shaped({kH, kI}, {3, 2}), Sizes(3, 2, 2)),
              ElementsAre("has shape [3, 2]; must have [2, 3]"));
  EXPECT_THAT(Complaints(Shaped({kH, kI}, {6}), Sizes(3, 2, 2)),
              ElementsAre("has shape [6]; must have [2, 3]"));
  EXPECT_THAT(Complaints(Shaped({kH}, {1, 6}), Sizes(1, 6, 6)),
              ElementsAre("has shape [1, 6]; must have [6]"));
}

TEST(CheckTensorShape, ComplainsOfAnotherNumberOfElements) {
  EXPECT_THAT(Complaints(Counted({kH, kI}, 5), Sizes(3, 2, 2)),
              ElementsAre("number of elements is 5; must be 6, for shape [2, 3]"));
  EXPECT_THAT(Complaints(Shaped({kH, kI}, {2, 4}), Sizes(4, 2, 2)),
              ElementsAre("number of elements is 6; must be 8, for shape [2, 4]"));
}

TEST(CheckTensorShape, ComplainsOfWhatIsMissingOnlyIfItIsRequired) {
  TensorFacts tensor = {.path = "t", .axes = {kP, kH}, .shape = {}};
  EXPECT_THAT(Complaints(tensor, Sizes(3, 2, std::nullopt)),
              ElementsAre("is missing; must be a tensor of shape [P, 2]"));
  tensor.required = false;
  EXPECT_THAT(Complaints(tensor, Sizes(3, 2, 2)), IsEmpty());
}

TEST(CheckTensorShape, SaysNothingMoreOfABrokenTensor) {
  TensorFacts tensor = Counted({kH}, 5);
  tensor.broken = true;
  EXPECT_THAT(Complaints(tensor, Sizes(3, 2, 2)), IsEmpty());
}

TEST(CheckTensorShape, JudgesWhatItCanWhenASizeIsNotKnown) {
  const LayerSizes sizes = Sizes(std::nullopt, 2, 2);
  EXPECT_THAT(Complaints(Counted({kH, kI}, 5), sizes), IsEmpty());
  EXPECT_THAT(Complaints(Shaped({kH, kI}, {3, 2}), sizes),
              ElementsAre("has shape [3, 2]; must have [2, I]"));
}

TEST(CheckTensorShape, SurvivesSizesThatDoNotMultiply) {
  EXPECT_THAT(Complaints(Counted({kH, kI}, 6), Sizes(kMostInputs, kMostInputs, 1)),
              ElementsAre("number of elements is 6; must be more than 2^63, for shape "
                          "[9223372036854775807, 9223372036854775807]"));
}

}  // namespace
}  // namespace cellar
