// Thousands of random interleavings of what can happen to sessions, against a simple model of what
// must: a session is the list of its inputs. Longer than 400 lines because the model and all the
// moves stand together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/convert_model.h"
#include "server/api/model_handlers.h"
#include "server/api/session_handlers.h"
#include "server/api/step_handlers.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/fault_store.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/stream_client.h"

namespace cellar {
namespace {

constexpr int64_t kReplayWindow = 3;
constexpr absl::Duration kTtl = absl::Minutes(5);
constexpr absl::Duration kSleepAfter = absl::Seconds(30);
constexpr int kNames = 6;
constexpr int64_t kCheckpointSteps = 7;
constexpr absl::Duration kCheckpointInterval = absl::Seconds(3);

// What must be true of a session.
struct Expected {
  v1::Durability durability = v1::DURABILITY_PERIODIC;
  std::vector<double> inputs;   // of all steps made
  std::vector<int64_t> starts;  // where requests began, oldest first; at most kReplayWindow
  int64_t durable_step = 0;     // at least, as was told
  absl::Time unused_since;
  absl::Time kept_since;  // of that, what the store has at least
};

class SessionHandlersRandomTest : public testing::TestWithParam<int> {
 protected:
  SessionHandlersRandomTest() : random_(Seed()) { Start(); }

  static uint64_t Seed() {
    const char* const given = std::getenv("CELLAR_SEED");
    const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : GetParam();
    std::cout << "CELLAR_SEED=" << seed << std::endl;
    return seed;
  }

  void Start() {
    streams_.clear();
    if (run_ != nullptr) now_ = run_->clock().Now();
    run_ = nullptr;
    now_ += absl::Seconds(1);
    ApiFixtureOptions options{.store = &store_, .now = now_};
    options.sessions.sleep_after = kSleepAfter;
    options.keeping = {.checkpoint_steps = kCheckpointSteps,
                       .checkpoint_interval = kCheckpointInterval};
    run_ = std::make_unique<ApiFixture>(options);
    v1::CreateModelRequest request;
    request.set_model_id("m");
    *request.mutable_model() = WriteModel(*model_, ModelDetail::kWeights, v1::ENCODING_RAW);
    ASSERT_TRUE(run_->Ask(CreateModel, request).ok());
  }

  int64_t Draw(int64_t count) { return static_cast<int64_t>(random_() % count); }
  std::string AnyId() { return absl::StrCat("s", Draw(kNames)); }
  std::vector<double> AnyInputs() {
    std::vector<double> inputs(1 + Draw(4));
    for (double& input : inputs) input = static_cast<double>(Draw(100)) / 50 - 1;
    return inputs;
  }

  Expected* Living(const std::string& id) {
    const auto found = living_.find(id);
    if (found == living_.end()) return nullptr;
    if (run_->clock().Now() < found->second.unused_since + kTtl) return &found->second;
    ends_[id] = "SESSION_EXPIRED";
    living_.erase(found);
    return nullptr;
  }

  void Touch(Expected& session) { session.unused_since = run_->clock().Now(); }

  // What a call must fail with if the session is not there; whether it is not.
  bool IsGone(const std::string& id, const absl::Status& status) {
    if (Living(id) != nullptr) return false;
    const std::string expected = ends_.contains(id) ? ends_[id] : "SESSION_NOT_FOUND";
    EXPECT_EQ(GetErrorReason(status), expected) << id;
    return true;
  }

  void Create() {
    const std::string id = AnyId();
    v1::CreateSessionRequest request;
    request.set_session_id(id);
    request.mutable_session()->set_model("models/m");
    request.mutable_session()->set_replay_window(kReplayWindow);
    request.mutable_session()->mutable_ttl()->set_seconds(absl::ToInt64Seconds(kTtl));
    const auto durability = static_cast<v1::Durability>(1 + Draw(3));
    request.mutable_session()->set_durability(durability);
    const auto created = run_->Await(CreateSession, request);
    if (Living(id) != nullptr) {
      EXPECT_EQ(GetErrorReason(created.status()), "SESSION_EXISTS");
      return;
    }
    ASSERT_TRUE(created.ok()) << created.status();
    living_[id] = {};
    living_[id].durability = durability;
    Touch(living_[id]);
    living_[id].kept_since = run_->clock().Now();
    ends_.erase(id);
  }

