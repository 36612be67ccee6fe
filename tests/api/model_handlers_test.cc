#include "server/api/model_handlers.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/api/convert_model.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::CreateModelRequest CreateRequest(const std::string& id,
                                     const std::shared_ptr<const Model>& model) {
  v1::CreateModelRequest request;
  request.set_model_id(id);
  *request.mutable_model() = WriteModel(*model, ModelDetail::kWeights, v1::ENCODING_RAW);
  return request;
}

v1::GetModelRequest GetRequest(const std::string& name, v1::ModelView view,
                               v1::Encoding encoding = v1::ENCODING_UNSPECIFIED) {
  v1::GetModelRequest request;
  request.set_name(name);
  request.set_view(view);
  request.set_encoding(encoding);
  return request;
}

v1::ListModelsRequest ListRequest(int32_t page_size, const std::string& page_token = "") {
  v1::ListModelsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  return request;
}

v1::DeleteModelRequest DeleteRequest(const std::string& name) {
  v1::DeleteModelRequest request;
  request.set_name(name);
  return request;
}

std::vector<std::string> ModelNames(const v1::ListModelsResponse& response) {
  std::vector<std::string> names;
  for (const v1::Model& model : response.models()) names.push_back(model.name());
  return names;
}

TEST(CreateModel, AnswersTheModelWithoutWeights) {
  ApiFixture fixture;
  const auto model = HomeworkModel();
  const auto response = fixture.Ask(CreateModel, CreateRequest("mine", model));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->model().name(), "models/mine");
  EXPECT_EQ(response->model().digest(), model->digest());
  EXPECT_EQ(response->model().create_time().seconds(), absl::ToUnixSeconds(FakeClock::Start()));
  const v1::Tensor& weights = response->model().layers(0).lstm().input_gate().input_weights();
  EXPECT_THAT(weights.shape(), ElementsAre(1, 1));
  EXPECT_THAT(weights.values(), IsEmpty());
  EXPECT_THAT(weights.raw(), IsEmpty());
}

TEST(CreateModel, MakesANameFromTheDigestIfNoneIsChosen) {
  ApiFixture fixture;
  const auto model = HomeworkModel();
  const auto response = fixture.Ask(CreateModel, CreateRequest("", model));
  EXPECT_EQ(response->model().name(), "models/m-" + model->digest().substr(0, 20));
  EXPECT_TRUE(fixture.api().models.Get({kDefaultTenant, response->model().name()}).ok());
}

TEST(CreateModel, AnswersTheExistingModelWhenRepeated) {
  ApiFixture fixture;
  const auto first = fixture.Ask(CreateModel, CreateRequest("mine", HomeworkModel()));
  fixture.clock().Advance(absl::Hours(1));
  const auto second = fixture.Ask(CreateModel, CreateRequest("mine", HomeworkModel()));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(MessageDifferencer::Equals(*first, *second));
}

TEST(CreateModel, RefusesOtherWeightsUnderATakenId) {
  ApiFixture fixture;
  ASSERT_TRUE(fixture.Ask(CreateModel, CreateRequest("mine", HomeworkModel())).ok());
  const auto status = fixture.Ask(CreateModel, CreateRequest("mine", RandomModel(1))).status();
  EXPECT_EQ(GetErrorReason(status), "MODEL_EXISTS");
  EXPECT_EQ(MetadataOf(status, "digest"), HomeworkModel()->digest());
}

TEST(CreateModel, RefusesAWrongIdTogetherWithAWrongModel) {
  ApiFixture fixture;
  v1::CreateModelRequest request;
  request.set_model_id("Not An Id");
  request.mutable_model()->add_layers();
  EXPECT_THAT(ViolatedFields(fixture.Ask(CreateModel, request).status()),
              ElementsAre("model_id", "model.layers[0].cell"));
  EXPECT_THAT(fixture.api().models.List({kDefaultTenant, ""}, 10), IsEmpty());
}

TEST(CreateModel, RefusesAGoodModelWithAWrongId) {
  ApiFixture fixture;
  for (const char* id : {"A", "1a", "-a", "a_b", "a/b", "\x01\xff",
                         "a123456789012345678901234567890123456789012345678901234567890123"}) {
    EXPECT_THAT(
        ViolatedFields(fixture.Ask(CreateModel, CreateRequest(id, HomeworkModel())).status()),
        ElementsAre("model_id"))
        << id;
  }
  EXPECT_THAT(fixture.api().models.List({kDefaultTenant, ""}, 10), IsEmpty());
}

