#include "client/json_check.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <random>

#include "cellar/v1/exercise.pb.h"
#include "cellar/v1/session.pb.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::optional<SourceProblem> Check(absl::string_view text) {
  return CheckJson(text, v1::Exercise::descriptor());
}

// "line:column message" of the problem; "" if there is none.
std::string Problem(absl::string_view text) {
  const auto problem = Check(text);
  if (!problem.has_value()) return "";
  return std::to_string(problem->line) + ":" + std::to_string(problem->column) + " " +
         problem->message;
}

TEST(CheckJsonTest, GoodTextsHaveNoProblem) {
  EXPECT_EQ(Problem("{}"), "");
  EXPECT_EQ(
      Problem(R"({"title": "a\"b", "model": {"layers": [], "precision": "PRECISION_FLOAT32"}})"),
      "");
  EXPECT_EQ(Problem(R"({"sequences": [{"inputs": {"shape": ["2", 1], "values": [1, "NaN"]}}]})"),
            "");
  EXPECT_EQ(Problem(R"({"model": null, "numerics": {"precision": 1, "activation_rule": 0}})"), "");
  EXPECT_EQ(Problem(R"({"sequences": [{"inputs": {"raw": "AACAPw=="}}]})"), "");
}

TEST(CheckJsonTest, SyntaxIsToldWithItsPlaceAndWhatWasExpected) {
  EXPECT_EQ(Problem("{\n  \"title\" \"a\"}"), "2:11 expected `:`, found \"a\"");
  EXPECT_EQ(Problem("{\"title\": \"a\"\n \"model\": {}}"),
            "2:2 expected `,` or `}`, found \"model\"");
  EXPECT_EQ(Problem("{\"title\": \"a"), "1:11 this string has no closing quote");
  EXPECT_EQ(Problem("{\"title\": \"a\","),
            "1:15 expected the name of a field in double quotes, found the end of the file");
  EXPECT_EQ(Problem("{title: 1}"),
            "1:2 expected the name of a field in double quotes, found title");
  EXPECT_EQ(Problem("{} x"), "1:4 expected the end of the file, found x");
  EXPECT_EQ(Problem(""), "1:1 expected `{` (Exercise), found the end of the file");
}

TEST(CheckJsonTest, UnknownFieldsGetASuggestionAndAList) {
  EXPECT_THAT(Problem("{\"titel\": \"a\"}"),
              AllOf(HasSubstr("1:2 Exercise has no field \"titel\" (did you mean `title`?)"),
                    HasSubstr("it has title, description, model, numerics, sequences")));
}

TEST(CheckJsonTest, KindsOfValuesAreChecked) {
  EXPECT_THAT(Problem(R"({"title": 5})"), HasSubstr("expected a string in double quotes, found 5"));
  EXPECT_THAT(
      Problem(R"({"sequences": [{"inputs": [1, 0]}]})"),
      HasSubstr("1:27 expected a tensor, with its numbers in \"values\": {\"values\": [1, 0]}; "
                "rows of numbers follow each other, found ["));
  EXPECT_THAT(Problem(R"({"sequences": [{"inputs": {"values": [[1, 0], [0, 1]]}}]})"),
              HasSubstr("found [; rows of numbers follow each other in one list"));
  EXPECT_THAT(Problem(R"({"model": [5]})"), HasSubstr("expected `{` (Model), found ["));
  EXPECT_THAT(Problem(R"({"model": {"layers": {}}})"), HasSubstr("\"layers\" is a list"));
  EXPECT_THAT(Problem(R"({"sequences": [{"inputs": {"values": ["abc"]}}]})"),
              HasSubstr("1:39 \"values\" must be a number, found \"abc\""));
  EXPECT_THAT(Problem(R"({"sequences": [{"inputs": {"values": [NaN]}}]})"),
              HasSubstr("write it in double quotes"));
  EXPECT_THAT(Problem(R"({"sequences": [{"inputs": {"values": [1e999]}}]})"),
              HasSubstr("too large"));
  for (const std::string word : {"01", "1.", "+1", ".5", "0x10", "1e", "-"}) {
    EXPECT_NE(Problem("{\"sequences\": [{\"inputs\": {\"values\": [" + word + "]}}]}"), "") << word;
  }
  EXPECT_THAT(Problem(R"({"sequences": [{"inputs": {"shape": [1.5]}}]})"),
              HasSubstr("must be a whole number, found 1.5"));
}

TEST(CheckJsonTest, EnumValuesAreListed) {
  EXPECT_THAT(Problem(R"({"numerics": {"precision": "FLOAT32"}})"),
              AllOf(HasSubstr("\"precision\" cannot be \"FLOAT32\""),
                    HasSubstr("PRECISION_FLOAT32, PRECISION_FLOAT64")));
}

TEST(CheckJsonTest, AFieldTwiceAndTwoOfAOneofAreFound) {
  EXPECT_THAT(Problem(R"({"title": "a", "title": "b"})"), HasSubstr("1:16 the field \"title\""));
  EXPECT_THAT(Problem(R"({"model": {"layers": [{"lstm": {}, "rnn": {}}]}})"),
              HasSubstr("1:36 \"rnn\" is given beside another cell"));
}

TEST(CheckJsonTest, MapsAndTimesAreCheckedForSyntax) {
  const auto check = [](absl::string_view text) {
    return CheckJson(text, v1::Session::descriptor());
  };
  EXPECT_FALSE(check(R"({"labels": {"any": "thing"}, "ttl": "5s"})").has_value());
  EXPECT_TRUE(check(R"({"labels": {"any" "thing"}})").has_value());
}

TEST(CheckJsonTest, EndlessNestingIsRefused) {
  const std::string deep = "{\"model\": {\"createTime\": " + std::string(5000, '[');
  EXPECT_THAT(Problem(deep), HasSubstr("nested too deeply"));
}

TEST(CheckJsonTest, DamagedTextsNeverCrashAndAreNeverTakenForGood) {
  const std::string good =
      R"({"title": "t", "model": {"layers": [{"rnn": {"hidden": {"bias": {"values": [1, -2.5e3]}}}}]}})";
  const unsigned seed = 7;
  std::mt19937 random(seed);
  SCOPED_TRACE(seed);
  for (int i = 0; i < 20000; ++i) {
    std::string text = good;
    for (int changes = 1 + static_cast<int>(random() % 3); changes > 0; --changes) {
      text[random() % text.size()] = static_cast<char>(random() % 128);
    }
    text.resize(text.size() - random() % 3);
    if (Check(text).has_value()) continue;
    v1::Exercise exercise;
    const auto status = google::protobuf::util::JsonStringToMessage(text, &exercise);
    EXPECT_TRUE(status.ok()) << text << "\n" << status;
  }
}

}  // namespace
}  // namespace cellar