  void Begin(Expected& session, int64_t start) {
    session.starts.push_back(start);
    if (static_cast<int64_t>(session.starts.size()) > kReplayWindow) {
      session.starts.erase(session.starts.begin());
    }
  }

  void Step() {
    const std::string id = AnyId();
    const std::vector<double> inputs = AnyInputs();
    const auto answer = run_->Await(cellar::Step, StepOf("sessions/" + id, inputs));
    if (IsGone(id, answer.status())) return;
    Expected& session = *Living(id);
    ASSERT_TRUE(answer.ok()) << answer.status();
    Begin(session, static_cast<int64_t>(session.inputs.size()));
    session.inputs.insert(session.inputs.end(), inputs.begin(), inputs.end());
    Touch(session);
    EXPECT_EQ(answer->next_step(), session.inputs.size());
    CheckDurable(session, answer->durable_step());
    EXPECT_EQ(answer->state_digest(), DigestAfter(session.inputs)) << id;
  }

  void Retry() {
    const std::string id = AnyId();
    const Expected* const session = Living(id);
    if (session == nullptr || session->inputs.empty()) return;
    const auto next_step = static_cast<int64_t>(session->inputs.size());
    const int64_t first = Draw(next_step);
    const int64_t count = 1 + Draw(next_step - first);
    const std::vector<double> inputs(session->inputs.begin() + first,
                                     session->inputs.begin() + first + count);
    const auto answer = run_->Await(cellar::Step, StepOf("sessions/" + id, inputs, first));
    Touch(*Living(id));
    if (first < Oldest(*session)) {
      EXPECT_EQ(GetErrorReason(answer.status()), "STEP_TOO_OLD");
      return;
    }
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->next_step(), next_step);
    EXPECT_EQ(answer->state_digest(),
              DigestAfter({session->inputs.begin(), session->inputs.begin() + first + count}));
  }

  static int64_t Oldest(const Expected& session) {
    return session.starts.empty() ? static_cast<int64_t>(session.inputs.size())
                                  : session.starts.front();
  }

  // Of the session before step `step`: its own, or its fork's.
  static Expected CutAt(Expected session, int64_t step) {
    session.inputs.resize(step);
    while (!session.starts.empty() && session.starts.back() >= step) session.starts.pop_back();
    session.durable_step = session.durability == v1::DURABILITY_MEMORY ? 0 : step;
    return session;
  }

  void Rewind() {
    const std::string id = AnyId();
    v1::RewindSessionRequest request;
    request.set_name("sessions/" + id);
    const Expected* const before = Living(id);
    const int64_t step = before == nullptr ? 0 : Draw(before->inputs.size() + 1);
    request.set_step_index(step);
    const auto answer = run_->Await(RewindSession, request);
    if (IsGone(id, answer.status())) return;
    Expected& session = *Living(id);
    Touch(session);
    if (step < Oldest(session)) {
      EXPECT_EQ(GetErrorReason(answer.status()), "STEP_TOO_OLD");
      return;
    }
    ASSERT_TRUE(answer.ok()) << answer.status();
    session = CutAt(session, step);
    CheckDurable(session, answer->session().durable_step());
  }

  void Reset() {
    const std::string id = AnyId();
    v1::ResetSessionRequest request;
    request.set_name("sessions/" + id);
    const auto answer = run_->Await(ResetSession, request);
    if (IsGone(id, answer.status())) return;
    ASSERT_TRUE(answer.ok()) << answer.status();
    Expected& session = *Living(id);
    session = CutAt(session, 0);
    Touch(session);
  }

