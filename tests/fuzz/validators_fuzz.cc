// Sends any message to the handlers: the first byte chooses the method, the rest is the message.
//
// Promises: a call succeeds or fails with a documented reason; an answer is no longer than a
// message may be; a call that fails leaves the session it names as it was, and other calls do too.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cellar/v1/error_reason.pb.h"
#include "cellar/v1/evaluation_service.pb.h"
#include "cellar/v1/model_service.pb.h"
#include "cellar/v1/session_service.pb.h"
#include "google/protobuf/stubs/logging.h"
#include "server/api/convert_model.h"
#include "server/api/evaluation.h"
#include "server/api/exercise_handlers.h"
#include "server/api/grading_handlers.h"
#include "server/api/model_handlers.h"
#include "server/api/model_upload.h"
#include "server/api/step_stream.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/exercise_message.h"
#include "tests/testing/model_builder.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace cellar {
namespace {

constexpr char kHealthy[] = "sessions/healthy";
constexpr char kModelName[] = "models/homework";
constexpr int64_t kMaxMessageBytes = 16 * 1024;

ApiFixtureOptions Options() {
  ApiFixtureOptions options;
  options.limits.max_message_bytes = kMaxMessageBytes;
  options.limits.max_upload_bytes = kMaxMessageBytes;
  options.limits.max_steps_per_request = 100;
  options.limits.max_exercise_values = 500;
  options.limits.model = {.max_layers = 4, .max_hidden_size = 32, .max_parameters = 10'000};
  options.sessions.max_sessions = 3;
  options.sessions.max_bytes = 100'000;
  options.models.max_models = 3;
  options.exercises.max_exercises = 3;
  options.scheduler.inline_cost = int64_t{1} << 40;  // everything inline: no thread, no chance
  return options;
}

// One server for all inputs, tidied up between them.
class World {
 public:
  World() : fixture_(Options()) {
    google::protobuf::SetLogHandler(nullptr);  // a line for every malformed string otherwise
    fixture_.AddModel(HomeworkModel());
    Tidy();
  }

  Api& api() { return fixture_.api(); }
  ApiFixture& fixture() { return fixture_; }

  std::string Digest() {
    const auto session = api().sessions.Find({kDefaultTenant, kHealthy});
    if (!session.ok()) return "not there";
    const Session::View view = (*session)->Look();
    return absl::StrCat(StackStateDigest(view.state), "/", view.next_step, "/", view.oldest_step);
  }

  // One healthy session after one step, on the one model; nothing else.
  void Tidy() {
    for (const auto& exercise : api().exercises.List({kDefaultTenant, ""}, 1000)) {
      api().exercises.Remove({kDefaultTenant, exercise->name}).IgnoreError();
    }
    if (healthy_ == Digest() && api().sessions.session_count() == 1 &&
        api().models.List({kDefaultTenant, ""}, 2).size() == 1) {
      return;
    }
    api().sessions.List({kDefaultTenant, ""}, 1000, [this](const auto& session) {
      api().sessions.Delete(session->owned_name()).IgnoreError();
      return true;
    });
    for (const auto& model : api().models.List({kDefaultTenant, ""}, 1000)) {
      if (model->name() != kModelName)
        api().models.Remove({kDefaultTenant, model->name()}).IgnoreError();
    }
    fixture_.NewSession("healthy", kModelName);
    FuzzCheck(fixture_.Await(Step, StepOf(kHealthy, {1})).ok(), "a healthy session steps");
    healthy_ = Digest();
  }

 private:
  ApiFixture fixture_;
  std::string healthy_;  // its digest after Tidy
};

World& TheWorld() {
  static World& world = *new World();
  return world;
}

void CheckStatus(const absl::Status& status) {
  if (status.ok()) return;
  const std::string reason = GetErrorReason(status);
  v1::ErrorReason known;
  FuzzCheck(v1::ErrorReason_Parse(absl::StrCat("ERROR_REASON_", reason), &known),
            absl::StrCat("every failure has a documented reason: ", status.ToString()));
  FuzzCheck(known != v1::ERROR_REASON_INTERNAL, status.ToString());
  FuzzCheck(!status.message().empty(), "every failure has a message");
  if (reason != "BAD_REQUEST") return;
  for (const std::string& field : ViolatedFields(status)) {
    FuzzCheck(!field.empty(), "every violation names its field");
  }
}

template <class Response>
absl::Status CheckOutcome(const absl::StatusOr<Response>& outcome) {
  if (outcome.ok()) {
    FuzzCheck(static_cast<int64_t>(outcome->ByteSizeLong()) <= kMaxMessageBytes,
              absl::StrCat("an answer has ", outcome->ByteSizeLong(), " bytes"));
  }
  return outcome.status();
}

absl::Status RunCreateModel(const std::string& bytes) {
  v1::CreateModelRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  return CheckOutcome(TheWorld().fixture().Ask(CreateModel, request));
}

absl::Status RunCreateExercise(const std::string& bytes) {
  v1::CreateExerciseRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  const auto created = TheWorld().fixture().Ask(CreateExercise, request);
  if (created.ok()) {  // whatever is kept can be had for any seed
    v1::GetExerciseRequest get;
    get.set_name(created->exercise().name());
    get.set_seed("seed");
    const absl::Status got = CheckOutcome(TheWorld().fixture().Ask(GetExercise, get));
    FuzzCheck(got.ok() || GetErrorReason(got) == "ANSWER_SIZE_LIMIT", got.ToString());
  }
  return CheckOutcome(created);
}

absl::Status RunGrade(const std::string& bytes) {
  v1::GradeRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  return CheckOutcome(TheWorld().fixture().Ask(Grade, request));
}

absl::Status RunCreateSession(const std::string& bytes) {
  v1::CreateSessionRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  return CheckOutcome(TheWorld().fixture().Await(CreateSession, request));
}

absl::Status RunStep(const std::string& bytes) {
  v1::StepRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  return CheckOutcome(TheWorld().fixture().Await(Step, request));
}

absl::Status RunSetSessionState(const std::string& bytes) {
  v1::SetSessionStateRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  return CheckOutcome(TheWorld().fixture().Await(SetSessionState, request));
}

absl::Status RunForkSession(const std::string& bytes) {
  v1::ForkSessionRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  return CheckOutcome(TheWorld().fixture().Await(ForkSession, request));
}

absl::Status RunImportSession(const std::string& bytes) {
  v1::ImportSessionRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  return CheckOutcome(TheWorld().fixture().Await(ImportSession, request));
}

absl::Status RunEvaluate(const std::string& bytes) {
  v1::EvaluateRequest request;
  if (!request.ParseFromString(bytes)) return absl::OkStatus();
  auto evaluation = Evaluation::Create(TheWorld().api(), Call(LocalCaller()), request);
  if (!evaluation.ok()) return evaluation.status();
  while (!(*evaluation)->AtEnd()) {
    v1::EvaluateResponse response;
    const absl::StatusOr<bool> is_answer = (*evaluation)->Next(&response);
    if (!is_answer.ok()) return is_answer.status();
    if (!*is_answer) continue;
    CheckOutcome(absl::StatusOr<v1::EvaluateResponse>(std::move(response))).IgnoreError();
  }
  return absl::OkStatus();
}

// The rest is the file, its first byte the format.
absl::Status RunUploadModel(const std::string& bytes) {
  if (bytes.empty()) return absl::OkStatus();
  ModelUpload upload(TheWorld().api(), Call(LocalCaller()));
  v1::UploadModelRequest message;
  message.mutable_open()->set_format(static_cast<v1::ModelFormat>(bytes[0]));
  message.mutable_open()->set_size_bytes(static_cast<int64_t>(bytes.size()) - 1);
  absl::Status status = upload.Add(std::move(message));
  if (!status.ok()) return status;
  v1::UploadModelRequest chunk;
  chunk.set_chunk(bytes.substr(1));
  status = upload.Add(std::move(chunk));
  if (!status.ok()) return status;
  v1::UploadModelResponse response;
  return upload.Finish(&response);
}

// An open stream, and the message on it.
absl::Status RunStreamSteps(const std::string& bytes) {
  v1::StreamStepsRequest open;
  open.mutable_open()->set_session(kHealthy);
  open.mutable_open()->set_view(v1::VIEW_TRACE);
  v1::StreamStepsRequest step;
  if (!step.ParseFromString(bytes)) return absl::OkStatus();
  absl::Status outcome;
  const auto note = [&outcome](absl::Status status) { outcome = std::move(status); };
  const auto stream =
      *StepStream::Create(TheWorld().api(), Call(LocalCaller()), [](const absl::Status&) {});
  v1::StreamStepsResponse response;
  stream->Open(open, &response, note);
  if (!outcome.ok()) return outcome;
  stream->Step(step, &response, note);
  stream->Close();
  return outcome;
}

struct Method {
  absl::Status (*run)(const std::string&);
  std::string example;  // a message that succeeds
};

std::string ExampleSnapshot() {
  v1::ExportSessionRequest request;
  request.set_name(kHealthy);
  return TheWorld().fixture().Await(ExportSession, request)->snapshot();
}

std::vector<Method> MakeMethods() {
  const v1::Model model = WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_VALUES);
  v1::CreateModelRequest create_model;
  *create_model.mutable_model() = model;
  v1::CreateSessionRequest create_session;
  create_session.mutable_session()->set_model(kModelName);
  create_session.mutable_session()->mutable_ttl()->set_seconds(60);
  (*create_session.mutable_session()->mutable_labels())["k"] = "v";
  v1::State& state = *create_session.mutable_initial_state();
  *state.add_layers()->mutable_h() = ValuesOf({1});
  *state.mutable_layers(0)->mutable_c() = ValuesOf({1});
  v1::StepRequest step = StepOf(kHealthy, {1, 0}, 1);
  step.set_view(v1::VIEW_TRACE);
  v1::SetSessionStateRequest set;
  set.set_name(kHealthy);
  *set.mutable_state() = state;
  set.set_next_step(7);
  v1::ForkSessionRequest fork;
  fork.set_name(kHealthy);
  fork.set_step_index(0);
  v1::ImportSessionRequest import;
  import.mutable_session()->set_model(kModelName);
  import.set_snapshot(ExampleSnapshot());
  v1::EvaluateRequest evaluate;
  *evaluate.mutable_inline_model() = model;
  *evaluate.add_sequences()->mutable_inputs() = ValuesOf({1, 0});
  *evaluate.mutable_sequences(0)->mutable_initial_state() = state;
  v1::CreateExerciseRequest create_exercise;
  *create_exercise.mutable_exercise() = HomeworkMessage();
  create_exercise.mutable_exercise()->add_questions()->set_quantity(v1::QUANTITY_FORGET_GATE);
  v1::Variation& variation = *create_exercise.mutable_exercise()->add_variations();
  variation.set_field("sequences[0].inputs");
  variation.mutable_range()->set_maximum(1);
  variation.mutable_range()->set_step(0.5);
  v1::GradeRequest grade = GradeText(kWrongText, v1::FEEDBACK_EXPECTED);
  *grade.mutable_inline_exercise() = create_exercise.exercise();
  grade.mutable_inline_exercise()->clear_questions();
  grade.mutable_inline_exercise()->set_credit(v1::CREDIT_CARRIED);
  v1::StreamStepsRequest stream;
  *stream.mutable_step()->mutable_inputs() = ValuesOf({1});
  return {{RunCreateModel, create_model.SerializeAsString()},
          {RunCreateSession, create_session.SerializeAsString()},
          {RunStep, step.SerializeAsString()},
          {RunSetSessionState, set.SerializeAsString()},
          {RunForkSession, fork.SerializeAsString()},
          {RunImportSession, import.SerializeAsString()},
          {RunCreateExercise, create_exercise.SerializeAsString()},
          {RunGrade, grade.SerializeAsString()},
          {RunEvaluate, evaluate.SerializeAsString()},
          {RunUploadModel, absl::StrCat("\x01", model.SerializeAsString())},
          {RunUploadModel, "\x02{\"layers\":[{\"rnn\":{\"hidden\":{}}}]}"},
          {RunStreamSteps, stream.SerializeAsString()}};
}

const std::vector<Method>& Methods() {
  static const std::vector<Method>& methods = *new std::vector<Method>(MakeMethods());
  return methods;
}

}  // namespace
}  // namespace cellar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cellar;  // NOLINT(google-build-using-namespace): a main function of sorts
  if (size == 0) return 0;
  const Method& method = Methods()[data[0] % Methods().size()];
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string before = TheWorld().Digest();
  const absl::Status status = method.run(bytes);
  CheckStatus(status);
  const bool may_change = status.ok() && (method.run == RunStep || method.run == RunStreamSteps ||
                                          method.run == RunSetSessionState);
  FuzzCheck(may_change || TheWorld().Digest() == before, "the healthy session is as it was");
  TheWorld().Tidy();
  return 0;
}

// Begins from a message that succeeds now and then.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  const auto& methods = cellar::Methods();
  const size_t method = seed / 16 % methods.size();
  const std::string& example = methods[method].example;
  if ((seed % 16 == 0 || size < 2) && example.size() < max_size) {
    data[0] = static_cast<uint8_t>(method);
    std::memcpy(data + 1, example.data(), example.size());
    size = example.size() + 1;
  }
  // The method is chosen above; only the message is mutated.
  return size < 2 ? size : 1 + LLVMFuzzerMutate(data + 1, size - 1, max_size - 1);
}
