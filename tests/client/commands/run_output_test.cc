#include "client/commands/run_output.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "client/tensor.h"
#include "tests/client/trace_builder.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class RunOutputTest : public ::testing::Test {
 protected:
  RunOutputTest() {
    exercise_.set_title("two\nlines");
    v1::Sequence& sequence = *exercise_.add_sequences();
    sequence.set_title("say \"hi\"");
    *sequence.mutable_inputs() = MakeTensor({0, 1});
    evaluated_.push_back({LstmTrace(), {}, "abc"});
  }

  v1::Exercise exercise_;
  std::vector<EvaluatedSequence> evaluated_;
  NumberFlags flags_;
};

TEST_F(RunOutputTest, TextHasTitlesNumericsAndTable) {
  EXPECT_EQ(RunOutput(exercise_, evaluated_, flags_),
            "two lines\n"
            "float32, exact activations\n"
            "\n"
            "say \"hi\"\n"
            "t  x  f  i  o   g  c      h\n"
            "0  0  3  5  7   9  1    0.5\n"
            "1  1  4  6  8  10  2  -0.25\n");
}

TEST_F(RunOutputTest, ALineOfRoundedHStandsOnlyWhereItIsRounded) {
  exercise_.mutable_numerics()->set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  EXPECT_THAT(RunOutput(exercise_, evaluated_, flags_), HasSubstr("\nh rounded: 0 0\n"));
  exercise_.mutable_numerics()->set_rounding(v1::ROUNDING_NONE);
  EXPECT_THAT(RunOutput(exercise_, evaluated_, flags_), Not(HasSubstr("rounded")));
}

TEST_F(RunOutputTest, ThePrecisionIsTheModelsUnlessTheNumericsNameOne) {
  exercise_.mutable_model()->set_precision(v1::PRECISION_FLOAT64);
  EXPECT_THAT(RunOutput(exercise_, evaluated_, flags_), HasSubstr("float64"));
  exercise_.mutable_numerics()->set_precision(v1::PRECISION_FLOAT32);
  EXPECT_THAT(RunOutput(exercise_, evaluated_, flags_), HasSubstr("float32"));
}

TEST_F(RunOutputTest, AnUntitledSequenceHasANumberAndAVectorNoRoundedLine) {
  exercise_.mutable_sequences(0)->clear_title();
  exercise_.mutable_numerics()->set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  evaluated_[0].trace = TwoLayerTrace();
  *evaluated_[0].trace.mutable_outputs() = Matrix(1, {1, 2});
  const std::string text = RunOutput(exercise_, evaluated_, flags_);
  EXPECT_THAT(text, AllOf(HasSubstr("\nsequence 1\n"), HasSubstr("layer 2\n"),
                          Not(HasSubstr("h rounded:"))));
}

TEST_F(RunOutputTest, ElementsLeftOutAreCounted) {
  evaluated_[0].trace = TwoLayerTrace();
  flags_.elements = 1;
  EXPECT_THAT(RunOutput(exercise_, evaluated_, flags_),
              HasSubstr("(1 of 2 elements; --elements 0 shows all of them)\n"));
}

TEST_F(RunOutputTest, CsvIsOneTableOfAllSequences) {
  *exercise_.add_sequences()->mutable_inputs() = MakeTensor({1, 1});
  evaluated_.push_back(evaluated_[0]);
  flags_.csv = true;
  EXPECT_EQ(RunOutput(exercise_, evaluated_, flags_),
            "sequence,t,x,f,i,o,g,c,h\n"
            "0,0,0,3,5,7,9,1,0.5\n0,1,1,4,6,8,10,2,-0.25\n"
            "1,0,1,3,5,7,9,1,0.5\n1,1,1,4,6,8,10,2,-0.25\n");
}

TEST_F(RunOutputTest, JsonCanBeReadAndHasEverything) {
  flags_.json = true;
  evaluated_[0].trace.mutable_layers(0)->mutable_c()->set_values(
      1, std::numeric_limits<double>::infinity());
  google::protobuf::Struct read;
  const auto status =
      google::protobuf::util::JsonStringToMessage(RunOutput(exercise_, evaluated_, flags_), &read);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(read.fields().at("title").string_value(), "two\nlines");
  const auto& sequence = read.fields().at("sequences").list_value().values(0).struct_value();
  EXPECT_EQ(sequence.fields().at("final_state_digest").string_value(), "abc");
  const auto& step = sequence.fields().at("steps").list_value().values(1).struct_value();
  EXPECT_EQ(step.fields().at("x").list_value().values(0).number_value(), 1);
  const auto& layer = step.fields().at("layers").list_value().values(0).struct_value();
  EXPECT_EQ(layer.fields().at("f").list_value().values(0).number_value(), 4);
  EXPECT_EQ(layer.fields().at("c").list_value().values(0).string_value(), "Infinity");
}

}  // namespace
}  // namespace cellar
