#include "client/file_places.h"

#include <grpcpp/support/status.h>

#include <filesystem>
#include <string>
#include <vector>

#include "client/call_status.h"
#include "client/message_file.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

// What a server says that refuses these fields.
absl::Status RefusalOf(const std::vector<std::string>& paths) {
  google::rpc::BadRequest bad_request;
  for (const std::string& path : paths) {
    bad_request.add_field_violations()->set_field(path);
    bad_request.mutable_field_violations()->rbegin()->set_description("is wrong");
  }
  google::rpc::Status rich;
  rich.add_details()->PackFrom(bad_request);
  return FromCall(
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "is wrong", rich.SerializeAsString()));
}

std::vector<std::string> PathsOf(const absl::Status& status) {
  std::vector<std::string> paths;
  for (const RefusedField& field : GetCallError(status).fields) paths.push_back(field.field);
  return paths;
}

constexpr char kPlacedExercise[] =
    "title: \"x\"\n"
    "model {\n"
    "  layers { rnn { hidden { bias { values: [1,\n"
    "    2] } } } }\n"
    "  layers {\n"
    "    rnn {}\n"
    "  }\n"
    "}\n"
    "numerics { precision: PRECISION_FLOAT64 }\n"
    "sequences { inputs { values: 0 } }\n"
    "sequences { inputs { values: 1 } }\n";

TEST(AtPlacesIn, NamesLineAndColumnOfEachRefusedField) {
  const absl::Status placed =
      AtPlacesIn("a.textproto", kPlacedExercise,
                 RefusalOf({"inline_model.layers[0].rnn.hidden.bias",
                            "model.layers[0].rnn.hidden.bias.values[1]",
                            "exercise.sequences[1].inputs", "inline_exercise.title", "sequences"}));
  EXPECT_THAT(PathsOf(placed),
              ElementsAre("a.textproto:3:27: model.layers[0].rnn.hidden.bias",
                          "a.textproto:3:34: model.layers[0].rnn.hidden.bias.values[1]",
                          "a.textproto:11:13: sequences[1].inputs", "a.textproto:1:1: title",
                          "a.textproto:10:1: sequences"));
  EXPECT_EQ(placed.code(), absl::StatusCode::kInvalidArgument);
}

TEST(AtPlacesIn, NamesLineAndColumnInJsonToo) {
  constexpr char kJson[] =
      "{\"title\": \"x\",\n"
      " \"model\": {\"layers\": [\n"
      "   {\"rnn\": {}},\n"
      "   {\"rnn\": {\"hidden\": {\n"
      "     \"inputWeights\": {\"values\": [1, 2]}}}}]}}\n";
  EXPECT_THAT(PathsOf(AtPlacesIn("a.json", kJson,
                                 RefusalOf({"inline_model.layers[1].rnn.hidden.input_weights",
                                            "model.layers[1].rnn.hidden.input_weights.values[1]",
                                            "exercise.model.layers[0].rnn.hidden", "title"}))),
              ElementsAre("a.json:5:6: model.layers[1].rnn.hidden.input_weights",
                          "a.json:5:23: model.layers[1].rnn.hidden.input_weights.values[1]",
                          "a.json:3:5: model.layers[0].rnn.hidden", "a.json:1:2: title"));
  EXPECT_THAT(PathsOf(AtPlacesIn("m.json", "{\"layers\":\n[{\"rnn\": {}}]}",
                                 RefusalOf({"inline_model.layers[0].rnn.hidden"}))),
              ElementsAre("m.json:2:3: layers[0].rnn.hidden"));
}

TEST(AtPlacesIn, AMissingFieldStandsWhereItIsMissing) {
  EXPECT_THAT(PathsOf(AtPlacesIn("a.textproto", kPlacedExercise,
                                 RefusalOf({"inline_model.layers[1].rnn.hidden"}))),
              ElementsAre("a.textproto:6:5: model.layers[1].rnn.hidden"));
}

TEST(AtPlacesIn, ASingleFieldIsTheMessage) {
  const absl::Status placed =
      AtPlacesIn("a.textproto", kPlacedExercise, RefusalOf({"inline_model.layers[0].rnn"}));
  EXPECT_EQ(placed.message(), "a.textproto:3:12: model.layers[0].rnn: is wrong");
}

TEST(AtPlacesIn, ABareModelHasNoModelInItsPaths) {
  EXPECT_THAT(PathsOf(AtPlacesIn("a.textproto", "layers { rnn {} }",
                                 RefusalOf({"inline_model.layers[0].rnn", "sequences[0]"}))),
              ElementsAre("a.textproto:1:10: layers[0].rnn", "sequences[0]"));
}

TEST(AtPlacesIn, LeavesAloneWhatIsNotInTheFile) {
  const std::vector<std::string> paths = {"session_id", "nonsense[7].x", "", "[", "view"};
  EXPECT_EQ(PathsOf(AtPlacesIn("a.textproto", kPlacedExercise, RefusalOf(paths))), paths);
  const std::vector<std::string> some = {"inline_model.layers[0].rnn"};
  EXPECT_EQ(PathsOf(AtPlacesIn("a.json", "{}", RefusalOf(some))), some);
  EXPECT_EQ(PathsOf(AtPlacesIn("a.textproto", "model {", RefusalOf(some))), some);
  EXPECT_EQ(PathsOf(AtPlacesIn("/no/such/file", RefusalOf(some))), some);
  EXPECT_EQ(PathsOf(AtPlacesIn("-", RefusalOf(some))), some);
  EXPECT_EQ(AtPlacesIn("a.textproto", kPlacedExercise, absl::NotFoundError("x")),
            absl::NotFoundError("x"));
}

TEST(AtPlacesIn, ReadsTheFile) {
  const std::string path = ::testing::TempDir() + "/cellar_file_places_test.textproto";
  ASSERT_TRUE(WriteFile(path, kPlacedExercise).ok());
  EXPECT_THAT(PathsOf(AtPlacesIn(path, RefusalOf({"numerics.precision"}))),
              ElementsAre(path + ":9:12: numerics.precision"));
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace cellar