  void Fork() {
    const std::string id = AnyId();
    const std::string fork_id = AnyId();
    v1::ForkSessionRequest request;
    request.set_name("sessions/" + id);
    request.set_session_id(fork_id);
    const auto answer = run_->Await(ForkSession, request);
    if (IsGone(id, answer.status())) return;
    Expected& session = *Living(id);
    Touch(session);
    if (Living(fork_id) != nullptr) {
      EXPECT_EQ(GetErrorReason(answer.status()), "SESSION_EXISTS");
      return;
    }
    ASSERT_TRUE(answer.ok()) << answer.status();
    living_[fork_id] = CutAt(session, static_cast<int64_t>(session.inputs.size()));
    Touch(living_[fork_id]);
    living_[fork_id].kept_since = run_->clock().Now();
    ends_.erase(fork_id);
  }

  // A new stream on a session, in place of the one that may be open.
  void TakeOver() {
    const std::string id = AnyId();
    v1::StreamStepsRequest open;
    open.mutable_open()->set_session("sessions/" + id);
    const Expected* const before = Living(id);
    if (before != nullptr) open.mutable_open()->set_resume_from(before->inputs.size());
    auto client = std::make_unique<StreamClient>(run_->api());
    client->Open(open);
    run_->api().scheduler.Drain();  // it may have to wake up first
    ASSERT_TRUE(run_->api().keeper->Flush().ok());
    if (IsGone(id, client->outcome(0))) return;
    Expected& session = *Living(id);
    Touch(session);
    ASSERT_TRUE(client->outcome(0).ok()) << client->outcome(0);
    EXPECT_EQ(client->opened().next_step(), session.inputs.size());
    CheckDurable(session, client->opened().durable_step());
    if (const auto older = std::exchange(streams_[id], std::move(client))) {
      EXPECT_EQ(EndsOf(*older), "SESSION_TAKEN_OVER") << id;
      older->SendStep({1});
      EXPECT_EQ(older->Reasons().back(), "SESSION_TAKEN_OVER") << "and nothing is made";
      ++takeover_count_;
    }
  }

  // Of the open streams, with its session.
  std::string AnyStreamed() {
    if (streams_.empty()) return "";
    return std::next(streams_.begin(), Draw(static_cast<int64_t>(streams_.size())))->first;
  }

  void StreamStep() {
    const std::string id = AnyStreamed();
    if (id.empty()) return;
    StreamClient& client = *streams_[id];
    const std::vector<double> inputs = AnyInputs();
    Expected& session = *Living(id);
    client.SendStep(inputs, session.inputs.size());
    ASSERT_TRUE(run_->api().keeper->Flush().ok());
    const size_t last = client.answer_count() - 1;
    ASSERT_TRUE(client.outcome(last).ok()) << client.outcome(last);
    Begin(session, static_cast<int64_t>(session.inputs.size()));
    session.inputs.insert(session.inputs.end(), inputs.begin(), inputs.end());
    Touch(session);
    EXPECT_EQ(client.step(last).next_step(), session.inputs.size());
    CheckDurable(session, client.step(last).durable_step());
    EXPECT_EQ(client.step(last).state_digest(), DigestAfter(session.inputs)) << id;
  }

  void CloseStream() {
    const std::string id = AnyStreamed();
    if (id.empty()) return;
    EXPECT_EQ(EndsOf(*streams_[id]), "");
    streams_.erase(id);
  }

  // The reason why a stream was told to end; "" if it was not. Never twice.
  static std::string EndsOf(const StreamClient& client) {
    EXPECT_LE(client.ends().size(), 1u);
    return client.ends().empty() ? "" : GetErrorReason(client.ends()[0]);
  }

  // Every open stream learns of the end of its session, at once.
  void CheckStreams() {
    for (auto at = streams_.begin(); at != streams_.end();) {
      const auto& [id, client] = *at;
      const bool lives = Living(id) != nullptr;
      EXPECT_EQ(EndsOf(*client), lives ? "" : ends_[id]) << id;
      at = lives ? std::next(at) : streams_.erase(at);
    }
  }

  void Delete() {
    const std::string id = AnyId();
    v1::DeleteSessionRequest request;
    request.set_name("sessions/" + id);
    const auto answer = run_->Await(DeleteSession, request);
    if (IsGone(id, answer.status())) return;
    ASSERT_TRUE(answer.ok()) << answer.status();
    living_.erase(id);
    ends_[id] = "SESSION_DELETED";
  }

