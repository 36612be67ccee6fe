#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/describe.h"
#include "client/error_text.h"
#include "client/grading/questions.h"
#include "client/session_client.h"
#include "client/table.h"

namespace cellar {
namespace {

std::string ExerciseFacts(const v1::Exercise& exercise) {
  Table table{{"name", exercise.name()}, {}, Table::Align::kLeft};
  table.rows.push_back({"title", OneLine(exercise.title())});
  table.rows.push_back({"digest", exercise.digest()});
  table.rows.push_back({"created", TimeText(exercise.create_time())});
  table.rows.push_back({"sequences", absl::StrCat(exercise.sequences_size())});
  for (const v1::Question& question : QuestionsOf(exercise)) {
    table.rows.push_back({absl::StrCat("question ", question.id()),
                          absl::StrCat(LetterOf(question.quantity()), " of sequence ",
                                       question.sequence() + 1, "  ", OneLine(question.prompt()))});
  }
  return AlignedText(table);
}

absl::Status RunExerciseGet(Context& context, const std::string& id, bool json) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::GetExerciseRequest request;
  request.set_name(FullName("exercises", id));
  const auto answer = (*connection)
                          ->Call((*connection)->gradings(), &v1::GradingService::Stub::GetExercise,
                                 request, Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  context.out() << (json ? MessageJson(answer->exercise()) : ExerciseFacts(answer->exercise()));
  return absl::OkStatus();
}

}  // namespace

void AddExerciseGetCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(parent, "get", "Print what an exercise is and asks",
                                         "cellar exercise get homework");
  const auto name = std::make_shared<std::string>();
  const auto json = std::make_shared<bool>(false);
  command.add_option("NAME", *name, "exercises/ID, or ID alone")->type_name("")->required();
  command.add_flag("--json", *json, "Print all of it as JSON");
  context.OnRun(command, [&context, name, json] { return RunExerciseGet(context, *name, *json); });
}

}  // namespace cellar
