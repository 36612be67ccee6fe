#include <filesystem>
#include <map>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/commands/exercise/exercise_argument.h"
#include "client/commands/exercise/exercise_size.h"
#include "client/commands/grade_flags.h"
#include "client/commands/grade_output.h"
#include "client/commands/grade_problem.h"
#include "client/commands/progress_bar.h"
#include "client/commands/terminal.h"
#include "client/grading/grading_client.h"
#include "client/grading/output_file.h"
#include "client/grading/questions.h"
#include "client/grading/safe_text.h"
#include "client/grading/summary.h"
#include "client/grading/target.h"

namespace cellar {
namespace {

constexpr char kGradeExample[] =
    "cellar grade client/examples/grading/homework.textproto "
    "client/examples/grading/submissions/ada.txt\n"
    "echo \"0 0 1 -1 1 0; 1 -1 0 1 -1\" | cellar grade "
    "client/examples/grading/homework.textproto -\n"
    "cellar grade client/examples/grading/homework.textproto client/examples/grading/submissions/ "
    "--format csv --out marks.csv\n"
    "cellar grade homework.textproto answer.txt --format gradescope --out results.json\n"
    "cellar grade homework.textproto --target 127.0.0.1:50052";

// The exit codes of this command; it has its own, as graders' habits differ from servers'.
enum GradeExitCode {
  kGraded = 0,
  kBelow = 1,        // --fail-under
  kBadExercise = 2,  // bad usage, or an exercise that cannot be read
  kGraderBroke = 3,  // no verdict: not a word about the answer
};

constexpr int kMaxTargetAnswerBytes = 16 << 20;

std::string LongHelp() {
  std::string text = absl::StrCat("Example:\n  ", kGradeExample);
  for (size_t at = text.find('\n', 12); at != std::string::npos; at = text.find('\n', at + 3)) {
    text.replace(at, 1, "\n  ");
  }
  text += "\n\nFormats:\n";
  for (const GradeFormat& format : GradeFormats()) {
    absl::StrAppend(&text, "  ", format.name,
                    std::string(20 - std::string(format.name).size(), ' '), format.about, "\n");
  }
  absl::StrAppend(&text, "  ", kEdxProblemFormat,
                  "  Open edX: a problem that grades itself; what it says to\n"
                  "                      known mistakes is in it; SUBMISSIONs are further answers\n"
                  "                      that it has something to say to\n");
  return text +
         "\nExit codes:\n"
         "  0  graded, whatever the points\n"
         "  1  graded, and less than --fail-under (an answer that is not gradable has nothing;\n"
         "     nor has a --target that cannot be reached)\n"
         "  2  bad usage, or an exercise that cannot be read; also a SUBMISSION that does not "
         "exist,\n"
         "     where the verdict is text for the terminal (elsewhere it is not gradable)\n"
         "  3  the grader broke: there is no verdict, on one of the answers at least\n"
         "Under 2 and 3 the file of --out says that the grader failed, if the arguments tell as "
         "much.\n\n"
         "Without --server and CELLAR_SERVER nothing but this program is needed.";
}

// Whether the exercise or the caller is to blame, and not the grader.
bool IsBadExercise(const absl::Status& status) {
  if (!IsFromCall(status)) return true;
  return absl::IsInvalidArgument(status) || absl::IsNotFound(status) ||
         absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status);
}

// One run of the command.
class GradeRun {
 public:
  GradeRun(Context& context, const GradeFlags& flags)
      : context_(context), flags_(flags), format_(FindGradeFormat(flags.format)) {}

  // Grades and writes; the context has the exit code afterwards.
  void Run() {
    absl::Status status = Find();
    if (status.ok()) status = ToldToAuthor(Grade(), flags_.exercise);
    if (!status.ok()) {
      Fail(status, IsBadExercise(status) ? kBadExercise : kGraderBroke);
    } else if (format_ == nullptr) {
      WriteProblem();
    } else {
      Write();
    }
  }

