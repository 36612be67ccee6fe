// Every method of every service, called by everybody, for what exists and for what does not: who is
// let in, and what is told to those who are not. Longer than other tests: one table, and what reads
// it.
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cellar/v1/session_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "server/base/sha256.h"
#include "server/identity/method_roles.h"
#include "server/identity/tenant.h"
#include "server/rpc/presented.h"
#include "tests/testing/exercise_message.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/raw_call.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

// A request that names something, which $ stands for, and the roles that may make it. A method
// without a line is called with an empty request, and its resources are not tried: add a line.
struct Line {
  const char* method;
  const char* request;
  RoleSet allowed;
};

constexpr RoleSet kOwner = {Role::kOwner, Role::kAdmin};
constexpr RoleSet kGraded = {Role::kOwner, Role::kGrader, Role::kStudent, Role::kAdmin};
constexpr RoleSet kKeyReader = {Role::kOwner, Role::kGrader, Role::kAdmin};
constexpr RoleSet kReader = {Role::kOwner, Role::kGrader, Role::kReadOnly, Role::kAdmin};

// Written down once more, not taken from the server's table: whoever changes that changes this.
const Line kLines[] = {
    {"ModelService.CreateModel", "model_id: 'made'", kOwner},
    {"ModelService.UploadModel", "open { model_id: 'made' }", kOwner},
    {"ModelService.GetModel", "name: 'models/$'", kReader},
    {"ModelService.ListModels", "", kReader},
    {"ModelService.DeleteModel", "name: 'models/$'", kOwner},
    {"SessionService.CreateSession", "session { model: 'models/$' }", kOwner},
    {"SessionService.GetSession", "name: 'sessions/$'", kReader},
    {"SessionService.ListSessions", "", kReader},
    {"SessionService.DeleteSession", "name: 'sessions/$'", kOwner},
    {"SessionService.Step", "session: 'sessions/$' inputs { values: 1 }", kOwner},
    {"SessionService.StreamSteps", "open { session: 'sessions/$' }", kOwner},
    {"SessionService.ResetSession", "name: 'sessions/$'", kOwner},
    {"SessionService.RewindSession", "name: 'sessions/$'", kOwner},
    {"SessionService.ForkSession", "name: 'sessions/$'", kOwner},
    {"SessionService.ExportSession", "name: 'sessions/$'", kOwner},
    {"SessionService.ImportSession", "session { model: 'models/$' } snapshot: 'x'", kOwner},
    {"SessionService.SetSessionState", "name: 'sessions/$' state { layers { h { values: 0 } } }",
     kOwner},
    {"SessionService.BatchStep", "items { session: 'sessions/$' inputs { values: 1 } }", kOwner},
    {"SessionService.StreamBatchSteps",
     "batch { items { session: 'sessions/$' inputs { values: 1 } } }", kOwner},
    {"GradingService.CreateExercise", "exercise_id: 'made'", kOwner},
    {"GradingService.GetExercise", "name: 'exercises/$' seed: 'ada'", RoleSet::All()},
    {"GradingService.ListExercises", "", kReader},
    {"GradingService.DeleteExercise", "name: 'exercises/$'", kOwner},
    {"GradingService.CheckExercise", "name: 'exercises/$'", kKeyReader},
    {"GradingService.Grade", "exercise: 'exercises/$' submission { text: '0' }", kGraded},
    {"GradingService.GradeStream", "open { exercise: 'exercises/$' }", kGraded},
    {"EvaluationService.Evaluate", "model: 'models/$' sequences { inputs { values: 1 } }", kOwner},
};

const Line* FindLine(const MethodDescriptor& method) {
  for (const Line& line : kLines) {
    if (absl::StrCat("cellar.v1.", line.method) == method.full_name()) return &line;
  }
  return nullptr;
}

// The outcome of a call, as it travelled. A batch of one item has the item's code and reason.
struct Outcome {
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string message;
  std::string details;
  std::string reason;
  std::string answer = {};  // as text; of a stream, all of them merged

  // The same, if it had been about another name of as many letters.
  Outcome About(const std::string& from, const std::string& to) const {
    Outcome other = *this;
    other.message = absl::StrReplaceAll(message, {{from, to}});
    other.details = absl::StrReplaceAll(details, {{from, to}});
    other.answer = absl::StrReplaceAll(answer, {{from, to}});
    return other;
  }
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << outcome.code << " " << outcome.reason << " " << outcome.message;
}

