#include "server/grading/mistake_words.h"

#include <memory>
#include <variant>

#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

// The words of an exercise with an LSTM layer for each of these functions around c.
std::string Words(const std::vector<Activation>& functions, absl::string_view words) {
  const auto drawn = RandomModel(3, {.kind = CellKind::kLstm,
                                     .layer_count = static_cast<int64_t>(functions.size()),
                                     .max_size = 1,
                                     .variants = false});
  LayerStack<float> stack = drawn->Layers<float>();
  for (size_t k = 0; k < functions.size(); ++k) {
    std::get<LstmWeights<float>>(stack.layers[k]).memory_activation = functions[k];
  }
  const auto model = std::make_shared<const Model>("", "", std::move(stack), drawn->create_time());
  return MistakeWords(ExerciseOf(model, {}, {{1}})).Of(words);
}

TEST(MistakeWords, NameTheFunctionThatTheExerciseHasAroundC) {
  constexpr char kWords[] = "the {tanh}, o * {tanh(c)}";
  EXPECT_EQ(Words({Activation::kTanh}, kWords), "the tanh, o * tanh(c)");
  EXPECT_EQ(Words({Activation::kSigmoid}, kWords), "the sigmoid, o * sigmoid(c)");
  EXPECT_EQ(Words({Activation::kHardSigmoid}, kWords), "the hard sigmoid, o * hard_sigmoid(c)");
  EXPECT_EQ(Words({Activation::kRelu, Activation::kRelu}, kWords), "the relu, o * relu(c)");
  EXPECT_EQ(Words({Activation::kIdentity}, kWords), "the identity, o * c");
}

TEST(MistakeWords, NameNoneWhereLayersHaveDifferentOnes) {
  EXPECT_EQ(Words({Activation::kTanh, Activation::kRelu}, "the {tanh}, o * {tanh(c)}"),
            "the activation, o * the activated c");
}

TEST(MistakeWords, LeaveNoMarkOfTheCatalogueBehind) {
  for (const Mistake& mistake : MistakeCatalogue()) {
    for (const std::string& words : {mistake.title, mistake.explanation}) {
      EXPECT_EQ(MistakeWords().Of(words).find_first_of("{}"), std::string::npos) << words;
    }
  }
}

TEST(MistakeWords, SayTanhOfCOnlyThroughTheMark) {
  for (const Mistake& mistake : MistakeCatalogue()) {
    for (const std::string& words : {mistake.title, mistake.explanation}) {
      const std::string other = Words({Activation::kRelu}, words);
      EXPECT_EQ(other.find("tanh(c)"), std::string::npos) << other;
      EXPECT_EQ(other.find("tanh of c"), std::string::npos) << other;
    }
  }
}

}  // namespace
}  // namespace cellar
