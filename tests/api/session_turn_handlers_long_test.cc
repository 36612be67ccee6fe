// Mirrors server/api/session_turn_handlers.cc: states that take long to read and to hash.
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/answer_size.h"
#include "server/api/call_bytes.h"
#include "server/api/session_handlers.h"
#include "server/base/error.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

// Sessions of two models: the state of "long" takes longer to hash than to hand over.
class LongStateTest : public testing::Test {
 protected:
  LongStateTest() {
    fixture_.NewSession("short", fixture_.AddModel(HomeworkModel()));
    fixture_.NewSession("long", fixture_.AddModel(RandomModel(1, {.precision = Precision::kFloat64,
                                                                  .kind = CellKind::kLstm,
                                                                  .layer_count = 64,
                                                                  .max_size = 60,
                                                                  .variants = false})));
  }

  // Asks for this change of both while the only worker is busy, and expects that only the short one
  // is made at once.
  template <class Request, class Response>
  void ExpectHandedOverIfLong(void (*handler)(Api&, const Call&, const Request&, Response*, Done),
                              const std::function<Request(const std::string& name)>& asked) {
    Api& api = fixture_.api();
    std::vector<std::string> made;
    const Request requests[] = {asked("sessions/long"), asked("sessions/short")};
    Response responses[2];
    {
      TurnBlocker blocker(api, "sessions/x");
      for (int k = 0; k < 2; ++k) {
        handler(api, Call(LocalCaller()), requests[k], &responses[k],
                [&made, name = requests[k].name()](const absl::Status& outcome) {
                  EXPECT_EQ(outcome, absl::OkStatus());
                  made.push_back(name);
                });
      }
      EXPECT_THAT(made, ElementsAre("sessions/short"));
    }
    EXPECT_THAT(made, ElementsAre("sessions/short", "sessions/long"));
  }

  ApiFixture fixture_;
};

TEST_F(LongStateTest, IsHashedByAWorker) {
  ExpectHandedOverIfLong<v1::ResetSessionRequest>(ResetSession, [](const std::string& name) {
    v1::ResetSessionRequest request;
    request.set_name(name);
    return request;
  });
  ExpectHandedOverIfLong<v1::RewindSessionRequest>(RewindSession, [](const std::string& name) {
    v1::RewindSessionRequest request;
    request.set_name(name);
    return request;
  });
  ExpectHandedOverIfLong<v1::ForkSessionRequest>(ForkSession, [](const std::string& name) {
    v1::ForkSessionRequest request;
    request.set_name(name);
    return request;
  });
  ExpectHandedOverIfLong<v1::ExportSessionRequest>(ExportSession, [](const std::string& name) {
    v1::ExportSessionRequest request;
    request.set_name(name);
    return request;
  });
}

TEST_F(LongStateTest, IsReadByAWorker) {
  ExpectHandedOverIfLong<v1::SetSessionStateRequest>(
      SetSessionState, [this](const std::string& name) {
        v1::SetSessionStateRequest request;
        request.set_name(name);
        *request.mutable_state() = fixture_.Get(name.substr(name.find('/') + 1)).state();
        return request;
      });
}

TEST_F(LongStateTest, KeepsItsPlaceAmongOtherChangesWhileItIsRead) {
  v1::SetSessionStateRequest set;
  set.set_name("sessions/long");
  *set.mutable_state() = fixture_.Get("long").state();
  set.set_next_step(7);
  v1::ResetSessionRequest reset;
  reset.set_name("sessions/long");
  v1::SetSessionStateResponse set_response;
  v1::ResetSessionResponse reset_response;
  {
    TurnBlocker blocker(fixture_.api(), "sessions/x");
    SetSessionState(fixture_.api(), Call(LocalCaller()), set, &set_response,
                    [](const absl::Status& outcome) { EXPECT_EQ(outcome, absl::OkStatus()); });
    ResetSession(fixture_.api(), Call(LocalCaller()), reset, &reset_response,
                 [](const absl::Status& outcome) { EXPECT_EQ(outcome, absl::OkStatus()); });
  }
  EXPECT_EQ(set_response.session().next_step(), 7);
  EXPECT_EQ(reset_response.session().next_step(), 0);
  EXPECT_EQ(fixture_.Get("long").next_step(), 0) << "the reset came later";
}

TEST_F(LongStateTest, IsExportedOnlyIfThereIsRoomForIt) {
  v1::ExportSessionRequest request;
  request.set_name("sessions/long");
  const auto exported = fixture_.Await(&ExportSession, request);
  ASSERT_TRUE(exported.ok());
  const auto bytes = static_cast<int64_t>(exported->ByteSizeLong());
  CallBytes others(fixture_.api().call_bytes, "others");
  // The next but one finds none.
  ASSERT_TRUE(others.Set(fixture_.api().call_bytes.limits().of_server - 2 * bytes).ok());
  v1::ExportSessionResponse responses[3];
  absl::Status outcomes[3];
  {
    TurnBlocker blocker(fixture_.api(), "sessions/long");
    for (int k = 0; k < 3; ++k) {
      ExportSession(fixture_.api(), Call(LocalCaller()), request, &responses[k],
                    [&outcomes, k](absl::Status outcome) { outcomes[k] = std::move(outcome); });
    }
    EXPECT_EQ(GetErrorReason(outcomes[2]), "CALL_BYTES_LIMIT");
  }
  EXPECT_EQ(outcomes[0], absl::OkStatus());
  EXPECT_EQ(outcomes[1], absl::OkStatus());
  EXPECT_EQ(responses[1].snapshot(), exported->snapshot());
}

TEST_F(LongStateTest, AnExportIsNeverLongerThanForeseen) {
  v1::Session settings;
  for (int k = 0; k < 16; ++k) {
    (*settings.mutable_labels())[std::string(61, 'k') + std::to_string(10 + k)] =
        std::string(255, 'v');
  }
  for (const std::string id : {"short", "long"}) {
    settings.clear_model();
    const v1::Session labelled =
        fixture_.NewSession("labelled-" + id, fixture_.Get(id).model(), settings);
    v1::ExportSessionRequest request;
    request.set_name(labelled.name());
    const auto exported = fixture_.Await(&ExportSession, request);
    ASSERT_TRUE(exported.ok()) << exported.status();
    const auto session = fixture_.api().sessions.Find({kDefaultTenant, labelled.name()});
    const SessionTerms& terms = (*session)->terms();
    EXPECT_LE(static_cast<int64_t>(exported->ByteSizeLong()),
              ExportAnswerBytes(*terms.model, terms.numerics.precision));
  }
}

}  // namespace
}  // namespace cellar
