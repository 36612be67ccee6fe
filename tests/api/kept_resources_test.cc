#include "server/api/kept_resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "server/api/convert_model.h"
#include "server/api/exercise_handlers.h"
#include "server/api/model_handlers.h"
#include "server/store/record_format.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/exercise_message.h"
#include "tests/testing/fault_store.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using testing::HasSubstr;

class KeptResourcesTest : public testing::Test {
 protected:
  std::unique_ptr<ApiFixture> Start() {
    now_ += absl::Seconds(1);
    return std::make_unique<ApiFixture>(ApiFixtureOptions{.store = &store_, .now = now_});
  }

  static absl::StatusOr<v1::Model> Create(ApiFixture& fixture, const std::string& id,
                                          const Model& model) {
    v1::CreateModelRequest request;
    request.set_model_id(id);
    *request.mutable_model() = WriteModel(model, ModelDetail::kWeights, v1::ENCODING_RAW);
    auto response = fixture.Ask(CreateModel, request);
    if (!response.ok()) return response.status();
    return response->model();
  }

  static absl::StatusOr<v1::Model> Get(ApiFixture& fixture, const std::string& id) {
    v1::GetModelRequest request;
    request.set_name("models/" + id);
    request.set_view(v1::MODEL_VIEW_FULL);
    auto response = fixture.Ask(GetModel, request);
    if (!response.ok()) return response.status();
    return response->model();
  }

  static absl::Status Delete(ApiFixture& fixture, const std::string& id) {
    v1::DeleteModelRequest request;
    request.set_name("models/" + id);
    return fixture.Ask(DeleteModel, request).status();
  }

  static absl::Status CreateExerciseA(ApiFixture& fixture) {
    v1::CreateExerciseRequest request;
    request.set_exercise_id("a");
    *request.mutable_exercise() = HomeworkMessage();
    return fixture.Ask(CreateExercise, request).status();
  }

  static absl::Status GetExerciseA(ApiFixture& fixture) {
    v1::GetExerciseRequest request;
    request.set_name("exercises/a");
    return fixture.Ask(GetExercise, request).status();
  }

  // The store works again, and the server finds out by itself.
  void Heal(ApiFixture& fixture) {
    store_.Fail(FaultStore::Fault::kNone);
    fixture.clock().Advance(absl::Seconds(2));
    fixture.api().keeper->Checkpoint();
    EXPECT_TRUE(fixture.api().keeper->Flush().ok());
  }

  FaultStore store_;
  absl::Time now_ = FakeClock::Start();
};

TEST_F(KeptResourcesTest, ModelsComeBackToTheBitWithTheirTimes) {
  std::vector<v1::Model> before;
  {
    const auto run = Start();
    for (uint64_t seed = 0; seed < 20; ++seed) {
      const std::string id = absl::StrCat("m", seed);
      const auto storage = seed % 2 == 0 ? WeightStorage::kFull : WeightStorage::kBfloat16;
      ASSERT_TRUE(Create(*run, id, *RandomModel(seed, {.weight_storage = storage})).ok());
      before.push_back(*Get(*run, id));
    }
  }
  store_.LosePower();
  const auto run = Start();
  for (uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(Get(*run, absl::StrCat("m", seed))->SerializeAsString(),
              before[seed].SerializeAsString());
  }
}

// As they were written before there was a choice.
TEST_F(KeptResourcesTest, AModelThatSaysNothingOfItsStorageComesBackInFull) {
  v1::Model message = WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_RAW);
  message.clear_weight_storage();
  const std::string key = "m/default/models/homework";
  {
    const auto run = Start();
    const std::string record = SealRecord(key, message.SerializeAsString());
    ASSERT_TRUE(run->api().writer->Await([&](RecordBatch& batch) { batch.Put(key, record); }).ok());
  }
  const auto model = Get(*Start(), "homework");
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ(model->weight_storage(), v1::WEIGHT_STORAGE_FULL);
  EXPECT_EQ(model->digest(), message.digest());
}

TEST_F(KeptResourcesTest, ADeletedModelStaysDeleted) {
  {
    const auto run = Start();
    ASSERT_TRUE(Create(*run, "a", *HomeworkModel()).ok());
    v1::DeleteModelRequest request;
    request.set_name("models/a");
    ASSERT_TRUE(run->Ask(DeleteModel, request).ok());
  }
  store_.LosePower();
  EXPECT_EQ(GetErrorReason(Get(*Start(), "a").status()), "MODEL_NOT_FOUND");
}

