#include "client/text_hints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cellar/v1/exercise.pb.h"
#include "client/message_file.h"

namespace cellar {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// "line:column: message" of what the parser finds in a text.
std::string HintedProblem(absl::string_view text) {
  v1::Exercise exercise;
  const auto problem = ParseMessage(text, FileFormat::kText, exercise);
  return problem.has_value() ? std::string(ProblemIn("f", *problem).message()) : "";
}

TEST(BraceHint, AMessageThatIsStillOpenIsNamedWhereAFieldOfOneAroundComes) {
  EXPECT_EQ(
      HintedProblem("model { layers { lstm {\n"
                    "  forget_gate {  # } of a comment\n"
                    "    bias { values: 1 }\n"
                    "  input_gate { }\n"
                    "} } }"),
      "f:4:3: Gate has no field \"input_gate\"; perhaps a } is missing? `forget_gate {` of line "
      "2 is still open");
  EXPECT_THAT(
      HintedProblem("sequences {\n\ttitle: \"}\"\n\tinputs { values: 1 }\nsequences {\n}\n"),
      HasSubstr("4:1: Sequence has no field \"sequences\"; perhaps a } is missing? `sequences "
                "{` of line 1 is"));
  EXPECT_THAT(HintedProblem("sequences {\n\tbias: 1 }"), HasSubstr("; it has title, inputs"))
      << "no message around has such a field";
}

TEST(BraceHint, AMessageThatIsStillOpenIsNamedAtTheEndOfTheFile) {
  EXPECT_THAT(
      HintedProblem("title: 'a'\nmodel {\n layers {\n }\n"),
      EndsWith("the file ends inside a message; a } is missing? `model {` of line 2 is still "
               "open"));
}

TEST(BraceHint, ABraceTooManyIsTold) {
  EXPECT_EQ(HintedProblem("sequences { inputs { values: 1 } }\n}"), "f:2:1: this } closes nothing");
}

TEST(BraceHint, AMessageWithoutItsBraceIsNamed) {
  EXPECT_EQ(HintedProblem("model {\n  layers\n    lstm { }\n}"),
            "f:3:5: expected { behind layers, found \"lstm\"");
}

TEST(BraceHint, HowATensorIsWrittenIsTold) {
  const std::string hint =
      "inputs is a tensor, with its numbers in `values`: inputs { values: [1, 0] }; rows of "
      "numbers "
      "follow each other";
  EXPECT_EQ(TensorHint("inputs"), hint);
  EXPECT_THAT(HintedProblem("sequences {\n\tinputs: [1, 0]\n}"), EndsWith(hint));
  EXPECT_THAT(HintedProblem("sequences { inputs: 1 }"), EndsWith(hint));
  EXPECT_THAT(HintedProblem("sequences { inputs values: 1 }"), EndsWith(hint));
  EXPECT_THAT(HintedProblem("sequences { inputs { values: [[1, 0], [0, 1]] } }"),
              HasSubstr("rows of numbers follow each other in one list: [1, 0, 0, 1]"));
  EXPECT_THAT(HintedProblem("sequences { inputs { values: 1 0 } }"),
              HasSubstr("several in brackets (values: [1, 2])"));
}

TEST(BraceHint, OddPlacesAreNoHarm) {
  const auto* const root = v1::Exercise::descriptor();
  for (const int line : {1, 2, 3, 99}) {
    for (const int column : {1, 2, 99}) {
      for (const char* text : {"", "{", "}", "x {\n<\n\"", "'\\", "#"}) {
        BraceHint(text, {line, column, "Expected \"{\", found \"[\"."}, root);
        BraceHint(text, {line, column, "Message type \"x\" has no field named \"y\"."}, root);
        BraceHint(text, {line, column, "Expected identifier, got: "}, root);
      }
    }
  }
}

}  // namespace
}  // namespace cellar
