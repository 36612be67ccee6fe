// ImportSession, and the way there: what was exported comes back or is refused.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/session_handlers.h"
#include "server/store/snapshot_format.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

class SessionHandlersImportTest : public testing::Test {
 protected:
  SessionHandlersImportTest() { model_ = fixture_.AddModel(HomeworkModel()); }

  v1::CreateSessionRequest CreateOf(const std::string& id) {
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    request.mutable_session()->set_model(model_);
    return request;
  }
  absl::StatusOr<v1::CreateSessionResponse> Create(const v1::CreateSessionRequest& request) {
    return fixture_.Await(CreateSession, request);
  }
  std::string Export(const std::string& id) {
    v1::ExportSessionRequest request;
    request.set_name("sessions/" + id);
    return fixture_.Await(ExportSession, request)->snapshot();
  }
  v1::ImportSessionRequest ImportOf(const std::string& snapshot, const std::string& id = "b") {
    v1::ImportSessionRequest request;
    request.set_snapshot(snapshot);
    request.set_session_id(id);
    request.mutable_session()->set_model(model_);
    return request;
  }
  absl::StatusOr<v1::StepResponse> StepA(const std::vector<double>& inputs) {
    return fixture_.Await(Step, StepOf("sessions/a", inputs));
  }
  std::string AddBidirectionalModel() {
    RandomModelOptions options;
    options.bidirectional = true;
    return fixture_.AddModel(RandomModel(3, options));
  }

  ApiFixture fixture_;
  std::string model_;
};

TEST_F(SessionHandlersImportTest, AnImportedSessionGoesOnBitForBit) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  ASSERT_TRUE(StepA({0, 1, 1}).ok());
  const auto imported = fixture_.Await(ImportSession, ImportOf(Export("a")));
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->session().name(), "sessions/b");
  EXPECT_EQ(imported->session().next_step(), 3);
  EXPECT_EQ(imported->session().oldest_step(), 3) << "the window starts empty";
  EXPECT_EQ(imported->session().state_digest(), fixture_.Get("a").state_digest());
  const auto b = fixture_.Await(Step, StepOf("sessions/b", {1, 0}));
  EXPECT_EQ(b->SerializeAsString(), StepA({1, 0})->SerializeAsString());
}

TEST_F(SessionHandlersImportTest, AResetAfterAnImportGoesBackToTheImportedStateAtZero) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  ASSERT_TRUE(StepA({1, 1}).ok());
  const std::string digest = fixture_.Get("a").state_digest();
  ASSERT_TRUE(fixture_.Await(ImportSession, ImportOf(Export("a"))).ok());
  ASSERT_TRUE(fixture_.Await(Step, StepOf("sessions/b", {1})).ok());
  v1::ResetSessionRequest reset;
  reset.set_name("sessions/b");
  const auto answer = fixture_.Await(ResetSession, reset);
  EXPECT_EQ(answer->session().state_digest(), digest);
  EXPECT_EQ(answer->session().next_step(), 0);
}

TEST_F(SessionHandlersImportTest, NumericsComeFromTheSnapshot) {
  v1::CreateSessionRequest request = CreateOf("a");
  v1::Numerics& numerics = *request.mutable_session()->mutable_numerics();
  numerics.set_precision(v1::PRECISION_FLOAT64);
  numerics.set_activation_rule(v1::ACTIVATION_RULE_SATURATING);
  numerics.set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  numerics.set_rounding_scope(v1::ROUNDING_SCOPE_FEEDBACK);
  ASSERT_TRUE(Create(request).ok());
  const auto imported = fixture_.Await(ImportSession, ImportOf(Export("a")));
  EXPECT_EQ(imported->session().numerics().SerializeAsString(), numerics.SerializeAsString());
}

TEST_F(SessionHandlersImportTest, EveryViolationOfAnImportIsReportedAtOnce) {
  v1::ImportSessionRequest request = ImportOf("", "Not An Id");
  request.mutable_session()->set_model("homework");
  request.mutable_session()->mutable_numerics();
  request.mutable_session()->mutable_ttl()->set_nanos(-1);
  EXPECT_THAT(
      ViolatedFields(fixture_.Await(ImportSession, request).status()),
      ElementsAre("snapshot", "session_id", "session.ttl", "session.numerics", "session.model"));
}

TEST_F(SessionHandlersImportTest, ADamagedSnapshotIsRefusedWhateverByteIsDamaged) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  const std::string snapshot = Export("a");
  for (size_t i = 0; i < snapshot.size(); ++i) {
    std::string damaged = snapshot;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    const absl::Status status = fixture_.Await(ImportSession, ImportOf(damaged)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << i;
    EXPECT_EQ(GetErrorReason(status), "SNAPSHOT_CORRUPT") << i;
  }
  EXPECT_EQ(fixture_.api().sessions.session_count(), 1);
}

TEST_F(SessionHandlersImportTest, ASnapshotOfAnotherModelIsRefused) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  v1::ImportSessionRequest request = ImportOf(Export("a"));
  request.mutable_session()->set_model(fixture_.AddModel(RandomModel(5)));
  const absl::Status status = fixture_.Await(ImportSession, request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorReason(status), "MODEL_MISMATCH");
  EXPECT_EQ(MetadataOf(status, "snapshot_digest"), HomeworkModel()->digest());
}

TEST_F(SessionHandlersImportTest, ASnapshotThatDoesNotFitItsModelIsCorrupt) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  Snapshot snapshot = *DecodeSnapshot(Export("a"));
  snapshot.layers.push_back(snapshot.layers[0]);
  const absl::Status status =
      fixture_.Await(ImportSession, ImportOf(EncodeSnapshot(snapshot))).status();
  EXPECT_EQ(GetErrorReason(status), "SNAPSHOT_CORRUPT");
}

TEST_F(SessionHandlersImportTest, AnImportMeetsTheSameObstaclesAsACreation) {
  ASSERT_TRUE(Create(CreateOf("a")).ok());
  const std::string snapshot = Export("a");
  EXPECT_EQ(GetErrorReason(fixture_.Await(ImportSession, ImportOf(snapshot, "a")).status()),
            "SESSION_EXISTS");
  v1::ImportSessionRequest request = ImportOf(snapshot);
  request.mutable_session()->set_durability(v1::DURABILITY_EVERY_STEP);
  EXPECT_EQ(GetErrorReason(fixture_.Await(ImportSession, request).status()),
            "DURABILITY_UNAVAILABLE");
  request.mutable_session()->set_model("models/none");
  EXPECT_EQ(GetErrorReason(fixture_.Await(ImportSession, request).status()), "MODEL_NOT_FOUND");
  request.mutable_session()->set_model(AddBidirectionalModel());
  EXPECT_EQ(GetErrorReason(fixture_.Await(ImportSession, request).status()), "MODEL_BIDIRECTIONAL");
}

}  // namespace
}  // namespace cellar
