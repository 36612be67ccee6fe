// A store that fails, lies and is damaged at random: documented errors, no crash, and nothing that
// was acknowledged is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/api/convert_model.h"
#include "server/api/model_handlers.h"
#include "server/api/session_handlers.h"
#include "server/api/step_handlers.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/fault_store.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

constexpr int kSessions = 8;

// The x of a step: any fixed function will do.
double InputOf(int session, int64_t step) {
  return static_cast<double>((session * 31 + step * 7) % 20) / 10 - 1;
}

class SessionHandlersFaultTest : public testing::TestWithParam<int> {
 protected:
  SessionHandlersFaultTest() : random_(Seed()) {
    Start();
    for (int i = 0; i < kSessions; ++i) {
      v1::CreateSessionRequest request;
      request.set_session_id(absl::StrCat("s", i));
      request.mutable_session()->set_model("models/m");
      request.mutable_session()->set_durability(Durable(i) ? v1::DURABILITY_EVERY_STEP
                                                           : v1::DURABILITY_PERIODIC);
      EXPECT_TRUE(run_->Await(CreateSession, request).ok());
    }
  }

  static uint64_t Seed() {
    const char* const given = std::getenv("CELLAR_SEED");
    const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : GetParam();
    std::cout << "CELLAR_SEED=" << seed << std::endl;
    return seed;
  }

  static bool Durable(int session) { return session % 2 == 0; }
  static std::string NameOf(int session) { return absl::StrCat("sessions/s", session); }
  int64_t Draw(int64_t count) { return static_cast<int64_t>(random_() % count); }

  // A server on the store, in place of the one before.
  void Start() {
    if (run_ != nullptr) now_ = run_->clock().Now();
    run_ = nullptr;
    now_ += absl::Seconds(1);
    ApiFixtureOptions options{.store = &store_, .now = now_};
    options.sessions.sleep_after = absl::Seconds(10);
    options.limits.default_ttl = options.limits.max_ttl;
    run_ = std::make_unique<ApiFixture>(options);
    v1::CreateModelRequest request;
    request.set_model_id("m");
    *request.mutable_model() =
        WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_RAW);
    EXPECT_TRUE(run_->Ask(CreateModel, request).ok());
  }

  // Makes the next step of a session, or makes sure of it if it was not acknowledged.
  void Step() {
    const int session = static_cast<int>(Draw(kSessions));
    int64_t& acknowledged = acknowledged_[session];
    const auto answer = run_->Await(
        cellar::Step, StepOf(NameOf(session), {InputOf(session, acknowledged)}, acknowledged));
    if (!answer.ok()) return ExpectDocumented(session, answer.status());
    ++acknowledged;
    if (Durable(session)) {
      EXPECT_GE(answer->durable_step(), acknowledged);
    }
  }

  void ExpectDocumented(int session, const absl::Status& status) {
    const std::string reason = GetErrorReason(status);
    if (reason == "SESSION_DAMAGED") {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
      EXPECT_TRUE(damaged_.contains(session)) << status;
      return;
    }
    EXPECT_EQ(reason, "STORE_FAILED") << status;
    EXPECT_TRUE(faulty_) << status;
  }

  void Fail() {
    faulty_ = true;
    store_.Fail(static_cast<FaultStore::Fault>(1 + Draw(3)));
  }

  // The store works again, and the server finds out by itself.
  void Heal() {
    faulty_ = false;
    store_.Fail(FaultStore::Fault::kNone);
    Housekeep(absl::Seconds(2));
  }

  void Housekeep(absl::Duration passed) {
    run_->clock().Advance(passed);
    run_->api().sessions.EndDue();
    run_->api().sessions.SleepIdle();
    run_->api().keeper->Checkpoint();
    run_->api().keeper->Flush().IgnoreError();
  }

  // One bit of one session's record, while only the store has it.
  void Damage() {
    const int session = static_cast<int>(Draw(kSessions));
    const std::string key = absl::StrCat("s/default/", NameOf(session));
    Housekeep(absl::Minutes(1));
    Housekeep(absl::Seconds(1));
    if (faulty_ || !store_.Has(key)) return;
    store_.FlipBit(key, Draw(8 * static_cast<int64_t>(store_.record(key).size())));
    damaged_.insert(session);
  }

  void Crash() {
    Heal();
    store_.LosePower();
    Start();
    Compare();
  }

  // What is there of each session is what a calm run gives, and all that was acknowledged is there.
  void Compare() {
    for (int session = 0; session < kSessions; ++session) {
      v1::GetSessionRequest request;
      request.set_name(NameOf(session));
      const auto there = run_->Ask(GetSession, request);
      if (!there.ok()) {
        ExpectDocumented(session, there.status());
        continue;
      }
      const int64_t next_step = there->session().next_step();
      int64_t& acknowledged = acknowledged_[session];
      if (Durable(session)) {
        EXPECT_GE(next_step, acknowledged) << session;
      }
      EXPECT_EQ(there->session().state_digest(), DigestOf(session, next_step)) << session;
      acknowledged = std::min(acknowledged, next_step);
    }
  }

  // By a session that nothing happens to.
  std::string DigestOf(int session, int64_t next_step) {
    std::vector<std::string>& digests = digests_[session];
    if (digests.empty()) {
      digests.push_back(calm_.NewSession(absl::StrCat("s", session), calm_model_).state_digest());
    }
    while (static_cast<int64_t>(digests.size()) <= next_step) {
      const auto step = static_cast<int64_t>(digests.size()) - 1;
      digests.push_back(
          calm_.Await(cellar::Step, StepOf(NameOf(session), {InputOf(session, step)}))
              ->state_digest());
    }
    return digests[next_step];
  }

  std::mt19937_64 random_;
  FaultStore store_;
  absl::Time now_ = FakeClock::Start();
  std::unique_ptr<ApiFixture> run_;
  bool faulty_ = false;
  std::map<int, int64_t> acknowledged_;  // steps, by session
  std::set<int> damaged_;

  ApiFixture calm_;
  std::string calm_model_ = calm_.AddModel(HomeworkModel());
  std::map<int, std::vector<std::string>> digests_;
};

TEST_P(SessionHandlersFaultTest, NothingAcknowledgedIsLostWhateverTheStoreDoes) {
  for (int round = 0; round < 1500 && !HasFailure(); ++round) {
    switch (Draw(40)) {
      case 0:
      case 1:
        Fail();
        break;
      case 2:
      case 3:
      case 4:
        Heal();
        break;
      case 5:
        Housekeep(absl::Seconds(Draw(30)));
        break;
      case 6:
        if (Draw(2) == 0) Crash();
        break;
      case 7:
        if (Draw(20) == 0) Damage();
        break;
      default:
        Step();
    }
  }
  Crash();
  std::cout << damaged_.size() << " damaged\n";
}

INSTANTIATE_TEST_SUITE_P(Seeds, SessionHandlersFaultTest, testing::Range(1, 13));

}  // namespace
}  // namespace cellar
