// Reads any bytes as an exercise's file; whatever is one is kept, shown, checked, answered and
// written for every platform: the first byte chooses the form, text or JSON, and what a student
// typed is made of the second.
//
// Promises: a file that is refused is INVALID_ARGUMENT and names the file; what the server refuses
// has a documented reason; what it keeps it shows; a check names every mistake, and an answer for
// those it sees and no other; that answer can be read, and is wrong; points are between 0 and the
// most there is; every platform's file ends in a line feed.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cellar/v1/error_reason.pb.h"
#include "client/exercise_file.h"
#include "client/grading/edx_problem.h"
#include "client/grading/formats.h"
#include "client/number_text.h"
#include "google/protobuf/stubs/logging.h"
#include "server/api/exercise_check_handlers.h"
#include "server/api/exercise_handlers.h"
#include "server/api/grading_handlers.h"
#include "tests/fuzz/fuzz_check.h"
#include "tests/testing/api_fixture.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace cellar {
namespace {

ApiFixtureOptions Options() {
  ApiFixtureOptions options;
  options.limits.max_steps_per_request = 20;
  options.limits.max_exercise_values = 100;
  options.limits.model = {.max_layers = 2, .max_hidden_size = 3, .max_parameters = 200};
  return options;
}

constexpr char kExample[] = R"(
model { layers { lstm {
  forget_gate { input_weights { values: 0.5 } recurrent_weights { values: -1 } bias { values: 0 } }
  input_gate { input_weights { values: 1 } recurrent_weights { values: 0.5 } bias { values: 0 } }
  output_gate { input_weights { values: 2 } recurrent_weights { values: 1 } bias { values: 1 } }
  candidate { input_weights { values: 1.5 } recurrent_weights { values: -1 } bias { values: 0 } }
} } }
numerics { rounding: ROUNDING_NEAREST_TIES_TO_ZERO }
sequences { title: "s" inputs { values: [1, -0.5] } }
questions { id: "a" prompt: "p" quantity: QUANTITY_C steps: 1 points: 2 comparison { decimals: 2 } }
credit: CREDIT_CARRIED
feedback: FEEDBACK_EXPECTED
variations { field: "sequences[0].inputs" choices { values: [1, 2] } }
)";

void CheckReason(const absl::Status& status) {
  v1::ErrorReason known;
  const std::string reason = absl::StrCat("ERROR_REASON_", GetErrorReason(status));
  FuzzCheck(status.ok() || v1::ErrorReason_Parse(reason, &known), status.ToString());
  FuzzCheck(GetErrorReason(status) != "INTERNAL", status.ToString());
}

void CheckFiles(const v1::Exercise& exercise, const v1::Verdict& verdict) {
  const Report report = MakeReport(exercise, verdict);
  const double fraction = Fraction(report);
  FuzzCheck(fraction >= 0 && fraction <= 1, "a fraction is one");
  for (const std::string& file :
       {GradescopeFile(report), PrairieLearnFile(report), EdxContainerLine(report),
        EdxReply(report), GithubOutput(report), CodegradeLines(report), CourseraFile(report),
        ExercismFile(report), LtiScore(report, absl::UnixEpoch()),
        JunitFile({report}, absl::UnixEpoch()), TapStream({report}), TextReport({report}),
        JsonReport({report}), CsvReport({report})}) {
    FuzzCheck(absl::EndsWith(file, "\n"), "a file ends in a line feed");
  }
}

// The verdict on an answer to the exercise as it is written; nothing: the server refuses it.
std::optional<v1::Verdict> Graded(ApiFixture& fixture, const v1::Exercise& exercise,
                                  const v1::Submission& submission) {
  v1::GradeRequest request;
  *request.mutable_inline_exercise() = exercise;
  *request.mutable_submission() = submission;
  request.set_feedback(v1::FEEDBACK_EXPECTED);
  const auto graded = fixture.Ask(Grade, request);
  CheckReason(graded.status());
  if (!graded.ok()) return std::nullopt;
  const v1::Verdict& verdict = graded->verdict();
  FuzzCheck(verdict.points() >= 0 && verdict.points() <= verdict.max_points() * (1 + 1e-9),
            "points are possible");
  CheckFiles(exercise, verdict);
  return verdict;
}

v1::Submission TypedText(std::string text) {
  v1::Submission submission;
  submission.set_text(std::move(text));
  return submission;
}