Options WithIdentities(const std::string& path) {
  std::ofstream file(path);
  const auto token = [&](absl::string_view word, absl::string_view rest) {
    file << "token sha256:" << ToHex(Sha256Of(word)) << " " << rest << "\n";
  };
  for (const Role role :
       {Role::kOwner, Role::kGrader, Role::kReadOnly, Role::kStudent, Role::kAdmin}) {
    token(RoleName(role), absl::StrCat("tenant=default roles=", RoleName(role)));
  }
  token("stranger", "tenant=stranger roles=owner");
  token("expired", "tenant=default roles=owner expires=1970-01-01T00:00:00Z");
  Options options;
  options.identities_path = path;
  options.server.channelz = true;
  return options;
}

class SecurityTableTest : public ::testing::Test {
 protected:
  // Of the same length, so that details can be compared byte by byte.
  static constexpr char kExisting[] = "existing";
  static constexpr char kMissing[] = "missing0";

  SecurityTableTest() {
    SetScene();
    for (const std::string& service : Services()) {
      if (!absl::StartsWith(service, "cellar.")) continue;
      const auto* descriptor = DescriptorPool::generated_pool()->FindServiceByName(service);
      for (int i = 0; i < descriptor->method_count(); ++i) {
        methods_.push_back(descriptor->method(i));
        // What is declared but not there answers everybody alike: gRPC says UNIMPLEMENTED.
        const bool there =
            Call(*methods_.back(), "admin", "").code != grpc::StatusCode::UNIMPLEMENTED;
        if (there) served_.push_back(methods_.back());
      }
    }
  }
  ~SecurityTableTest() override { std::remove(path_.c_str()); }

  // The default tenant's model, session and exercise.
  void SetScene() {
    (void)server_.api().sessions.Delete({kDefaultTenant, "sessions/existing"});
    const auto model = HomeworkModel(Precision::kFloat32, kExisting);
    ASSERT_TRUE(server_.api().models.Add(kDefaultTenant, model).ok());
    ASSERT_EQ(
        Call("SessionService.CreateSession", "owner",
             "session_id: 'existing' session { model: 'models/existing' ttl { seconds: 60 } }")
            .code,
        grpc::StatusCode::OK);
    (void)server_.api().exercises.Remove({kDefaultTenant, "exercises/existing"});
    v1::CreateExerciseRequest create;
    create.set_exercise_id(kExisting);
    *create.mutable_exercise() = HomeworkMessage();
    ASSERT_EQ(Call("GradingService.CreateExercise", "owner", create.DebugString()).code,
              grpc::StatusCode::OK);
  }

  // What reflection lists: the services that are really there.
  std::vector<std::string> Services() {
    RawCall reflection(server_.channel(),
                       "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "admin");
    reflection.Write("\x3A\x01*");
    const std::string text = reflection.Read().value_or("");
    reflection.WritesDone();
    EXPECT_TRUE(reflection.Finish().ok());
    const std::regex name("[a-z][A-Za-z0-9_.]*\\.[A-Z][A-Za-z]+");
    std::set<std::string> services;
    for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end; ++found) {
      services.insert(found->str());
    }
    return {services.begin(), services.end()};
  }

  Outcome Call(const MethodDescriptor& method, const std::string& token,
               const std::string& request_text) {
    google::protobuf::DynamicMessageFactory factory;
    const std::unique_ptr<google::protobuf::Message> request(
        factory.GetPrototype(method.input_type())->New());
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(request_text, request.get()))
        << request_text;
    Outcome outcome = CallPath(absl::StrCat("/", method.service()->full_name(), "/", method.name()),
                               token, request->SerializeAsString());
    const std::unique_ptr<google::protobuf::Message> answer(
        factory.GetPrototype(method.output_type())->New());
    EXPECT_TRUE(answer->ParseFromString(outcome.answer));
    NoteItem(method, outcome);
    google::protobuf::TextFormat::PrintToString(*answer, &outcome.answer);
    return outcome;
  }

  // The outcome of a batch of one item is the item's.
  static void NoteItem(const MethodDescriptor& method, Outcome& outcome) {
    v1::BatchStepResponse batch;
    v1::StreamBatchStepsResponse streamed;
    if (method.output_type() == streamed.GetDescriptor()) {
      EXPECT_TRUE(streamed.ParseFromString(outcome.answer));
      batch = streamed.batch();
    } else if (method.output_type() == batch.GetDescriptor()) {
      EXPECT_TRUE(batch.ParseFromString(outcome.answer));
    }
    if (batch.results_size() == 0 || !batch.results(0).has_error()) return;
    outcome.code = static_cast<grpc::StatusCode>(batch.results(0).error().code());
    outcome.reason = batch.results(0).error().reason();
  }

  Outcome Call(const std::string& method, const std::string& token, const std::string& request) {
    return Call(*DescriptorPool::generated_pool()->FindMethodByName("cellar.v1." + method), token,
                request);
  }

  Outcome CallPath(const std::string& path, const std::string& token, const std::string& request) {
    RawCall call(server_.channel(), path, token);
    call.Write(request);
    call.WritesDone();
    std::string answers;
    while (const std::optional<std::string> answer = call.Read()) answers += *answer;
    const grpc::Status status = call.Finish();
    return {status.error_code(), status.error_message(), status.error_details(), SentReason(status),
            answers};
  }

  static std::string RequestFor(const MethodDescriptor& method, const std::string& id) {
    const Line* const line = FindLine(method);
    return line == nullptr ? "" : absl::StrReplaceAll(line->request, {{"$", id}});
  }

  const std::string path_ =
      absl::StrCat(::testing::TempDir(), "/security_",
                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
  InProcessServer server_{WithIdentities(path_)};
  std::vector<const MethodDescriptor*> methods_;  // declared
  std::vector<const MethodDescriptor*> served_;   // those that are served
};

