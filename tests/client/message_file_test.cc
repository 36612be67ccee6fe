#include "client/message_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cellar/v1/exercise.pb.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string TextProblem(absl::string_view text) {
  v1::Exercise exercise;
  const auto problem = ParseMessage(text, FileFormat::kText, exercise);
  return problem.has_value() ? std::string(ProblemIn("a.textproto", *problem).message()) : "";
}

TEST(FormatOfTest, TheEndingDecidesThenTheFirstSign) {
  EXPECT_EQ(FormatOf("a.textproto", "{"), FileFormat::kText);
  EXPECT_EQ(FormatOf("a.TXTPB", ""), FileFormat::kText);
  EXPECT_EQ(FormatOf("a.json", "title: \"a\""), FileFormat::kJson);
  EXPECT_EQ(FormatOf("a.binpb", "{"), FileFormat::kBinary);
  EXPECT_EQ(FormatOf("-", " \n {"), FileFormat::kJson);
  EXPECT_EQ(FormatOf("-", "# {"), FileFormat::kText);
  EXPECT_EQ(FormatOf("-", ""), FileFormat::kText);
}

TEST(ParseMessageTest, ReadsTheSameMessageInEveryFormat) {
  v1::Exercise from_text;
  v1::Exercise from_json;
  v1::Exercise from_bytes;
  EXPECT_FALSE(ParseMessage("title: 'a' sequences { inputs { values: [1, nan] } }",
                            FileFormat::kText, from_text));
  EXPECT_FALSE(ParseMessage(R"({"title": "a", "sequences": [{"inputs": {"values": [1, "NaN"]}}]})",
                            FileFormat::kJson, from_json));
  EXPECT_FALSE(ParseMessage(from_text.SerializeAsString(), FileFormat::kBinary, from_bytes));
  EXPECT_EQ(from_text.SerializeAsString(), from_json.SerializeAsString());
  EXPECT_EQ(from_text.SerializeAsString(), from_bytes.SerializeAsString());
}

TEST(ParseMessageTest, TextProblemsAreToldWithPlaceAndWhatIsAllowed) {
  EXPECT_THAT(TextProblem("title: \"a\"\nmodle { }"),
              AllOf(HasSubstr("a.textproto:2:1: Exercise has no field \"modle\""),
                    HasSubstr("did you mean `model`?"), HasSubstr("it has title, ")));
  EXPECT_THAT(TextProblem("model { precision: FLOAT32 }"),
              AllOf(HasSubstr("a.textproto:1:20: \"precision\" cannot be FLOAT32"),
                    HasSubstr("PRECISION_FLOAT32")));
  EXPECT_THAT(TextProblem("title: 5"),
              HasSubstr("a.textproto:1:8: expected a text in quotes, found 5"));
  EXPECT_THAT(TextProblem("model {"), HasSubstr("the file ends inside a message; a } is missing"));
  EXPECT_THAT(TextProblem("sequences { inputs { values: 0,5 } }"),
              HasSubstr("found 5; a number is written with a point (0.5), several in brackets"));
  EXPECT_THAT(TextProblem("sequences { inputs { values: {} } }"),
              HasSubstr("expected a number, found {"));
  EXPECT_THAT(TextProblem("sequences { inputs { shape: x } }"),
              HasSubstr("expected a whole number, found x"));
  EXPECT_THAT(TextProblem("title:"), HasSubstr("found the end of the file"));
}

TEST(ParseMessageTest, HabitsOfOtherPlacesAreNamed) {
  EXPECT_EQ(TextProblem("sequences { inputs { values: [0, \xE2\x88\x92"
                        "1] } }"),
            "a.textproto:1:34: this is a dash; write a minus sign: -1");
  EXPECT_EQ(TextProblem("title: 'a'\n// mine\n"), "a.textproto:2:1: comments begin with #");
  EXPECT_THAT(TextProblem("sequences { inputs { values: 1/2 } }"),
              HasSubstr("fractions are written with a point: 0.5, not 1/2"));
}

TEST(ParseMessageTest, AByteOrderMarkIsSkipped) {
  v1::Exercise exercise;
  EXPECT_FALSE(ParseMessage("\xEF\xBB\xBFtitle: 'a'", FileFormat::kText, exercise));
  EXPECT_EQ(exercise.title(), "a");
  EXPECT_FALSE(ParseMessage("\xEF\xBB\xBF{\"title\": \"b\"}", FileFormat::kJson, exercise));
  EXPECT_EQ(FormatOf("-", "\xEF\xBB\xBF{"), FileFormat::kJson);
}

TEST(ParseMessageTest, ABinaryFileIsSaidToBeOne) {
  EXPECT_THAT(TextProblem(absl::string_view("\x7f"
                                            "ELF\0\0",
                                            6)),
              HasSubstr("this is no text"));
}

TEST(ParseMessageTest, TextThatIsNotUtf8IsToldWithItsPlace) {
  v1::Exercise exercise;
  const auto title = ParseMessage("title: '\\377'", FileFormat::kText, exercise);
  ASSERT_TRUE(title.has_value());
  EXPECT_EQ(title->line, 1);
  EXPECT_EQ(title->column, 1);
  EXPECT_EQ(title->message, "title is not text in UTF-8");
  const auto below =
      ParseMessage("sequences { }\nsequences {\n  title: 'a\xff'\n}", FileFormat::kText, exercise);
  ASSERT_TRUE(below.has_value());
  EXPECT_EQ(below->line, 3);
  EXPECT_EQ(below->column, 3);
  EXPECT_FALSE(ParseMessage("title: '\xc3\xa4' model { layers { } }", FileFormat::kText, exercise));
  EXPECT_TRUE(ParseMessage("{\"title\": \"\xff\"}", FileFormat::kJson, exercise));
}

TEST(ParseMessageTest, JsonAndBinaryProblemsAreToldToo) {
  v1::Exercise exercise;
  const auto json = ParseMessage("{\n \"titel\": 1}", FileFormat::kJson, exercise);
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->line, 2);
  EXPECT_EQ(json->column, 2);
  const auto bytes = ParseMessage("\xff\xff", FileFormat::kBinary, exercise);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_THAT(bytes->message, HasSubstr("cellar.v1.Exercise"));
  const auto time =
      ParseMessage(R"({"model": {"createTime": "yesterday"}})", FileFormat::kJson, exercise);
  ASSERT_TRUE(time.has_value()) << "left to protobuf";
}

TEST(ReadFileTest, WhatWasWrittenIsRead) {
  const std::string path = ::testing::TempDir() + "/cellar_message_file_test";
  const std::string bytes("a\0b\r\n", 5);
  ASSERT_TRUE(WriteFile(path, bytes).ok());
  const auto read = ReadFile(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, bytes);
  ASSERT_TRUE(WriteFile(path, "").ok());
  EXPECT_EQ(*ReadFile(path), "") << "an empty file is no error";
  std::filesystem::remove(path);
}

TEST(ReadFileTest, FailuresNameTheFileAndTheReason) {
  const auto missing = ReadFile("/no/such/file");
  EXPECT_EQ(missing.status().message(), "cannot read /no/such/file: No such file or directory");
  EXPECT_THAT(std::string(ReadFile("/tmp").status().message()), HasSubstr("Is a directory"));
  EXPECT_THAT(std::string(WriteFile("/no/such/file", "a").message()),
              HasSubstr("cannot write /no/such/file: "));
}

}  // namespace
}  // namespace cellar