TEST_F(KeptResourcesTest, AModelThatCannotBeKeptIsNotThere) {
  const auto run = Start();
  store_.Fail(FaultStore::Fault::kWriteFails);
  EXPECT_EQ(GetErrorReason(Create(*run, "a", *HomeworkModel()).status()), "STORE_FAILED");
  EXPECT_EQ(GetErrorReason(Get(*run, "a").status()), "MODEL_NOT_FOUND");
  store_.Fail(FaultStore::Fault::kNone);
  EXPECT_TRUE(Create(*run, "a", *HomeworkModel()).ok());
}

TEST_F(KeptResourcesTest, ARepeatedCreationThatCannotBeKeptSparesWhatIsThere) {
  const auto run = Start();
  ASSERT_TRUE(Create(*run, "a", *HomeworkModel()).ok());
  ASSERT_TRUE(CreateExerciseA(*run).ok());
  store_.Fail(FaultStore::Fault::kWriteFails);
  EXPECT_EQ(GetErrorReason(Create(*run, "a", *HomeworkModel()).status()), "STORE_FAILED");
  EXPECT_EQ(GetErrorReason(CreateExerciseA(*run)), "STORE_FAILED");
  EXPECT_TRUE(Get(*run, "a").ok());
  EXPECT_TRUE(GetExerciseA(*run).ok());
}

// The first is refused by the store, which works again for the second.
TEST_F(KeptResourcesTest, OfTwoCreationsAtOnceTheOneThatIsAnsweredIsKept) {
  const auto run = Start();
  store_.Fail(FaultStore::Fault::kNextWriteFails);
  store_.HoldWrites(true);
  absl::Status outcomes[2];
  std::thread first([&] { outcomes[0] = Create(*run, "a", *HomeworkModel()).status(); });
  store_.AwaitHeldWrite();
  std::thread second([&] { outcomes[1] = Create(*run, "a", *HomeworkModel()).status(); });
  store_.HoldWrites(false);
  first.join();
  second.join();
  EXPECT_EQ(GetErrorReason(outcomes[0]), "STORE_FAILED");
  EXPECT_TRUE(outcomes[1].ok()) << outcomes[1];
  EXPECT_TRUE(Get(*run, "a").ok());
  EXPECT_TRUE(Get(*Start(), "a").ok());
}