  // What the reaper does all the time.
  void Housekeep() {
    run_->api().sessions.EndDue();
    run_->api().sessions.SleepIdle();
    if (run_->api().keeper->Checkpoint() != kCheckpointInterval) return;  // not yet
    ASSERT_TRUE(run_->api().keeper->Flush().ok());
    for (auto& [id, session] : living_) session.kept_since = session.unused_since;
  }

  void Pass() {
    run_->clock().Advance(absl::Seconds(Draw(10) == 0 ? Draw(400) : Draw(40)));
    Housekeep();
  }

  // Everybody who can sleeps.
  void Sleep() {
    run_->clock().Advance(kSleepAfter);
    Housekeep();
    ASSERT_TRUE(run_->api().keeper->Flush().ok());
    Housekeep();
  }

  // A crash: what was not promised may be gone, what was is there.
  void Crash() {
    run_->api().keeper->Flush().IgnoreError();
    if (Draw(2) == 0) store_.LosePower();
    Start();
    for (int i = 0; i < kNames; ++i) TakeStock(absl::StrCat("s", i));
  }

  // Learns how far a session went back.
  void TakeStock(const std::string& id) {
    Expected* const session = Living(id);
    if (session == nullptr) return;
    if (session->durability == v1::DURABILITY_MEMORY) {
      // Known to be lost only if the store was told of it before.
      v1::GetSessionRequest request;
      request.set_name("sessions/" + id);
      const std::string reason = GetErrorReason(run_->Ask(GetSession, request).status());
      EXPECT_TRUE(reason == "SESSION_LOST" || reason == "SESSION_NOT_FOUND" ||
                  reason == "SESSION_DELETED" || reason == "SESSION_EXPIRED")
          << reason;
      living_.erase(id);
      ends_[id] = reason;
      return;
    }
    v1::GetSessionRequest request;
    request.set_name("sessions/" + id);
    const auto there = run_->Ask(GetSession, request);
    if (!there.ok() && session->kept_since + kTtl <= run_->clock().Now()) {
      // Used for the last time since it was last written.
      EXPECT_EQ(GetErrorReason(there.status()), "SESSION_EXPIRED") << id;
      living_.erase(id);
      ends_[id] = "SESSION_EXPIRED";
      return;
    }
    ASSERT_TRUE(there.ok()) << id << there.status();
    const int64_t next_step = there->session().next_step();
    ASSERT_LE(next_step, session->inputs.size()) << id;
    ASSERT_GE(next_step, session->durable_step) << id;
    if (session->durability == v1::DURABILITY_EVERY_STEP) {
      ASSERT_EQ(next_step, session->inputs.size()) << id;
    }
    // The client repeats what is missing, in one request.
    session->unused_since = absl::FromUnixSeconds(there->session().expire_time().seconds()) +
                            absl::Nanoseconds(there->session().expire_time().nanos()) - kTtl;
    const std::vector<double> missing(session->inputs.begin() + next_step, session->inputs.end());
    if (missing.empty()) return Restock(id);
    ASSERT_TRUE(run_->Await(cellar::Step, StepOf("sessions/" + id, missing, next_step)).ok());
    Touch(*session);
    Restock(id);
  }

  // After a crash the window is what it was at the checkpoint: it is emptied, to know it.
  void Restock(const std::string& id) {
    Expected& session = *Living(id);
    v1::GetSessionRequest get;
    get.set_name("sessions/" + id);
    get.set_view(v1::SESSION_VIEW_FULL);
    const auto full = run_->Ask(GetSession, get);
    ASSERT_TRUE(full.ok());
    ASSERT_EQ(full->session().state_digest(), DigestAfter(session.inputs)) << id;
    v1::SetSessionStateRequest set;
    set.set_name("sessions/" + id);
    *set.mutable_state() = full->session().state();
    ASSERT_TRUE(run_->Await(SetSessionState, set).ok());
    session.starts = {};
    session.durable_step = static_cast<int64_t>(session.inputs.size());
    Touch(session);
  }

