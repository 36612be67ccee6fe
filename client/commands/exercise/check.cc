#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/commands.h"
#include "client/commands/exercise/exercise_argument.h"
#include "client/commands/exercise/exercise_size.h"
#include "client/commands/exercise/mistakes_text.h"
#include "client/error_text.h"
#include "client/grading/output_file.h"

namespace cellar {
namespace {

constexpr char kExerciseCheckExample[] =
    "cellar exercise check client/examples/grading/homework.textproto\n"
    "cellar exercise check client/examples/grading/homework.textproto --propose better.textproto";

struct ExerciseCheckOptions {
  std::string exercise;
  std::string propose;
  bool all = false;
  bool json = false;
};

// Where texts of the author's stand, which may speak of the numbers that were there before:
// "title, questions[0].prompt". Questions that were added speak of none.
std::string WrittenTexts(const v1::Exercise& proposed, int old_question_count) {
  std::vector<std::string> places;
  if (!proposed.title().empty()) places.push_back("title");
  if (!proposed.description().empty()) places.push_back("description");
  for (int s = 0; s < proposed.sequences_size(); ++s) {
    if (proposed.sequences(s).title().empty()) continue;
    places.push_back(absl::StrCat("sequences[", s, "].title"));
  }
  for (int q = 0; q < std::min(old_question_count, proposed.questions_size()); ++q) {
    if (proposed.questions(q).prompt().empty()) continue;
    places.push_back(absl::StrCat("questions[", q, "].prompt"));
  }
  return absl::StrJoin(places, ", ");
}

// What is left to do by hand; nothing if there is nothing.
std::string ToEdit(const v1::Exercise& proposed, int old_question_count) {
  const std::string texts = WrittenTexts(proposed, old_question_count);
  if (texts.empty()) return "";
  return "Edit before students see it; these texts still speak of the old numbers: " + texts;
}

// The file: a proposal and, as comments, what it is and what is left to do.
std::string ProposalText(const v1::ExerciseProposal& proposal, const std::string& to_edit) {
  std::string text = absl::StrCat("# Proposed by `cellar exercise check --propose`. ",
                                  OneLine(proposal.changes()), "\n");
  if (!to_edit.empty()) absl::StrAppend(&text, "# ", to_edit, "\n");
  return absl::StrCat(text, "\n", ExerciseText(proposal.exercise()));
}

absl::Status WriteProposal(Context& context, const v1::CheckExerciseResponse& answer,
                           int old_question_count, const std::string& path) {
  if (!answer.has_proposal()) {
    context.out() << "Nothing better was found; " << path << " is not written.\n";
    return absl::OkStatus();
  }
  const v1::ExerciseProposal& proposal = answer.proposal();
  const std::string to_edit = ToEdit(proposal.exercise(), old_question_count);
  const std::string text = ProposalText(proposal, to_edit);
  if (path == "-") {
    context.out() << text;
    if (!to_edit.empty()) context.err() << to_edit << "\n";
    return absl::OkStatus();
  }
  const absl::Status written = WriteWholeFile(path, text);
  if (!written.ok()) return written;
  context.out() << "Written to " << path << ": " << OneLine(proposal.changes()) << "\n"
                << "It does not see: "
                << (proposal.unseen().empty() ? "none" : absl::StrJoin(proposal.unseen(), ", "))
                << "; pairs with the same answer: " << proposal.indistinct_pair_count() << "\n";
  if (!to_edit.empty()) context.out() << to_edit << "\n";
  return absl::OkStatus();
}

absl::StatusOr<v1::CheckExerciseResponse> Check(const ExerciseArgument& argument,
                                                const ExerciseCheckOptions& options) {
  v1::CheckExerciseRequest request;
  SetSource(argument, request);
  request.set_propose(!options.propose.empty());
  request.set_answers(options.all);
  Connection& connection = *argument.connection;
  const auto check = [&] {
    return connection.Call(connection.gradings(), &v1::GradingService::Stub::CheckExercise, request,
                           Repeat::kSafe);
  };
  auto answer = check();
  if (!absl::IsResourceExhausted(answer.status()) || !options.all) return answer;
  request.set_answers(false);  // of a large exercise they are too long a message
  return check();
}

// A proposal has neither the comments nor the order of the file that it was made from.
absl::Status CheckExerciseIsKept(const ExerciseCheckOptions& options) {
  std::error_code ignored;  // what is not there is nobody's
  if (!std::filesystem::equivalent(options.exercise, options.propose, ignored)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--propose: ", options.propose,
      " would be written over, and it is read: as the exercise; give another file, or -"));
}

absl::Status RunExerciseCheck(Context& context, const ExerciseCheckOptions& options) {
  if (absl::Status kept = CheckExerciseIsKept(options); !kept.ok()) return kept;
  const auto argument = LoadExerciseArgument(context, options.exercise);
  if (!argument.ok()) return argument.status();
  const auto answer = Check(*argument, options);
  if (!answer.ok()) return ToldToAuthor(answer.status(), options.exercise);
  if (options.json) {
    context.out() << MessageJson(*answer);
    return absl::OkStatus();
  }
  if (options.propose != "-") {
    context.out() << MistakesText(*answer,
                                  options.all ? MistakesShown::kAll : MistakesShown::kUnseen);
  }
  if (options.propose.empty()) return absl::OkStatus();
  if (options.propose != "-") context.out() << "\n";
  return WriteProposal(context, *answer, argument->exercise.questions_size(), options.propose);
}

}  // namespace

void AddExerciseCheckCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "check", "Tell which known mistakes an exercise cannot see", kExerciseCheckExample);
  const auto options = std::make_shared<ExerciseCheckOptions>();
  AddExerciseArgument(command, options->exercise);
  command
      .add_option("--propose", options->propose,
                  "Look for parameters that see more, and write the changed exercise here")
      ->type_name("FILE");
  command.add_flag("--all", options->all,
                   "Tell those that it sees, too, and the answers that they lead to");
  command.add_flag("--json", options->json, "Write everything as JSON (answers with --all)");
  context.OnRun(command, [&context, options] { return RunExerciseCheck(context, *options); });
}

}  // namespace cellar