TEST(CreateModel, RefusesAMissingModel) {
  ApiFixture fixture;
  EXPECT_THAT(ViolatedFields(fixture.Ask(CreateModel, v1::CreateModelRequest()).status()),
              ElementsAre("model"));
}

TEST(CreateModel, KeepsToTheLimits) {
  ApiFixtureOptions options;
  options.limits.model.max_parameters = 11;
  EXPECT_EQ(GetErrorReason(
                ApiFixture(options).Ask(CreateModel, CreateRequest("a", HomeworkModel())).status()),
            "MODEL_SIZE_LIMIT");
  options = {};
  options.models.max_models = 0;
  EXPECT_EQ(GetErrorReason(
                ApiFixture(options).Ask(CreateModel, CreateRequest("a", HomeworkModel())).status()),
            "MODEL_LIMIT");
}

TEST(GetModel, ShowsTheWeightsInViewFullOnly) {
  ApiFixture fixture;
  const auto model = RandomModel(4);
  const std::string name = fixture.AddModel(model);
  const auto expect = [&](v1::ModelView view, v1::Encoding asked, ModelDetail detail,
                          v1::Encoding encoding) {
    const auto response = fixture.Ask(GetModel, GetRequest(name, view, asked));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_TRUE(
        MessageDifferencer::Equals(response->model(), WriteModel(*model, detail, encoding)));
  };
  using enum ModelDetail;
  expect(v1::MODEL_VIEW_UNSPECIFIED, v1::ENCODING_RAW, kShapes, v1::ENCODING_RAW);
  expect(v1::MODEL_VIEW_BASIC, v1::ENCODING_VALUES, kShapes, v1::ENCODING_RAW);
  expect(v1::MODEL_VIEW_FULL, v1::ENCODING_UNSPECIFIED, kWeights, v1::ENCODING_VALUES);
  expect(v1::MODEL_VIEW_FULL, v1::ENCODING_VALUES, kWeights, v1::ENCODING_VALUES);
  expect(v1::MODEL_VIEW_FULL, v1::ENCODING_RAW, kWeights, v1::ENCODING_RAW);
}

TEST(GetModel, AnswersWhatCreatesTheSameModelAgain) {
  ApiFixture fixture;
  const std::string name = fixture.AddModel(RandomModel(5));
  v1::CreateModelRequest request;
  *request.mutable_model() = fixture.Ask(GetModel, GetRequest(name, v1::MODEL_VIEW_FULL))->model();
  EXPECT_EQ(fixture.Ask(CreateModel, request)->model().name(), name);
}

TEST(GetModel, SaysThatThereIsNone) {
  ApiFixture fixture;
  const auto status = fixture.Ask(GetModel, GetRequest("models/a", v1::MODEL_VIEW_BASIC)).status();
  EXPECT_EQ(GetErrorReason(status), "MODEL_NOT_FOUND");
  EXPECT_EQ(MetadataOf(status, "model"), "models/a");
  EXPECT_EQ(MetadataOf(status, "server_epoch"), fixture.api().sessions.epoch());
}

TEST(GetModel, RefusesEveryWrongFieldAtOnce) {
  ApiFixture fixture;
  EXPECT_THAT(ViolatedFields(fixture
                                 .Ask(GetModel, GetRequest("a", static_cast<v1::ModelView>(3),
                                                           static_cast<v1::Encoding>(-1)))
                                 .status()),
              ElementsAre("name", "view", "encoding"));
  EXPECT_THAT(ViolatedFields(fixture.Ask(GetModel, v1::GetModelRequest()).status()),
              ElementsAre("name"));
}

TEST(GetModel, RefusesAnAnswerLongerThanAMessage) {
  const auto model = RandomModel(6, {.layer_count = 1, .max_size = 60});
  const auto bytes = static_cast<int64_t>(
      WriteModel(*model, ModelDetail::kWeights, v1::ENCODING_RAW).ByteSizeLong());
  const auto full = GetRequest(model->name(), v1::MODEL_VIEW_FULL, v1::ENCODING_RAW);
  const auto reason_with_limit = [&](int64_t limit) {
    ApiFixtureOptions options;
    options.limits.max_message_bytes = limit;
    ApiFixture fixture(options);
    fixture.AddModel(model);
    const auto basic = GetRequest(model->name(), v1::MODEL_VIEW_BASIC);
    EXPECT_TRUE(fixture.Ask(GetModel, basic).ok());
    return GetErrorReason(fixture.Ask(GetModel, full).status());
  };
  EXPECT_EQ(reason_with_limit(bytes + 10), "");
  EXPECT_EQ(reason_with_limit(bytes - 10), "ANSWER_SIZE_LIMIT");
  EXPECT_EQ(reason_with_limit(model->size_bytes() - 1), "ANSWER_SIZE_LIMIT");
}