TEST_F(SecurityTableTest, EveryMethodIsInTheTableOfRoles) {
  EXPECT_GE(methods_.size(), 26u);
  EXPECT_GE(served_.size(), 25u);
  for (const MethodDescriptor* method : methods_) {
    EXPECT_FALSE(RolesFor(method->full_name()).empty())
        << method->full_name() << " needs a line in server/identity/method_roles.cc";
    EXPECT_EQ(std::string(MethodTaking(*method->input_type())), method->full_name())
        << "each method has a request of its own, in the file of its service";
  }
}

TEST_F(SecurityTableTest, WhoIsNobodyIsToldNothingElse) {
  const std::pair<const char*, const char*> nobodies[] = {
      {"", "TOKEN_MISSING"}, {"wrong", "TOKEN_INVALID"}, {"expired", "TOKEN_INVALID"}};
  for (const MethodDescriptor* method : served_) {
    for (const auto& [token, reason] : nobodies) {
      const Outcome existing = Call(*method, token, RequestFor(*method, kExisting));
      EXPECT_EQ(existing.code, grpc::StatusCode::UNAUTHENTICATED) << method->full_name();
      EXPECT_EQ(existing.reason, reason) << method->full_name();
      EXPECT_EQ(existing, Call(*method, token, RequestFor(*method, kMissing)));
      EXPECT_EQ(existing, Call(*method, token, "")) << "whatever the request";
    }
  }
}

TEST_F(SecurityTableTest, EachRoleMayCallItsMethodsAndNoOther) {
  for (const Role role :
       {Role::kGrader, Role::kReadOnly, Role::kStudent, Role::kOwner, Role::kAdmin}) {
    const std::string token(RoleName(role));
    for (const MethodDescriptor* method : served_) {
      SCOPED_TRACE(absl::StrCat(method->full_name(), " by ", token));
      const Line* const line = FindLine(*method);
      const RoleSet allowed = line == nullptr ? RolesFor(method->full_name()) : line->allowed;
      const Outcome existing = Call(*method, token, RequestFor(*method, kExisting));
      const Outcome missing = Call(*method, token, RequestFor(*method, kMissing));
      if (allowed.Has(role)) {
        EXPECT_NE(existing.code, grpc::StatusCode::PERMISSION_DENIED) << existing;
        EXPECT_NE(existing.code, grpc::StatusCode::UNAUTHENTICATED) << existing;
        EXPECT_NE(existing.code, grpc::StatusCode::NOT_FOUND) << existing;
        if (RequestFor(*method, kMissing) != RequestFor(*method, kExisting)) {
          EXPECT_EQ(missing.code, grpc::StatusCode::NOT_FOUND) << missing;
        }
      } else {
        EXPECT_EQ(existing.code, grpc::StatusCode::PERMISSION_DENIED) << existing;
        EXPECT_EQ(existing.reason, "ROLE_MISSING");
        EXPECT_EQ(existing, missing) << "the answer does not depend on what exists";
      }
      if (allowed.Has(role) && line != nullptr) SetScene();
    }
  }
}

