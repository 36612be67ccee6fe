#include "client/commands/grade_flags.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/exercise/exercise_argument.h"
#include "client/commands/number_flags.h"
#include "client/grading/format_table.h"
#include "client/number_text.h"

namespace cellar {

const char kEdxProblemFormat[] = "edx-customresponse";

namespace {

constexpr char kAnswers[] = "Answers";
constexpr char kResults[] = "Results";

// What the server takes as an id or a seed.
CLI::Validator ShortText() {
  return CLI::Validator([](const std::string& text) { return TooLongText(text); }, "");
}

CLI::Validator Share() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        const absl::StatusOr<double> share = ParseNumber(text);
        if (share.ok() && *share >= 0 && *share <= 1) return "";  // not NaN
        return absl::StrCat("`", text, "` is no number from 0 to 1");
      },
      "");
}

void AddAnswerFlags(CLI::App& command, GradeFlags& flags) {
  command
      .add_option("--target", flags.target,
                  "Grade a running server that speaks SessionService, instead of files")
      ->type_name("ADDRESS")
      ->group(kAnswers);
  command.add_option("--id", flags.id, "The name of the one answer; that of its file otherwise")
      ->type_name("TEXT")
      ->check(ShortText())
      ->group(kAnswers);
  CLI::Option* seed =
      command.add_option("--seed", flags.reading.seed, "Draws the exercise's variations")
          ->type_name("TEXT")
          ->check(ShortText())
          ->group(kAnswers);
  CLI::Option* by_id =
      command.add_flag("--seed-is-id", flags.reading.seed_is_id, "Each answer's name is its seed")
          ->excludes(seed)
          ->group(kAnswers);
  const std::vector<std::string> formats = {"text", "json", "csv", "npy"};
  command
      .add_option("--answer-format", flags.answer_format,
                  "How to read answers; by their first bytes otherwise")
      ->type_name(absl::StrJoin(formats, "|"))
      ->check(OneOf(formats))
      ->group(kAnswers);
  CLI::Option* typed =
      command
          .add_option(
              "--typed", flags.reading.typed_key,
              "The file is a platform's, in JSON: take the texts by question from this object")
          ->type_name("KEY")
          ->group(kAnswers);
  command.add_option("--typed-seed", flags.reading.seed_key, "And the seed from here")
      ->type_name("KEY")
      ->needs(typed)
      ->excludes(seed)
      ->excludes(by_id)
      ->group(kAnswers);
}

void AddResultFlags(CLI::App& command, GradeFlags& flags) {
  std::vector<std::string> formats = GradeFormatNames();
  formats.emplace_back(kEdxProblemFormat);
  command.add_option("--format", flags.format, "What is written, see below")
      ->type_name("NAME")
      ->check(OneOf(formats))
      ->capture_default_str()
      ->group(kResults);
  command
      .add_option("--out", flags.out,
                  "The file to write, whole or not at all; a folder for a file a submission")
      ->type_name("PATH")
      ->group(kResults);
  const std::vector<std::string> levels = {"none", "steps", "diagnosis", "expected"};
  command
      .add_option("--feedback", flags.feedback, "How much to tell; as the exercise says otherwise")
      ->type_name(absl::StrJoin(levels, "|"))
      ->check(OneOf(levels))
      ->group(kResults);
  command
      .add_option("--fail-under", flags.fail_under,
                  "Exit with 1 if a submission has less than this share of the points, 0 to 1")
      ->type_name("SHARE")
      ->check(Share())
      ->group(kResults);
}

}  // namespace

void AddGradeFlags(CLI::App& command, GradeFlags& flags) {
  AddExerciseArgument(command, flags.exercise);
  command
      .add_option("SUBMISSION", flags.submissions,
                  "Files with answers, folders of such files; - is the standard input")
      ->type_name("");
  AddAnswerFlags(command, flags);
  AddResultFlags(command, flags);
}

v1::Feedback FeedbackOf(const GradeFlags& flags) {
  if (flags.feedback == "none") return v1::FEEDBACK_NONE;
  if (flags.feedback == "steps") return v1::FEEDBACK_STEPS;
  if (flags.feedback == "diagnosis") return v1::FEEDBACK_DIAGNOSIS;
  if (flags.feedback == "expected") return v1::FEEDBACK_EXPECTED;
  return v1::FEEDBACK_UNSPECIFIED;
}

absl::Status CheckSeeds(const v1::Exercise& exercise, const GradeFlags& flags) {
  if (exercise.variations().empty() || !flags.reading.seed.empty()) return absl::OkStatus();
  constexpr char kVaried[] = "the exercise has variations, numbers that a seed draws: give ";
  if (flags.format == kEdxProblemFormat) {
    return absl::InvalidArgumentError(
        absl::StrCat(kVaried, "--seed TEXT; a problem has the numbers of one seed"));
  }
  if (flags.reading.seed_is_id) return absl::OkStatus();
  if (!flags.target.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(kVaried, "--seed TEXT, or --seed-is-id"));
  }
  if (!flags.reading.seed_key.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(kVaried,
                   "--seed TEXT; or, for a seed of each answer's own, --seed-is-id or "
                   "--typed-seed KEY"));
}

SubmissionOptions ReadingOf(const GradeFlags& flags) {
  SubmissionOptions reading = flags.reading;
  if (flags.answer_format == "text") reading.format = v1::ANSWER_FORMAT_TEXT;
  if (flags.answer_format == "json") reading.format = v1::ANSWER_FORMAT_JSON;
  if (flags.answer_format == "csv") reading.format = v1::ANSWER_FORMAT_CSV;
  if (flags.answer_format == "npy") reading.format = v1::ANSWER_FORMAT_NPY;
  return reading;
}

}  // namespace cellar