TEST_F(KeptResourcesTest, ACreationThatOnlySeemedToFailDoesNotComeBack) {
  const auto run = Start();
  store_.Fail(FaultStore::Fault::kWriteSeemsToFail);
  EXPECT_EQ(GetErrorReason(Create(*run, "a", *HomeworkModel()).status()), "STORE_FAILED");
  EXPECT_EQ(GetErrorReason(CreateExerciseA(*run)), "STORE_FAILED");
  Heal(*run);
  const auto next = Start();
  EXPECT_EQ(GetErrorReason(Get(*next, "a").status()), "MODEL_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(GetExerciseA(*next)), "EXERCISE_NOT_FOUND");
}

TEST_F(KeptResourcesTest, AModelThatSomebodyTookWhileItWasWrittenIsWrittenInTheEnd) {
  const auto run = Start();
  store_.Fail(FaultStore::Fault::kNextWriteFails);
  store_.HoldWrites(true);
  absl::Status outcome;
  std::thread creation([&] { outcome = Create(*run, "a", *HomeworkModel()).status(); });
  store_.AwaitHeldWrite();
  const auto pin = run->api().models.Pin({kDefaultTenant, "models/a"});
  store_.HoldWrites(false);
  creation.join();
  EXPECT_EQ(GetErrorReason(outcome), "STORE_FAILED");
  EXPECT_TRUE(pin.ok());
  EXPECT_TRUE(Get(*run, "a").ok());
  Heal(*run);
  EXPECT_TRUE(Get(*Start(), "a").ok());
}

TEST_F(KeptResourcesTest, ADeletionThatTheStoreRefusedIsMadeGoodAndNotDeniedBefore) {
  const auto run = Start();
  ASSERT_TRUE(Create(*run, "a", *HomeworkModel()).ok());
  store_.Fail(FaultStore::Fault::kWriteFails);
  EXPECT_EQ(GetErrorReason(Delete(*run, "a")), "STORE_FAILED");
  EXPECT_EQ(GetErrorReason(Delete(*run, "a")), "STORE_FAILED") << "it may come back";
  Heal(*run);
  EXPECT_EQ(GetErrorReason(Delete(*run, "a")), "MODEL_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(Get(*Start(), "a").status()), "MODEL_NOT_FOUND");
}

TEST_F(KeptResourcesTest, ACreationBehindADeletionThatTheStoreRefusedIsKept) {
  const auto run = Start();
  ASSERT_TRUE(Create(*run, "a", *HomeworkModel()).ok());
  store_.Fail(FaultStore::Fault::kNextWriteFails);
  EXPECT_EQ(GetErrorReason(Delete(*run, "a")), "STORE_FAILED");
  ASSERT_TRUE(Create(*run, "a", *RandomModel(7)).ok());
  EXPECT_EQ(Get(*Start(), "a")->digest(), Get(*run, "a")->digest());
}

TEST_F(KeptResourcesTest, ACreationWaitsForTheDeletionOfItsName) {
  const auto run = Start();
  ASSERT_TRUE(Create(*run, "a", *HomeworkModel()).ok());
  store_.HoldWrites(true);
  std::thread deletion([&] { EXPECT_TRUE(Delete(*run, "a").ok()); });
  store_.AwaitHeldWrite();
  std::thread creation([&] { EXPECT_TRUE(Create(*run, "a", *RandomModel(7)).ok()); });
  EXPECT_EQ(GetErrorReason(Get(*run, "a").status()), "MODEL_NOT_FOUND");
  store_.HoldWrites(false);
  deletion.join();
  creation.join();
  EXPECT_EQ(Get(*Start(), "a")->digest(), Get(*run, "a")->digest());
}

TEST_F(KeptResourcesTest, ADamagedModelIsSetAsideByName) {
  {
    const auto run = Start();
    ASSERT_TRUE(Create(*run, "a", *HomeworkModel()).ok());
    ASSERT_TRUE(Create(*run, "b", *HomeworkModel()).ok());
  }
  store_.FlipBit("m/default/models/a", 777);
  const auto run = Start();
  EXPECT_EQ(GetErrorReason(Get(*run, "a").status()), "MODEL_NOT_FOUND");
  EXPECT_TRUE(Get(*run, "b").ok());
  ASSERT_EQ(run->log().size(), 1u);
  EXPECT_THAT(run->log()[0], HasSubstr("m/default/models/a"));
}

TEST_F(KeptResourcesTest, ALimitThatIsLowerThanWhatIsThereIsAnErrorAndNotALoss) {
  { ASSERT_TRUE(Create(*Start(), "a", *HomeworkModel()).ok()); }
  ApiFixture small({.models = {.max_models = 0}});
  EXPECT_EQ(GetErrorReason(RestoreModels(store_, small.api()).status()), "MODEL_LIMIT");
  EXPECT_TRUE(store_.Has("m/default/models/a"));
}

TEST_F(KeptResourcesTest, AnExerciseFromWhenFeedbackWentWithoutRoundingComesBackUnrounded) {
  v1::Exercise message = HomeworkMessage();
  message.mutable_numerics()->set_rounding(v1::ROUNDING_NONE);
  message.mutable_numerics()->set_rounding_scope(v1::ROUNDING_SCOPE_FEEDBACK);
  {
    const auto run = Start();
    const auto made =
        MakeExercise(message, "old", now_, run->api().limits, {}, [] { return false; });
    ASSERT_TRUE(made.ok()) << made.status();
    v1::Exercise as_it_was = message;
    as_it_was.mutable_numerics()->clear_rounding();
    (*made)->source = as_it_was.SerializeAsString();
    ASSERT_TRUE(KeepExercise(run->api(), "default", *made).ok());
  }
  v1::GetExerciseRequest get;
  get.set_name("exercises/old");
  const auto exercise = Start()->Ask(GetExercise, get);
  ASSERT_TRUE(exercise.ok()) << exercise.status();
  EXPECT_EQ(exercise->exercise().numerics().rounding(), v1::ROUNDING_NONE);
}

TEST_F(KeptResourcesTest, ExercisesComeBackWithTheirWordsDigestsAndTimes) {
  std::string before;
  v1::GetExerciseRequest get;
  get.set_name("exercises/a");
  {
    const auto run = Start();
    v1::CreateExerciseRequest create;
    create.set_exercise_id("a");
    *create.mutable_exercise() = HomeworkMessage();
    ASSERT_TRUE(run->Ask(CreateExercise, create).ok());
    create.set_exercise_id("b");
    ASSERT_TRUE(run->Ask(CreateExercise, create).ok());
    before = run->Ask(GetExercise, get)->SerializeAsString();
    v1::DeleteExerciseRequest remove;
    remove.set_name("exercises/b");
    ASSERT_TRUE(run->Ask(DeleteExercise, remove).ok());
  }
  store_.LosePower();
  const auto run = Start();
  EXPECT_EQ(run->Ask(GetExercise, get)->SerializeAsString(), before);
  get.set_name("exercises/b");
  EXPECT_EQ(GetErrorReason(run->Ask(GetExercise, get).status()), "EXERCISE_NOT_FOUND");
}

}  // namespace
}  // namespace cellar
