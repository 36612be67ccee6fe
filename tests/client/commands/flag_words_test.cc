#include "client/commands/flag_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/call_status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A refusal of these fields, as a call ends with it.
absl::Status Refusal(const std::vector<RefusedField>& fields) {
  google::rpc::BadRequest bad_request;
  for (const RefusedField& field : fields) {
    auto& violation = *bad_request.add_field_violations();
    violation.set_field(field.field);
    violation.set_description(field.description);
  }
  google::rpc::Status rich;
  rich.add_details()->PackFrom(bad_request);
  return FromCall(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no", rich.SerializeAsString()));
}

class FlagWordsTest : public ::testing::Test {
 protected:
  FlagWordsTest() {
    command_.add_option("--ttl", text_);
    command_.add_option("--label", texts_);
    command_.add_option("--state", text_);
    command_.add_option("--precision", text_);
    command_.add_option("STEP", text_);
  }

  // How the field is told after these words.
  std::string Told(std::vector<std::string> words, const RefusedField& field) {
    command_.parse(std::move(words));
    return std::string(InFlags(command_, Refusal({field})).message());
  }

  CLI::App command_;
  std::string text_;
  std::vector<std::string> texts_;
};

TEST_F(FlagWordsTest, AnOptionThatWasGivenStandsForItsField) {
  EXPECT_EQ(Told({"1s", "--ttl"}, {"session.ttl", "is -1s"}), "--ttl: is -1s");
  EXPECT_EQ(Told({"-1"}, {"step_index", "is -1"}), "STEP: is -1");
}

TEST_F(FlagWordsTest, WhatOfItIsMeantIsSaid) {
  EXPECT_EQ(Told({"A=1", "--label"}, {"session.labels[\"A\"]", "its key"}), "--label A: its key");
  EXPECT_EQ(Told({"f", "--state"}, {"state.layers", "has 0"}), "--state: layers: has 0");
}

TEST_F(FlagWordsTest, AnOptionGoesBeforeTheFileAndItsValuesAreAsTyped) {
  EXPECT_EQ(Told({"float32", "--precision"}, {"a.textproto:5:1: numerics.precision",
                                              "is PRECISION_FLOAT32; use PRECISION_"
                                              "FLOAT64"}),
            "--precision: is float32; use float64");
}

TEST_F(FlagWordsTest, WhatWasNotGivenStaysAsItIs) {
  const absl::Status status = Refusal({{"session.ttl", "is PRECISION_FLOAT32"}, {"x", "no"}});
  EXPECT_EQ(InFlags(command_, status), status);
  EXPECT_TRUE(InFlags(command_, absl::OkStatus()).ok());
  const absl::Status mine = absl::InvalidArgumentError("mine");
  EXPECT_EQ(InFlags(command_, mine), mine);
}

class FlagWordsOfProgramTest : public ProgramTest {};

TEST_F(FlagWordsOfProgramTest, MistakesOfFlagsAreToldAsTyped) {
  const std::string file = Example("homework.textproto");
  for (const std::string& words :
       {"run " + file, "repl " + file, "session create --file " + file}) {
    Run(words + " --rounding-scope feedback");
    EXPECT_EQ(code(), 3);
    EXPECT_THAT(error(),
                HasSubstr("error: --rounding-scope: is feedback, but --rounding is not given; set "
                          "--rounding to nearest, or to none if nothing is to be rounded, or leave "
                          "--rounding-scope out"))
        << words;
  }
  Run("session create --durability every-step --file " + file);
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("error: --durability: every-step needs a store, and this server "
                                 "keeps sessions in memory only; ask for memory, or start"));
  Run("session create --durability always --file " + file);
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("--durability: `always` is none of memory, periodic, every-step"));
  Run("session create --id A --replay-window 5000 --ttl -1s --label A=1 --file " + file);
  EXPECT_THAT(error(), HasSubstr("\n  --id: is \"A\""));
  EXPECT_THAT(error(), HasSubstr("\n  --replay-window: is 5000; allowed are 0 to 1024"));
  EXPECT_THAT(error(), HasSubstr("\n  --ttl: is -1s"));
  EXPECT_THAT(error(), HasSubstr("\n  --label A: its key"));
  EXPECT_THAT(error(), Not(HasSubstr("session.")));
}

}  // namespace
}  // namespace cellar
