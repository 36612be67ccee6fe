#include "server/api/model_upload.h"

#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/api/convert_model.h"
#include "server/api/model_handlers.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::UploadModelRequest Open(const std::string& id, v1::ModelFormat format, int64_t size_bytes) {
  v1::UploadModelRequest request;
  request.mutable_open()->set_model_id(id);
  request.mutable_open()->set_format(format);
  request.mutable_open()->set_size_bytes(size_bytes);
  return request;
}

v1::UploadModelRequest Chunk(std::string bytes) {
  v1::UploadModelRequest request;
  request.set_chunk(std::move(bytes));
  return request;
}

std::string BinaryFile(const Model& model) {
  return WriteModel(model, ModelDetail::kWeights, v1::ENCODING_RAW).SerializeAsString();
}

std::string JsonFile(const Model& model) {
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(
                  WriteModel(model, ModelDetail::kWeights, v1::ENCODING_VALUES), &json)
                  .ok());
  return json;
}

// Uploads `file` in chunks of `chunk_size`.
absl::StatusOr<v1::Model> Upload(Api& api, v1::ModelFormat format, const std::string& file,
                                 size_t chunk_size = 7) {
  ModelUpload upload(api, Call(LocalCaller()));
  absl::Status status = upload.Add(Open("uploaded", format, static_cast<int64_t>(file.size())));
  for (size_t begin = 0; begin < file.size() && status.ok(); begin += chunk_size) {
    status = upload.Add(Chunk(file.substr(begin, chunk_size)));
  }
  if (!status.ok()) return status;
  v1::UploadModelResponse response;
  status = upload.Finish(&response);
  if (!status.ok()) return status;
  return response.model();
}

TEST(ModelUpload, CreatesTheModelOfABinaryFileCutAnywhere) {
  const auto model = RandomModel(1);
  const std::string file = BinaryFile(*model);
  for (size_t chunk_size : {size_t{1}, size_t{7}, file.size() - 1, file.size(), file.size() + 1}) {
    ApiFixture fixture;
    const auto uploaded = Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_BINARY, file, chunk_size);
    ASSERT_TRUE(uploaded.ok()) << uploaded.status();
    EXPECT_EQ(uploaded->name(), "models/uploaded");
    EXPECT_EQ(uploaded->digest(), model->digest());
    EXPECT_EQ(fixture.api().models.Get({kDefaultTenant, "models/uploaded"}).value()->digest(),
              model->digest());
  }
}

TEST(ModelUpload, CreatesTheModelOfAJsonFile) {
  ApiFixture fixture;
  const auto model = RandomModel(2, {.precision = Precision::kFloat64});
  const auto uploaded = Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_JSON, JsonFile(*model));
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_EQ(uploaded->digest(), model->digest());
}

TEST(ModelUpload, AnswersAsCreateModelDoes) {
  ApiFixture fixture;
  const auto uploaded =
      Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_BINARY, BinaryFile(*HomeworkModel()));
  v1::CreateModelRequest request;
  request.set_model_id("uploaded");
  *request.mutable_model() =
      WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_VALUES);
  const auto created = fixture.Ask(CreateModel, request);
  EXPECT_TRUE(MessageDifferencer::Equals(*uploaded, created->model()));
}

TEST(ModelUpload, CreatesNothingBeforeItIsFinished) {
  ApiFixture fixture;
  const std::string file = BinaryFile(*HomeworkModel());
  ModelUpload upload(fixture.api(), Call(LocalCaller()));
  ASSERT_TRUE(
      upload.Add(Open("a", v1::MODEL_FORMAT_CELLAR_BINARY, static_cast<int64_t>(file.size())))
          .ok());
  ASSERT_TRUE(upload.Add(Chunk(file)).ok());
  EXPECT_THAT(fixture.api().models.List({kDefaultTenant, ""}, 10), IsEmpty());
}

TEST(ModelUpload, RefusesToBeginWithoutOpen) {
  ApiFixture fixture;
  EXPECT_THAT(ViolatedFields(ModelUpload(fixture.api(), Call(LocalCaller())).Add(Chunk("a"))),
              ElementsAre("chunk"));
  EXPECT_THAT(ViolatedFields(ModelUpload(fixture.api(), Call(LocalCaller())).Add({})),
              ElementsAre("part"));
  v1::UploadModelResponse response;
  EXPECT_THAT(ViolatedFields(ModelUpload(fixture.api(), Call(LocalCaller())).Finish(&response)),
              ElementsAre("open"));
}