  void EndInOrder() {
    ASSERT_TRUE(run_->EndInOrder().ok());
    if (Draw(2) == 0) store_.LosePower();
    Start();
  }

  void CheckDurable(Expected& session, int64_t durable_step) {
    const auto next_step = static_cast<int64_t>(session.inputs.size());
    if (session.durability == v1::DURABILITY_MEMORY) {
      EXPECT_EQ(durable_step, 0);
    }
    if (session.durability == v1::DURABILITY_EVERY_STEP) {
      EXPECT_EQ(durable_step, next_step);
    }
    if (session.durability == v1::DURABILITY_PERIODIC) {
      EXPECT_GE(durable_step, session.durable_step);
      EXPECT_LE(durable_step, next_step);
    }
    session.durable_step = durable_step;
  }

  void CheckAll() {
    for (int i = 0; i < kNames; ++i) {
      const std::string id = absl::StrCat("s", i);
      v1::GetSessionRequest request;
      request.set_name("sessions/" + id);
      const auto there = run_->Ask(GetSession, request);
      if (IsGone(id, there.status())) continue;
      ASSERT_TRUE(there.ok()) << id << there.status();
      const Expected& session = *Living(id);
      EXPECT_EQ(there->session().next_step(), session.inputs.size()) << id;
      EXPECT_EQ(there->session().oldest_step(), Oldest(session)) << id;
      EXPECT_EQ(there->session().state_digest(), DigestAfter(session.inputs)) << id;
      EXPECT_EQ(there->session().expire_time().seconds(),
                absl::ToUnixSeconds(session.unused_since + kTtl))
          << id;
    }
    CheckStreams();
  }

  // By a session that nothing happens to.
  std::string DigestAfter(const std::vector<double>& inputs) {
    std::string& digest = digests_[inputs];
    if (!digest.empty()) return digest;
    const std::string id = absl::StrCat("calm", ++calm_count_);
    const v1::Session session = calm_.NewSession(id, calm_model_);
    digest = inputs.empty()
                 ? session.state_digest()
                 : calm_.Await(cellar::Step, StepOf("sessions/" + id, inputs))->state_digest();
    v1::DeleteSessionRequest remove;
    remove.set_name("sessions/" + id);
    EXPECT_TRUE(calm_.Await(DeleteSession, remove).ok());
    return digest;
  }

  std::mt19937_64 random_;
  std::shared_ptr<const Model> model_ = HomeworkModel();
  FaultStore store_;
  absl::Time now_ = FakeClock::Start();
  std::unique_ptr<ApiFixture> run_;  // outlives the streams_
  std::map<std::string, Expected> living_;
  std::map<std::string, std::string> ends_;                       // reasons, by id
  std::map<std::string, std::unique_ptr<StreamClient>> streams_;  // open ones, by id
  int takeover_count_ = 0;

  ApiFixture calm_;
  std::string calm_model_ = calm_.AddModel(HomeworkModel());
  std::map<std::vector<double>, std::string> digests_;
  int calm_count_ = 0;
};

TEST_P(SessionHandlersRandomTest, WhateverHappensASessionIsTheListOfItsInputs) {
  for (int round = 0; round < 1000 && !HasFailure(); ++round) {
    switch (Draw(20)) {
      case 0:
      case 1:
        Create();
        break;
      case 2:
        Retry();
        break;
      case 3:
        Rewind();
        break;
      case 4:
        Draw(3) == 0 ? Reset() : Fork();
        break;
      case 5:
        if (Draw(3) == 0) Delete();
        break;
      case 6:
        Pass();
        break;
      case 7:
        Sleep();
        break;
      case 8:
        if (Draw(4) == 0) Crash();
        break;
      case 9:
        if (Draw(6) == 0) EndInOrder();
        break;
      case 10:
      case 11:
        TakeOver();
        break;
      case 12:
        Draw(3) == 0 ? CloseStream() : StreamStep();
        break;
      case 13:
        StreamStep();
        break;
      default:
        Step();
    }
    CheckAll();
  }
  EXPECT_GT(takeover_count_, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SessionHandlersRandomTest, testing::Range(1, 9));

}  // namespace
}  // namespace cellar