void CheckMistakes(ApiFixture& fixture, const v1::Exercise& exercise) {
  v1::CheckExerciseRequest request;
  *request.mutable_inline_exercise() = exercise;
  request.set_answers(true);
  const auto check = fixture.Ask(CheckExercise, request);
  CheckReason(check.status());
  if (!check.ok()) return;
  FuzzCheck(check->mistakes_size() > 100, "every mistake is named");
  int tried = 0;
  for (const v1::MistakeVisibility& mistake : check->mistakes()) {
    FuzzCheck(mistake.applicable() || !mistake.visible(), "what cannot be made is not seen");
    FuzzCheck(mistake.visible() == (mistake.answer_size() > 0), "an answer for what is seen");
    if (!mistake.visible() || ++tried > 3) continue;
    const auto typed = [](std::string* out, double value) {
      absl::StrAppend(out, FormatNumber(value, NumberFormat::Full(v1::PRECISION_FLOAT64)));
    };
    const auto verdict =
        Graded(fixture, exercise, TypedText(absl::StrJoin(mistake.answer(), " ", typed)));
    if (!verdict.has_value()) continue;
    FuzzCheck(verdict->gradable(), "what a mistake leads to can be read");
    int64_t wrong_count = 0;
    for (const v1::QuestionVerdict& question : verdict->questions()) {
      wrong_count += question.value_count() - question.correct_count();
    }
    FuzzCheck(wrong_count > 0, "what is seen is wrong");
  }
}

// The bytes of what the author wrote.
std::string WithoutServerFacts(v1::Exercise exercise) {
  exercise.clear_name();
  exercise.clear_digest();
  exercise.clear_create_time();
  return exercise.SerializeAsString();
}

void CheckKeeping(ApiFixture& fixture, const v1::Exercise& exercise) {
  v1::CreateExerciseRequest create;
  create.set_exercise_id("kept");
  *create.mutable_exercise() = exercise;
  const auto created = fixture.Ask(CreateExercise, create);
  CheckReason(created.status());
  if (!created.ok()) return;
  v1::GetExerciseRequest get;
  get.set_name("exercises/kept");
  const auto shown = fixture.Ask(GetExercise, get);
  FuzzCheck(shown.ok(), "what is kept is shown");
  FuzzCheck(WithoutServerFacts(shown->exercise()) == WithoutServerFacts(exercise), "as it was");
  for (const char* seed : {"ada", "\xc3\xa4"}) {
    get.set_seed(seed);
    CheckReason(fixture.Ask(GetExercise, get).status());
    v1::GradeRequest grade;
    grade.set_exercise("exercises/kept");
    grade.mutable_submission()->set_text("0");
    grade.mutable_submission()->set_seed(seed);
    CheckReason(fixture.Ask(Grade, grade).status());
  }
  v1::DeleteExerciseRequest end;
  end.set_name("exercises/kept");
  FuzzCheck(fixture.Ask(DeleteExercise, end).ok(), "what is kept can be deleted");
}

void Check(const std::string& contents, const char* file_name, uint8_t typed) {
  static ApiFixture& fixture = *new ApiFixture(Options());
  const absl::StatusOr<v1::Exercise> exercise = ParseExercise(contents, file_name);
  if (!exercise.ok()) {
    FuzzCheck(absl::IsInvalidArgument(exercise.status()), "a bad file is a bad argument");
    FuzzCheck(absl::StrContains(exercise.status().message(), file_name), "the file is named");
    return;
  }
  v1::Submission nothing;
  nothing.mutable_typed();
  const auto key = Graded(fixture, *exercise, nothing);
  if (!key.has_value()) return;
  Graded(fixture, *exercise, TypedText(absl::StrCat(typed % 3 - 1, " ", typed % 7, ", -0.5 nan")));
  CheckReason(fixture
                  .Ask(Grade,
                       [&] {
                         v1::GradeRequest request;
                         *request.mutable_inline_exercise() = *exercise;
                         request.mutable_submission()->set_text("");
                         request.mutable_submission()->set_seed("ada");
                         return request;
                       }())
                  .status());
  const auto problem = EdxProblem(*exercise, *key, {});
  FuzzCheck(!problem.ok() || absl::EndsWith(*problem, "\n"), "a problem ends in a line feed");
  CheckMistakes(fixture, *exercise);
  CheckKeeping(fixture, *exercise);
}

}  // namespace
}  // namespace cellar

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool quiet = [] {
    google::protobuf::SetLogHandler(nullptr);  // a line for every malformed string otherwise
    return true;
  }();
  if (!quiet || size < 2) return 0;
  const std::string contents(reinterpret_cast<const char*>(data) + 2, size - 2);
  cellar::Check(contents, data[0] % 2 == 0 ? "exercise.textproto" : "exercise.json", data[1]);
  return 0;
}

// Begins from a sound exercise now and then.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  constexpr size_t kLength = sizeof(cellar::kExample) - 1;
  if (seed % 16 == 0 && kLength + 2 < max_size) {
    data[0] = 0;
    std::memcpy(data + 2, cellar::kExample, kLength);
    size = kLength + 2;
  }
  return LLVMFuzzerMutate(data, size, max_size);
}