TEST(ModelUpload, RefusesASecondOpen) {
  ApiFixture fixture;
  ModelUpload upload(fixture.api(), Call(LocalCaller()));
  ASSERT_TRUE(upload.Add(Open("a", v1::MODEL_FORMAT_CELLAR_JSON, 2)).ok());
  EXPECT_THAT(ViolatedFields(upload.Add(Open("a", v1::MODEL_FORMAT_CELLAR_JSON, 2))),
              ElementsAre("open"));
}

TEST(ModelUpload, RefusesAnEmptyMessageInTheMiddle) {
  ApiFixture fixture;
  ModelUpload upload(fixture.api(), Call(LocalCaller()));
  ASSERT_TRUE(upload.Add(Open("a", v1::MODEL_FORMAT_CELLAR_JSON, 2)).ok());
  EXPECT_THAT(ViolatedFields(upload.Add({})), ElementsAre("part"));
}

TEST(ModelUpload, RefusesEveryWrongFieldOfOpenAtOnce) {
  ApiFixture fixture;
  const auto fields = [&](const std::string& id, int format, int64_t size_bytes) {
    return ViolatedFields(ModelUpload(fixture.api(), Call(LocalCaller()))
                              .Add(Open(id, static_cast<v1::ModelFormat>(format), size_bytes)));
  };
  EXPECT_THAT(fields("A", 0, 0), ElementsAre("open.model_id", "open.format", "open.size_bytes"));
  EXPECT_THAT(fields("", 3, -1), ElementsAre("open.format", "open.size_bytes"));
  EXPECT_THAT(fields("", -1, 1), ElementsAre("open.format"));
}

TEST(ModelUpload, RefusesAFileBeyondTheLimitAtOnce) {
  ApiFixtureOptions options;
  options.limits.max_upload_bytes = 1000;
  ApiFixture fixture(options);
  EXPECT_TRUE(ModelUpload(fixture.api(), Call(LocalCaller()))
                  .Add(Open("a", v1::MODEL_FORMAT_CELLAR_BINARY, 1000))
                  .ok());
  for (int64_t size : {int64_t{1001}, std::numeric_limits<int64_t>::max()}) {
    const auto status = ModelUpload(fixture.api(), Call(LocalCaller()))
                            .Add(Open("a", v1::MODEL_FORMAT_CELLAR_BINARY, size));
    EXPECT_EQ(GetErrorReason(status), "MODEL_SIZE_LIMIT");
    EXPECT_EQ(MetadataOf(status, "field"), "open.size_bytes");
    EXPECT_EQ(MetadataOf(status, "value"), absl::StrCat(size));
    EXPECT_EQ(MetadataOf(status, "limit"), "1000");
  }
}

TEST(ModelUpload, RefusesWhatProtobufCannotParseWhateverTheLimit) {
  ApiFixtureOptions options;
  options.limits.max_upload_bytes = std::numeric_limits<int64_t>::max();
  ApiFixture fixture(options);
  EXPECT_EQ(GetErrorReason(ModelUpload(fixture.api(), Call(LocalCaller()))
                               .Add(Open("a", v1::MODEL_FORMAT_CELLAR_BINARY, int64_t{1} << 31))),
            "MODEL_SIZE_LIMIT");
}

