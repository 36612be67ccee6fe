#include "client/grading/target.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/error_text.h"
#include "client/grading/questions.h"
#include "client/grading/safe_text.h"
#include "client/network_cause.h"
#include "client/number_text.h"
#include "client/session_client.h"

namespace cellar {
namespace {

// The name of the model on a target that cannot be given one.
constexpr char kKnownModel[] = "models/exercise";

constexpr size_t kMaxCauseCharacters = 300;

absl::Status Reason(absl::string_view text) {
  return absl::InvalidArgumentError(Shortened(CleanLine(text), kMaxCauseCharacters));
}

// What a call to the target ended with, in words for the student.
absl::Status CallFailed(absl::string_view doing, const absl::Status& status,
                        const std::string& address) {
  if (IsUnreachable(status)) {
    return Reason(absl::StrCat("your server cannot be reached at ", address, " (",
                               NetworkCause(status.message()), "): it was to ", doing,
                               "; start it, or correct the address of --target"));
  }
  return Reason(absl::StrCat("your server, asked to ", doing, ": ", ErrorText(status, address)));
}

absl::StatusOr<std::string> ModelName(Connection& target, const v1::Exercise& exercise) {
  v1::CreateModelRequest request;
  *request.mutable_model() = exercise.model();
  const auto answer =
      target.Call(target.models(), &v1::ModelService::Stub::CreateModel, request, Repeat::kUnsafe);
  if (absl::IsUnimplemented(answer.status())) return kKnownModel;
  if (!answer.ok())
    return CallFailed("create the model", answer.status(), target.options().address);
  return answer->model().name();
}

// Steps a new session through a sequence.
absl::StatusOr<v1::Trace> TraceOf(const std::shared_ptr<Connection>& target,
                                  const v1::Exercise& exercise, const std::string& model,
                                  const v1::Sequence& sequence) {
  v1::CreateSessionRequest request;
  request.mutable_session()->set_model(model);
  *request.mutable_session()->mutable_numerics() = exercise.numerics();
  if (sequence.has_initial_state()) *request.mutable_initial_state() = sequence.initial_state();
  auto session = SessionClient::Create(target, request, SessionClient::AtEnd::kDelete);
  if (!session.ok()) {
    return CallFailed("create a session", session.status(), target->options().address);
  }
  auto answer = (*session)->Step(sequence.inputs(), v1::VIEW_TRACE);
  if (!answer.ok()) return CallFailed("step", answer.status(), target->options().address);
  return std::move(*answer->mutable_trace());
}

const v1::Tensor& TensorIn(const v1::LayerTrace& layer, v1::Quantity quantity) {
  switch (quantity) {
    case v1::QUANTITY_C:
      return layer.c();
    case v1::QUANTITY_FORGET_GATE:
      return layer.forget_gate();
    case v1::QUANTITY_INPUT_GATE:
      return layer.input_gate();
    case v1::QUANTITY_OUTPUT_GATE:
      return layer.output_gate();
    case v1::QUANTITY_UPDATE_GATE:
      return layer.update_gate();
    case v1::QUANTITY_RESET_GATE:
      return layer.reset_gate();
    case v1::QUANTITY_CANDIDATE:
      return layer.candidate();
    default:
      return layer.h();
  }
}

// The tensor that a question asks for; an empty one if the trace has it not.
const v1::Tensor& Asked(const v1::Trace& trace, const v1::Exercise& exercise,
                        const v1::Question& question) {
  const int last = exercise.model().layers_size() - 1;
  const int layer = question.has_layer() ? question.layer() : last;
  const bool is_output =
      question.quantity() == v1::QUANTITY_H || question.quantity() == v1::QUANTITY_UNSPECIFIED;
  if (is_output && layer == last && trace.has_outputs()) return trace.outputs();
  if (layer < 0 || layer >= trace.layers_size()) return v1::Tensor::default_instance();
  return TensorIn(trace.layers(layer), question.quantity());
}

// Number of steps of a sequence, by its shape or by the model's number of inputs.
int64_t StepsOf(const v1::Trace& trace, const v1::Sequence& sequence) {
  if (sequence.inputs().shape_size() > 0) return sequence.inputs().shape(0);
  // Without a shape only the answer tells how many inputs make a step.
  const v1::Tensor& outputs = trace.outputs();
  return outputs.shape_size() > 0 ? outputs.shape(0) : sequence.inputs().values_size();
}

// The asked elements of the asked steps, as one would type them.
absl::StatusOr<std::string> TypedAnswer(const v1::Tensor& tensor, int64_t step_count,
                                        const v1::Question& question) {
  const std::string what = absl::StrCat(LetterOf(question.quantity()), " of sequence ",
                                        question.sequence() + 1, " (question ", question.id(), ")");
  if (tensor.values().empty()) return Reason(absl::StrCat("your server gives no ", what));
  const int64_t count = tensor.values_size();
  if (step_count < 1 || count % step_count != 0) {
    return Reason(absl::StrCat("your server gives ", count, " values of ", what, ", for ",
                               step_count, " steps"));
  }
  const int64_t width = count / step_count;
  std::vector<int64_t> steps(question.steps().begin(), question.steps().end());
  for (int64_t step = 0; question.steps().empty() && step < step_count; ++step) {
    steps.push_back(step);
  }
  std::vector<int64_t> elements(question.elements().begin(), question.elements().end());
  for (int64_t k = 0; question.elements().empty() && k < width; ++k) elements.push_back(k);
  std::string text;
  for (const int64_t step : steps) {
    for (const int64_t element : elements) {
      if (step < 0 || step >= step_count || element < 0 || element >= width) {
        return Reason(absl::StrCat("your server gives no element ", element, " of step ", step,
                                   " of ", what));
      }
      const double value = tensor.values(static_cast<int>(step * width + element));
      absl::StrAppend(&text, text.empty() ? "" : " ",
                      FormatNumber(value, NumberFormat::Full(v1::PRECISION_FLOAT64)));
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<v1::Submission> AnswersOfTarget(const std::shared_ptr<Connection>& target,
                                               const v1::Exercise& exercise) {
  const absl::StatusOr<std::string> model = ModelName(*target, exercise);
  if (!model.ok()) return model.status();
  std::vector<v1::Trace> traces;
  for (const v1::Sequence& sequence : exercise.sequences()) {
    absl::StatusOr<v1::Trace> trace = TraceOf(target, exercise, *model, sequence);
    if (!trace.ok()) return trace.status();
    traces.push_back(*std::move(trace));
  }
  v1::Submission submission;
  auto& texts = *submission.mutable_typed()->mutable_texts();
  for (const v1::Question& question : QuestionsOf(exercise)) {
    const auto index = static_cast<size_t>(question.sequence());
    if (index >= traces.size()) continue;  // the server refuses such an exercise
    const v1::Sequence& sequence = exercise.sequences(question.sequence());
    absl::StatusOr<std::string> text = TypedAnswer(Asked(traces[index], exercise, question),
                                                   StepsOf(traces[index], sequence), question);
    if (!text.ok()) return text.status();
    texts[question.id()] = *std::move(text);
  }
  return submission;
}

}  // namespace cellar