TEST_F(SecurityTableTest, WhatBelongsToAnotherTenantIsNotThere) {
  for (const MethodDescriptor* method : served_) {
    SCOPED_TRACE(method->full_name());
    if (RequestFor(*method, kMissing) == RequestFor(*method, kExisting)) continue;
    const Outcome existing = Call(*method, "stranger", RequestFor(*method, kExisting));
    const Outcome missing = Call(*method, "stranger", RequestFor(*method, kMissing));
    EXPECT_EQ(existing.code, grpc::StatusCode::NOT_FOUND) << existing;
    EXPECT_FALSE(existing.details.empty() && existing.answer.empty());
    EXPECT_EQ(existing.About(kExisting, kMissing), missing) << "byte for byte, but for the name";
  }
  EXPECT_EQ(Call("SessionService.DeleteSession", "stranger", "name: 'sessions/existing'").code,
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Call("SessionService.GetSession", "owner", "name: 'sessions/existing'").code,
            grpc::StatusCode::OK);
  EXPECT_EQ(Call("GradingService.GetExercise", "owner", "name: 'exercises/existing'").code,
            grpc::StatusCode::OK);
}

TEST_F(SecurityTableTest, WhatIsListedIsOnesOwn) {
  for (const char* method :
       {"ModelService.ListModels", "SessionService.ListSessions", "GradingService.ListExercises"}) {
    EXPECT_THAT(Call(method, "owner", "").answer, ::testing::HasSubstr("/existing")) << method;
    EXPECT_EQ(Call(method, "stranger", "").answer, "") << method;
  }
}

TEST_F(SecurityTableTest, ItemsOfABatchTellNoMoreOfAnotherTenantThanAStep) {
  const std::string items =
      "items { session: 'sessions/existing' inputs { values: 1 } } "
      "items { session: 'sessions/missing0' inputs { values: 1 } }";
  v1::BatchStepResponse seen;
  const std::string answer = Call("SessionService.BatchStep", "stranger", items).answer;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(answer, &seen));
  ASSERT_EQ(seen.results_size(), 2);
  EXPECT_EQ(absl::StrReplaceAll(seen.results(0).DebugString(), {{kExisting, kMissing}}),
            seen.results(1).DebugString());
  EXPECT_THAT(Call("SessionService.GetSession", "owner", "name: 'sessions/existing'").answer,
              ::testing::Not(::testing::HasSubstr("next_step")))
      << "nothing was stepped";
}

TEST_F(SecurityTableTest, WhoMayNotSeeKeysSendsNoExerciseAlong) {
  v1::GradeRequest sound = GradeText(kRightText);
  v1::GradeRequest senseless;
  senseless.mutable_inline_exercise();
  senseless.mutable_submission()->set_text("0");
  for (const v1::GradeRequest& grade : {sound, senseless}) {
    v1::GradeStreamRequest stream;
    *stream.mutable_open()->mutable_inline_exercise() = grade.inline_exercise();
    v1::CheckExerciseRequest check;
    *check.mutable_inline_exercise() = grade.inline_exercise();
    for (const char* token : {"student", "read-only"}) {
      for (const auto& [method, request] :
           {std::pair<const char*, std::string>{"GradingService.Grade", grade.DebugString()},
            {"GradingService.GradeStream", stream.DebugString()},
            {"GradingService.CheckExercise", check.DebugString()}}) {
        const Outcome outcome = Call(method, token, request);
        EXPECT_EQ(outcome.code, grpc::StatusCode::PERMISSION_DENIED) << method << " " << outcome;
        EXPECT_EQ(outcome.reason, "ROLE_MISSING") << method;
        EXPECT_EQ(outcome.answer, "") << method;
      }
    }
  }
  EXPECT_EQ(Call("GradingService.Grade", "grader", sound.DebugString()).code, grpc::StatusCode::OK);
}

TEST_F(SecurityTableTest, ForeignServicesHaveTheirDoorToo) {
  const std::string reflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  const std::string channelz = "/grpc.channelz.v1.Channelz/GetServers";
  const std::string health = "/grpc.health.v1.Health/Check";
  for (const char* nobody : {"", "wrong", "expired"}) {
    EXPECT_EQ(CallPath(reflection, nobody, "\x3A\x01*").code, grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(CallPath(channelz, nobody, "").code, grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(CallPath(health, nobody, "").code, grpc::StatusCode::OK) << "for whoever balances";
  }
  for (const char* somebody : {"owner", "grader", "read-only", "student", "stranger"}) {
    EXPECT_EQ(CallPath(reflection, somebody, "\x3A\x01*").code, grpc::StatusCode::OK);
    EXPECT_EQ(CallPath(channelz, somebody, "").code, grpc::StatusCode::PERMISSION_DENIED);
  }
  EXPECT_EQ(CallPath(channelz, "admin", "").code, grpc::StatusCode::OK);
}

}  // namespace
}  // namespace cellar