TEST(ModelUpload, RefusesMoreBytesThanAnnounced) {
  ApiFixture fixture;
  ModelUpload upload(fixture.api(), Call(LocalCaller()));
  ASSERT_TRUE(upload.Add(Open("a", v1::MODEL_FORMAT_CELLAR_BINARY, 3)).ok());
  ASSERT_TRUE(upload.Add(Chunk("ab")).ok());
  ASSERT_TRUE(upload.Add(Chunk("")).ok());
  const auto status = upload.Add(Chunk("cd"));
  EXPECT_THAT(ViolatedFields(status), ElementsAre("chunk"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("so far is 4; must not exceed the 3"));
}

TEST(ModelUpload, RefusesFewerBytesThanAnnounced) {
  ApiFixture fixture;
  ModelUpload upload(fixture.api(), Call(LocalCaller()));
  ASSERT_TRUE(upload.Add(Open("a", v1::MODEL_FORMAT_CELLAR_BINARY, 3)).ok());
  ASSERT_TRUE(upload.Add(Chunk("ab")).ok());
  v1::UploadModelResponse response;
  const auto status = upload.Finish(&response);
  EXPECT_THAT(ViolatedFields(status), ElementsAre("chunk"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("in all is 2; must be the 3"));
}

// A call that is cancelled when it is asked for the `count`th time whether it is.
Call CancelledAfter(int count) {
  Call call(LocalCaller());
  call.cancelled = [count]() mutable { return --count < 0; };
  return call;
}

TEST(ModelUpload, GivesUpInTheMiddleOfAFileThatNobodyWaitsForAnyMore) {
  v1::Model wide = WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_VALUES);
  // Not a model, which would be found out at its end.
  wide.mutable_layers(0)
      ->mutable_lstm()
      ->mutable_forget_gate()
      ->mutable_bias()
      ->mutable_values()
      ->Resize(1 << 17, 0.1);
  std::string json;
  ASSERT_TRUE(google::protobuf::util::MessageToJsonString(wide, &json).ok());
  const std::pair<v1::ModelFormat, std::string> files[] = {
      {v1::MODEL_FORMAT_CELLAR_BINARY, wide.SerializeAsString()},
      {v1::MODEL_FORMAT_CELLAR_JSON, json}};
  for (const auto& [format, file] : files) {
    for (const int count : {0, 1, 5}) {
      ApiFixture fixture;
      ModelUpload upload(fixture.api(), CancelledAfter(count));
      ASSERT_TRUE(upload.Add(Open("a", format, static_cast<int64_t>(file.size()))).ok());
      ASSERT_TRUE(upload.Add(Chunk(file)).ok());
      v1::UploadModelResponse response;
      EXPECT_TRUE(absl::IsCancelled(upload.Finish(&response))) << format << " " << count;
    }
  }
}

TEST(ModelUpload, CreatesNothingWhenItsTimeIsUp) {
  const std::string file = BinaryFile(*HomeworkModel());
  ApiFixture fixture;
  Call call(LocalCaller());
  call.deadline = fixture.clock().Now();
  ModelUpload upload(fixture.api(), call);
  ASSERT_TRUE(upload.Add(Open("a", v1::MODEL_FORMAT_CELLAR_BINARY, file.size())).ok());
  ASSERT_TRUE(upload.Add(Chunk(file)).ok());
  v1::UploadModelResponse response;
  EXPECT_TRUE(absl::IsDeadlineExceeded(upload.Finish(&response)));
  EXPECT_FALSE(fixture.api().models.Get({kDefaultTenant, "models/a"}).ok());
}

TEST(ModelUpload, RepeatsItsErrorOnceItHasFailed) {
  ApiFixture fixture;
  ModelUpload upload(fixture.api(), Call(LocalCaller()));
  const auto status = upload.Add(Chunk("early"));
  EXPECT_EQ(upload.Add(Open("a", v1::MODEL_FORMAT_CELLAR_JSON, 2)), status);
  v1::UploadModelResponse response;
  EXPECT_EQ(upload.Finish(&response), status);
}

TEST(ModelUpload, RefusesFilesThatAreNoModels) {
  ApiFixture fixture;
  const auto fields = [&](v1::ModelFormat format, const std::string& file) {
    return ViolatedFields(Upload(fixture.api(), format, file).status());
  };
  std::string deep_json = "{\"layers\":";
  for (int k = 0; k < 100'000; ++k) deep_json += "[";
  std::string deep_binary;  // groups, one in the other
  for (int k = 0; k < 100'000; ++k) deep_binary += "\xa3\x06";
  std::string title = "\x12\x02\xc3\x28";  // display_name of two bytes that are no UTF-8
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_BINARY, "not a message"), ElementsAre("chunk"));
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_BINARY, deep_binary), ElementsAre("chunk"));
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_BINARY, title), ElementsAre("chunk"));
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_JSON, "{"), ElementsAre("chunk"));
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_JSON, "[1]"), ElementsAre("chunk"));
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_JSON, "{\"color\": 3}"), ElementsAre("chunk"));
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_JSON, deep_json), ElementsAre("chunk"));
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_JSON, "{\"displayName\": \"\xff\xfe\"}"),
              ElementsAre("chunk"));
  EXPECT_THAT(fields(v1::MODEL_FORMAT_CELLAR_JSON, BinaryFile(*HomeworkModel())),
              ElementsAre("chunk"));
  EXPECT_THAT(fixture.api().models.List({kDefaultTenant, ""}, 10), IsEmpty());
}

TEST(ModelUpload, QuotesABadJsonFileInShortPlainText) {
  ApiFixture fixture;
  const auto status = Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_JSON,
                             "{\"display\xc3\x28Name\": " + std::string(5000, 'x'), 4096)
                          .status();
  EXPECT_LT(status.message().size(), 1500u);
  for (char byte : std::string(status.message())) {
    EXPECT_TRUE(byte >= 0x20 && byte < 0x7f) << static_cast<int>(byte);
  }
}

TEST(ModelUpload, ReportsTheViolationsOfTheModelInTheFile) {
  ApiFixture fixture;
  EXPECT_THAT(ViolatedFields(Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_JSON,
                                    R"js({"layers": [{"rnn": {}}, {}]})js")
                                 .status()),
              ElementsAre("model.layers[0].rnn.hidden", "model.layers[1].cell"));
}

