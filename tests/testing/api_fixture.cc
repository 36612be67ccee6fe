#include "tests/testing/api_fixture.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "server/api/kept_resources.h"

namespace cellar {
namespace {

// A fixture that is asked for something impossible is a mistake in a test.
template <class Value>
Value Required(absl::StatusOr<Value> value) {
  if (value.ok()) return *std::move(value);
  std::cerr << "api_fixture: " << value.status() << "\n";
  std::abort();
}

std::unique_ptr<GroupWriter> WriterOf(RecordStore* store) {
  return store == nullptr ? nullptr : std::make_unique<GroupWriter>(*store);
}

}  // namespace

ApiFixture::ApiFixture(const ApiFixtureOptions& options)
    : clock_(options.now),
      writer_(WriterOf(options.store)),
      keeper_(options.store == nullptr
                  ? nullptr
                  : std::make_unique<SessionKeeper>(
                        *options.store, *writer_, clock_, options.keeping,
                        [this](const std::string& line) { log_.push_back(line); })),
      models_(options.models),
      sessions_(options.sessions, clock_, keeper_.get()),
      exercises_(options.exercises),
      call_bytes_({options.limits.max_call_bytes_per_tenant, options.limits.max_call_bytes}),
      scheduler_(options.scheduler, clock_),
      api_{clock_,      models_,        sessions_,     exercises_,   scheduler_,
           call_bytes_, options.limits, writer_.get(), keeper_.get()} {
  if (options.store == nullptr) return;
  const bool ended_in_order = Required(keeper_->BeginRun(sessions_.epoch()));
  Required(RestoreModels(*options.store, api_));
  Required(RestoreExercises(*options.store, api_));
  restored_ = Required(
      RestoreSessions(*options.store, *keeper_, models_, clock_, ended_in_order, sessions_));
}

absl::Status ApiFixture::EndInOrder() {
  scheduler_.Drain();
  if (absl::Status kept = sessions_.KeepAll(); !kept.ok()) return kept;
  return keeper_->EndRun(sessions_.epoch());
}

std::string ApiFixture::AddModel(std::shared_ptr<const Model> model) {
  return Required(models_.Add(kDefaultTenant, std::move(model)))->name();
}

v1::Session ApiFixture::NewSession(const std::string& id, const std::string& model,
                                   const v1::Session& settings) {
  v1::CreateSessionRequest request;
  request.set_session_id(id);
  *request.mutable_session() = settings;
  request.mutable_session()->set_model(model);
  return Required(Await(CreateSession, request)).session();
}

v1::Session ApiFixture::Get(const std::string& id) {
  v1::GetSessionRequest request;
  request.set_name(absl::StrCat("sessions/", id));
  request.set_view(v1::SESSION_VIEW_FULL);
  request.set_encoding(v1::ENCODING_RAW);
  return Required(Ask(GetSession, request)).session();
}

TurnBlocker::TurnBlocker(Api& api, const std::string& session_name) : api_(api) {
  absl::Notification running;
  Task task;
  task.cost = int64_t{1} << 60;  // dear: not inline, or nobody could go on
  task.run = [this, &running](absl::Status) {
    running.Notify();
    opened_.WaitForNotification();
  };
  const auto session = api.sessions.Find({kDefaultTenant, session_name});
  const absl::string_view key = session.ok() ? (*session)->turn_key() : session_name;
  if (!api.scheduler.Schedule(key, std::move(task)).ok()) std::abort();
  running.WaitForNotification();
}

void TurnBlocker::Open() {
  if (!opened_.HasBeenNotified()) opened_.Notify();
  api_.scheduler.Drain();
}

v1::StepRequest StepOf(const std::string& session, const std::vector<double>& inputs,
                       std::optional<int64_t> step_index) {
  v1::StepRequest request;
  request.set_session(session);
  *request.mutable_inputs() = ValuesOf(inputs);
  if (step_index.has_value()) request.set_step_index(*step_index);
  return request;
}

v1::Tensor ValuesOf(const std::vector<double>& values, const std::vector<int64_t>& shape) {
  v1::Tensor tensor;
  tensor.mutable_values()->Add(values.begin(), values.end());
  tensor.mutable_shape()->Add(shape.begin(), shape.end());
  return tensor;
}

std::vector<std::string> ViolatedFields(const absl::Status& status) {
  if (GetErrorReason(status) != "BAD_REQUEST") {
    return {absl::StrCat("not BAD_REQUEST: ", status.ToString())};
  }
  const ErrorDetail detail = *GetErrorDetail(status);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : detail.violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

std::string MetadataOf(const absl::Status& status, absl::string_view key) {
  const auto detail = GetErrorDetail(status);
  if (!detail.has_value()) return "";
  for (const auto& [name, value] : detail->metadata) {
    if (name == key) return value;
  }
  return "";
}

}  // namespace cellar
