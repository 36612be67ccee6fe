#include "server/api/exercise_handlers.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ExerciseHandlersTest : public testing::Test {
 protected:
  explicit ExerciseHandlersTest(const ApiFixtureOptions& options = {}) : fixture_(options) {}

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(absl::Status (*handler)(Api&, const Call&, const Request&,
                                                       Response*),
                               const Request& request) {
    Response response;
    absl::Status status = handler(fixture_.api(), Call(LocalCaller()), request, &response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::CreateExerciseResponse> Create(
      const std::string& id, const v1::Exercise& exercise = HomeworkMessage()) {
    v1::CreateExerciseRequest request;
    request.set_exercise_id(id);
    *request.mutable_exercise() = exercise;
    return Ask(CreateExercise, request);
  }

  absl::StatusOr<v1::GetExerciseResponse> Get(const std::string& name,
                                              const std::string& seed = "") {
    v1::GetExerciseRequest request;
    request.set_name(name);
    request.set_seed(seed);
    return Ask(GetExercise, request);
  }

  ApiFixture fixture_;
};

TEST_F(ExerciseHandlersTest, CreateAnswersWithoutWeightsAndInputs) {
  const auto response = Create("states");
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::Exercise& exercise = response->exercise();
  EXPECT_EQ(exercise.name(), "exercises/states");
  EXPECT_EQ(exercise.title(), "LSTM states");
  EXPECT_THAT(exercise.digest(), SizeIs(64));
  EXPECT_EQ(exercise.create_time().seconds(), absl::ToUnixSeconds(FakeClock::Start()));
  const v1::Tensor& bias = exercise.model().layers(0).lstm().candidate().bias();
  EXPECT_THAT(bias.shape(), ElementsAre(1));
  EXPECT_THAT(bias.values(), IsEmpty());
  EXPECT_FALSE(exercise.sequences(0).has_inputs());
}

TEST_F(ExerciseHandlersTest, ANameIsMadeOfTheDigest) {
  const auto response = Create("");
  EXPECT_EQ(response->exercise().name(),
            "exercises/e-" + response->exercise().digest().substr(0, 20));
  EXPECT_EQ(Create("")->exercise().name(), response->exercise().name());
}

TEST_F(ExerciseHandlersTest, TheSameAgainIsAnsweredAndAnotherRefused) {
  ASSERT_TRUE(Create("states").ok());
  EXPECT_TRUE(Create("states").ok());
  v1::Exercise other = HomeworkMessage();
  other.mutable_sequences()->RemoveLast();
  EXPECT_EQ(GetErrorReason(Create("states", other).status()), "EXERCISE_EXISTS");
  other = HomeworkMessage();
  other.set_feedback(v1::FEEDBACK_EXPECTED);  // of equal digest, but it tells more
  EXPECT_EQ(GetErrorReason(Create("states", other).status()), "EXERCISE_EXISTS");
}

TEST_F(ExerciseHandlersTest, CreateListsAllViolations) {
  EXPECT_THAT(ViolatedFields(Create("No Id", {}).status()),
              ElementsAre("exercise_id", "exercise.model", "exercise.sequences"));
  EXPECT_THAT(ViolatedFields(Ask(CreateExercise, v1::CreateExerciseRequest()).status()),
              ElementsAre("exercise"));
}

TEST_F(ExerciseHandlersTest, GetGivesBackWhatWasWritten) {
  v1::Exercise written = HomeworkMessage();
  written.set_name("ignored");
  ASSERT_TRUE(Create("states", written).ok());
  auto response = Get("exercises/states");
  ASSERT_TRUE(response.ok()) << response.status();
  v1::Exercise& exercise = *response->mutable_exercise();
  EXPECT_EQ(exercise.name(), "exercises/states");
  exercise.clear_name();
  exercise.clear_digest();
  exercise.clear_create_time();
  EXPECT_TRUE(MessageDifferencer::Equals(exercise, HomeworkMessage()));
}

TEST_F(ExerciseHandlersTest, GetDrawsForASeed) {
  v1::Exercise written = HomeworkMessage();
  v1::Variation& variation = *written.add_variations();
  variation.set_field("sequences[0].inputs");
  variation.mutable_choices()->add_values(5);
  ASSERT_TRUE(Create("varied", written).ok());
  EXPECT_THAT(Get("exercises/varied")->exercise().variations(), SizeIs(1));
  EXPECT_EQ(Get("exercises/varied")->exercise().sequences(0).inputs().values(0), 0);
  const v1::Exercise drawn = Get("exercises/varied", "me")->exercise();
  EXPECT_THAT(drawn.variations(), IsEmpty());
  EXPECT_THAT(drawn.sequences(0).inputs().values(), testing::Each(5));
  EXPECT_NE(drawn.digest(), Get("exercises/varied")->exercise().digest());
  // The drawn numbers, written out, are the same exercise.
  EXPECT_EQ(Create("drawn", drawn)->exercise().digest(), drawn.digest());
}

TEST_F(ExerciseHandlersTest, GetChecksNameAndSeed) {
  EXPECT_THAT(ViolatedFields(Get("nonsense", std::string(201, 'x')).status()),
              ElementsAre("name", "seed"));
  const absl::Status missing = Get("exercises/none").status();
  EXPECT_EQ(GetErrorReason(missing), "EXERCISE_NOT_FOUND");
  EXPECT_EQ(MetadataOf(missing, "server_epoch"), fixture_.api().sessions.epoch());
}

TEST_F(ExerciseHandlersTest, ListsPageByPage) {
  for (const char* id : {"c", "a", "b"}) ASSERT_TRUE(Create(id).ok());
  v1::ListExercisesRequest request;
  request.set_page_size(2);
  auto response = Ask(ListExercises, request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_THAT(response->exercises(), SizeIs(2));
  EXPECT_EQ(response->exercises(0).name(), "exercises/a");
  EXPECT_EQ(response->exercises(0).title(), "LSTM states");
  EXPECT_FALSE(response->exercises(0).has_model());
  request.set_page_token(response->next_page_token());
  response = Ask(ListExercises, request);
  ASSERT_THAT(response->exercises(), SizeIs(1));
  EXPECT_THAT(response->next_page_token(), IsEmpty());
  request.set_page_size(-1);
  request.set_page_token("x");
  EXPECT_THAT(ViolatedFields(Ask(ListExercises, request).status()),
              ElementsAre("page_size", "page_token"));
}

TEST_F(ExerciseHandlersTest, DeletesWhatIsThere) {
  ASSERT_TRUE(Create("a").ok());
  v1::DeleteExerciseRequest request;
  request.set_name("exercises/a");
  EXPECT_TRUE(Ask(DeleteExercise, request).ok());
  EXPECT_EQ(GetErrorReason(Ask(DeleteExercise, request).status()), "EXERCISE_NOT_FOUND");
  request.set_name("");
  EXPECT_THAT(ViolatedFields(Ask(DeleteExercise, request).status()), ElementsAre("name"));
}

class ExerciseCapsTest : public ExerciseHandlersTest {
 protected:
  ExerciseCapsTest() : ExerciseHandlersTest({.exercises = {.max_exercises = 1}}) {}
};

TEST_F(ExerciseCapsTest, AreKept) {
  ASSERT_TRUE(Create("a").ok());
  EXPECT_EQ(GetErrorReason(Create("b").status()), "EXERCISE_LIMIT");
}

}  // namespace
}  // namespace cellar