TEST(ModelUpload, RefusesOtherWeightsUnderATakenId) {
  ApiFixture fixture;
  ASSERT_TRUE(
      Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_BINARY, BinaryFile(*HomeworkModel())).ok());
  EXPECT_EQ(GetErrorReason(
                Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_BINARY, BinaryFile(*RandomModel(3)))
                    .status()),
            "MODEL_EXISTS");
}

// Files in which a few bytes stand for much memory are refused before they are parsed.
TEST(ModelUpload, RefusesFilesThatWouldTakeMuchMoreMemoryThanTheirBytes) {
  ApiFixture fixture;
  const auto status = [&](const std::string& file) {
    return Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_BINARY, file, 1 << 20).status();
  };
  const auto repeat = [](absl::string_view bytes) {
    std::string file;
    for (int k = 0; k < 100'000; ++k) file.append(bytes.data(), bytes.size());
    return file;
  };
  const absl::Status layers = status(repeat(absl::string_view("\x22\x00", 2)));
  EXPECT_EQ(GetErrorReason(layers), "MODEL_SIZE_LIMIT");
  EXPECT_EQ(MetadataOf(layers, "value"), "100000");
  const absl::Status unknown = status(repeat(absl::string_view("\x78\x00", 2)));
  EXPECT_THAT(std::string(unknown.message()), HasSubstr("a field 15 that is not of cellar.v1"));
  const absl::Status other_kind = status(repeat(absl::string_view("\x20\x00", 2)));
  EXPECT_THAT(std::string(other_kind.message()), HasSubstr("a field 4 that is not of cellar.v1"));

  v1::Model wide = WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_RAW);
  v1::Tensor* bias = wide.mutable_layers(0)->mutable_lstm()->mutable_candidate()->mutable_bias();
  for (int k = 0; k < 100'000; ++k) bias->add_shape(1);
  const absl::Status axes = status(wide.SerializeAsString());
  EXPECT_THAT(std::string(axes.message()), HasSubstr(" axes; a tensor has two"));
}

// A message field of at most 127 bytes.
std::string Nested(char tag, const std::string& bytes) {
  return std::string(1, tag) + static_cast<char>(bytes.size()) + bytes;
}

TEST(ModelUpload, TakesNumbersThatAreNotPacked) {
  ApiFixture fixture;
  const std::string tensor("\x08\x01\x08\x01\x11\0\0\0\0\0\0\x59\x40", 13);  // [1, 1], 100
  const std::string gate = Nested('\x0a', tensor) + Nested('\x12', tensor);
  const std::string layer = Nested('\x22', Nested('\x0a', gate));
  const auto uploaded =
      Upload(fixture.api(), v1::MODEL_FORMAT_CELLAR_BINARY, Nested('\x22', layer));
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  const auto model = fixture.api().models.Get({kDefaultTenant, "models/uploaded"}).value();
  const auto rnn = std::get<RnnWeights<float>>(model->Layers<float>().layers.at(0));
  EXPECT_THAT(rnn.hidden.input, ElementsAre(100));
  EXPECT_THAT(rnn.hidden.recurrent, ElementsAre(100));
}

// Damaged files are refused or are other models; they never bring the server down.
TEST(ModelUpload, SurvivesDamagedFiles) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    std::mt19937_64 random(seed);
    const auto model = RandomModel(seed, {.bidirectional = seed % 2 == 0});
    const bool binary = seed % 3 != 0;
    std::string file = binary ? BinaryFile(*model) : JsonFile(*model);
    for (uint64_t k = random() % 4 + 1; k > 0; --k) {
      const size_t at = random() % file.size();
      switch (random() % 3) {
        case 0:
          file[at] = static_cast<char>(random());
          break;
        case 1:
          file.erase(at, random() % 9 + 1);
          break;
        default:
          file.insert(at, file.substr(random() % file.size(), random() % 40));
      }
      if (file.empty()) file = "x";
    }
    ApiFixture fixture;
    const auto uploaded =
        Upload(fixture.api(),
               binary ? v1::MODEL_FORMAT_CELLAR_BINARY : v1::MODEL_FORMAT_CELLAR_JSON, file, 512);
    if (!uploaded.ok()) {
      EXPECT_TRUE(GetErrorReason(uploaded.status()) == "BAD_REQUEST" ||
                  GetErrorReason(uploaded.status()) == "MODEL_SIZE_LIMIT")
          << uploaded.status();
    }
  }
}

}  // namespace
}  // namespace cellar