 private:
  // A person who reads the verdict here has named the file wrongly. A platform's file is the
  // student's to hand in, and the result says that it was not.
  absl::Status CheckNamed() const {
    if (flags_.format != "text" || !flags_.out.empty()) return absl::OkStatus();
    for (const std::string& path : flags_.submissions) {
      std::error_code error;
      const auto type = std::filesystem::symlink_status(path, error).type();
      if (path == "-" || type != std::filesystem::file_type::not_found) continue;
      return absl::InvalidArgumentError(absl::StrCat("there is no file ", CleanLine(path)));
    }
    return absl::OkStatus();
  }

  // Which submissions there are.
  absl::Status Find() {
    const absl::Status named = CheckNamed();
    if (!named.ok()) return named;
    if (!flags_.target.empty()) {
      if (!flags_.submissions.empty()) {
        return absl::InvalidArgumentError("give either --target or SUBMISSIONs");
      }
      auto target = context_.ConnectTo(flags_.target, kMaxTargetAnswerBytes);
      if (!target.ok()) return target.status();
      target_ = *std::move(target);
      found_.push_back({CleanLine(flags_.target), ""});
    } else {
      auto found = format_ == nullptr
                       ? FindSubmissions(flags_.submissions)
                       : FindSubmissionsFor(*format_, flags_.out, flags_.submissions);
      if (!found.ok()) return found.status();
      found_ = *std::move(found);
    }
    if (!flags_.id.empty()) {
      if (found_.size() != 1) return absl::InvalidArgumentError("--id is for one SUBMISSION");
      found_[0].id = CleanLine(flags_.id);
    }
    const absl::Status place = CheckPlace();
    if (!place.ok() || format_ == nullptr) return place;
    if (found_.empty()) {
      return absl::InvalidArgumentError(
          "there is nothing to grade; name a SUBMISSION, or - for the "
          "standard input");
    }
    return CheckGradeOutput(*format_, flags_.out, found_.size());
  }

  absl::Status CheckPlace() const {
    std::vector<std::string> inputs = flags_.submissions;
    inputs.push_back(flags_.exercise);
    return CheckNoInputIsWritten(format_, flags_.out, inputs, found_);
  }

  absl::Status Grade() {
    auto argument = LoadExerciseArgument(context_, flags_.exercise);
    if (!argument.ok()) return argument.status();
    argument_ = *std::move(argument);
    const absl::Status seeds = CheckSeeds(argument_.exercise, flags_);
    if (!seeds.ok()) return seeds;
    TellWhatIsAskedUnasked();
    v1::GradeStreamOpen open;
    SetSource(argument_, open);
    open.set_feedback(format_ == nullptr ? v1::FEEDBACK_EXPECTED : FeedbackOf(flags_));
    SubmissionOptions reading = ReadingOf(flags_);
    for (const v1::Question& question : QuestionsOf(argument_.exercise)) {
      reading.question_ids.push_back(question.id());
    }
    // A problem for edX needs the key: the verdict on an answer that is not there.
    const size_t key_count = format_ == nullptr ? 1 : 0;
    const auto read = [&](size_t index) -> absl::StatusOr<v1::Submission> {
      if (index < key_count) return KeySubmission();
      const FoundSubmission& found = found_[index - key_count];
      if (!flags_.target.empty()) return AskTarget(found.id);
      auto submission = ReadSubmission(found, reading);
      if (absl::IsFailedPrecondition(submission.status())) {
        broken_[index - key_count] = submission.status();
      }
      return submission;
    };
    const size_t count = found_.size() + key_count;
    const bool show = count > 1 && ErrorIsTerminal();
    ProgressBar bar(context_.err(), "grading", count,
                    show ? ProgressBar::Visibility::kShown : ProgressBar::Visibility::kHidden);
    return GradeAll(*argument_.connection, open, count, read,
                    [&](size_t index, v1::Verdict verdict) {
                      Take(index, key_count, std::move(verdict));
                      bar.Update(index + 1);
                    });
  }

  // A model's file, or one for `cellar run`, can be graded, too; hardly ever it is meant.
  void TellWhatIsAskedUnasked() const {
    if (!argument_.exercise.questions().empty()) return;
    context_.err() << "note: " << CleanLine(flags_.exercise)
                   << " asks no questions of its own; asked is h of the last layer at every step, "
                      "one question for each sequence\n";
  }