TEST(ListModels, WalksAllPages) {
  ApiFixture fixture;
  std::set<std::string> expected;
  for (uint64_t seed = 0; seed < 25; ++seed) expected.insert(fixture.AddModel(RandomModel(seed)));
  std::vector<std::string> names;
  std::string token;
  int pages = 0;
  do {
    const auto response = fixture.Ask(ListModels, ListRequest(10, token));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_LE(response->models_size(), 10);
    for (const std::string& name : ModelNames(*response)) names.push_back(name);
    token = response->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names, std::vector<std::string>(expected.begin(), expected.end()));
}

TEST(ListModels, ShowsNoWeights) {
  ApiFixture fixture;
  const auto model = RandomModel(7);
  fixture.AddModel(model);
  const auto response = fixture.Ask(ListModels, ListRequest(0));
  ASSERT_EQ(response->models_size(), 1);
  EXPECT_TRUE(MessageDifferencer::Equals(
      response->models(0), WriteModel(*model, ModelDetail::kShapes, v1::ENCODING_VALUES)));
  EXPECT_EQ(response->next_page_token(), "");
}

TEST(ListModels, EndsAPageThatWouldBeLongerThanAMessage) {
  ApiFixtureOptions options;
  options.limits.max_message_bytes = 4000;
  ApiFixture fixture(options);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    fixture.AddModel(RandomModel(seed, {.layer_count = 2}));
  }
  std::string token;
  int shown = 0;
  do {
    const auto response = fixture.Ask(ListModels, ListRequest(1000, token));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_LE(response->ByteSizeLong(), 4000u);
    EXPECT_LT(response->models_size(), 20);
    shown += response->models_size();
    token = response->next_page_token();
  } while (!token.empty());
  EXPECT_EQ(shown, 20);
}

TEST(ListModels, RefusesAWrongSizeAndToken) {
  ApiFixture fixture;
  EXPECT_THAT(ViolatedFields(fixture.Ask(ListModels, ListRequest(1001, "nonsense")).status()),
              ElementsAre("page_size", "page_token"));
  EXPECT_THAT(ViolatedFields(fixture.Ask(ListModels, ListRequest(-1)).status()),
              ElementsAre("page_size"));
}

TEST(DeleteModel, DeletesOnce) {
  ApiFixture fixture;
  const std::string name = fixture.AddModel(HomeworkModel());
  EXPECT_TRUE(fixture.Ask(DeleteModel, DeleteRequest(name)).ok());
  const auto status = fixture.Ask(DeleteModel, DeleteRequest(name)).status();
  EXPECT_EQ(GetErrorReason(status), "MODEL_NOT_FOUND");
  EXPECT_EQ(MetadataOf(status, "server_epoch"), fixture.api().sessions.epoch());
}

TEST(DeleteModel, RefusesWhileSessionsUseTheModel) {
  ApiFixture fixture;
  const std::string name = fixture.AddModel(HomeworkModel());
  fixture.NewSession("s", name);
  const auto status = fixture.Ask(DeleteModel, DeleteRequest(name)).status();
  EXPECT_EQ(GetErrorReason(status), "MODEL_IN_USE");
  EXPECT_EQ(MetadataOf(status, "session_count"), "1");
  EXPECT_EQ(fixture.Ask(GetModel, GetRequest(name, v1::MODEL_VIEW_BASIC))->model().session_count(),
            1);
}

TEST(DeleteModel, RefusesAMalformedName) {
  ApiFixture fixture;
  for (const char* name : {"", "models/", "models", "a", "sessions/a", "models/A", "models/a/b"}) {
    EXPECT_THAT(ViolatedFields(fixture.Ask(DeleteModel, DeleteRequest(name)).status()),
                ElementsAre("name"))
        << name;
  }
}

}  // namespace
}  // namespace cellar