  void Take(size_t index, size_t key_count, v1::Verdict verdict) {
    if (index >= key_count) verdict.set_submission_id(found_[index - key_count].id);
    if (format_ == nullptr) {
      verdicts_.push_back(std::move(verdict));
    } else if (const auto broken = broken_.find(index); broken != broken_.end()) {
      Blame(broken->second, kGraderBroke);
      reports_.push_back(FailedReport(argument_.exercise, verdict.submission_id(),
                                      context_.TextOf(broken->second)));
    } else {
      reports_.push_back(MakeReport(argument_.exercise, verdict));
    }
  }

  v1::Submission KeySubmission() const {
    v1::Submission submission;
    submission.set_id("key");
    submission.set_seed(flags_.reading.seed);
    submission.mutable_typed();
    return submission;
  }

  absl::StatusOr<v1::Submission> AskTarget(const std::string& id) {
    const std::string& seed = flags_.reading.seed_is_id ? id : flags_.reading.seed;
    const auto exercise = DrawnExercise(context_, argument_, seed);
    if (!exercise.ok()) return exercise.status();
    auto submission = AnswersOfTarget(target_, *exercise);
    if (!submission.ok()) return submission.status();
    submission->set_id(id);
    submission->set_seed(seed);
    return submission;
  }

  void Write() {
    const absl::Status written = WriteGradeOutput(*format_, flags_.out, reports_, context_.out());
    if (!written.ok()) return Blame(written, kGraderBroke);
    const bool to_file = !flags_.out.empty() && flags_.out != "-";
    const bool is_text = flags_.format == "text";
    if (reports_.size() > 1) {
      (to_file || is_text ? context_.out() : context_.err())
          << (is_text && !to_file ? "\n" : "") << SummaryText(reports_) << std::flush;
    } else if (to_file) {
      context_.out() << reports_[0].id << ": " << ResultText(reports_[0]) << "\n";
    }
    if (!broken_.empty()) return;  // the exit code is theirs
    for (const Report& report : reports_) {
      if (Fraction(report) < flags_.fail_under) context_.set_exit_code(kBelow);
    }
  }

  void WriteProblem() {
    const auto problem = MakeGradeProblem(context_, argument_, flags_, verdicts_);
    if (!problem.ok()) {
      const absl::Status status = ToldToAuthor(problem.status(), flags_.exercise);
      return Blame(status, IsBadExercise(status) ? kBadExercise : kGraderBroke);
    }
    if (flags_.out.empty()) {
      context_.out() << *problem;
      return;
    }
    const absl::Status written = WriteWholeFile(flags_.out, *problem);
    if (!written.ok()) Blame(written, kGraderBroke);
  }

  // Tells the error, and leaves a result that says so: of the submissions without a verdict.
  void Fail(const absl::Status& status, GradeExitCode code) {
    Blame(status, code);
    if (format_ == nullptr || !CheckPlace().ok()) return;
    const absl::Status written = WriteFailure(
        *format_, flags_.out,
        {context_.TextOf(status), argument_.exercise, std::move(found_), std::move(reports_)},
        context_.out());
    if (!written.ok()) context_.PrintError(written);
  }

  void Blame(const absl::Status& status, GradeExitCode code) {
    context_.PrintError(status);
    context_.set_exit_code(code);
  }

  Context& context_;
  const GradeFlags& flags_;
  const GradeFormat* const format_;  // null: a problem for edX
  std::vector<FoundSubmission> found_;
  std::shared_ptr<Connection> target_;  // null: files
  ExerciseArgument argument_;
  std::map<size_t, absl::Status> broken_;  // what the platform did not give, by index in found_
  std::vector<Report> reports_;            // of the first ones of found_
  std::vector<v1::Verdict> verdicts_;      // for a problem: the key, then those of found_
};

}  // namespace

void AddGradeCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "grade", "Grade answers and write what a platform reads", kGradeExample);
  command.footer(LongHelp());
  const auto flags = std::make_shared<GradeFlags>();
  AddGradeFlags(command, *flags);
  context.OnRun(command, [&context, flags] {
    GradeRun(context, *flags).Run();
    return absl::OkStatus();
  });
}

}  // namespace cellar
