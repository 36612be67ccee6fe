#include <memory>

#include "client/commands/commands.h"
#include "client/describe.h"
#include "client/error_text.h"
#include "client/table.h"

namespace cellar {
namespace {

absl::Status RunExerciseList(Context& context, bool json) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::ListExercisesRequest request;
  v1::ListExercisesResponse all;
  do {
    const auto page = (*connection)
                          ->Call((*connection)->gradings(),
                                 &v1::GradingService::Stub::ListExercises, request, Repeat::kSafe);
    if (!page.ok()) return page.status();
    all.mutable_exercises()->MergeFrom(page->exercises());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (json) {
    context.out() << MessageJson(all);
    return absl::OkStatus();
  }
  Table table{{"NAME", "TITLE", "CREATED"}, {}, Table::Align::kLeft};
  for (const v1::Exercise& exercise : all.exercises()) {
    table.rows.push_back(
        {exercise.name(), OneLine(exercise.title()), TimeText(exercise.create_time())});
  }
  context.out() << AlignedText(table);
  return absl::OkStatus();
}

}  // namespace

void AddExerciseListCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(parent, "list", "List the exercises of the server",
                                         "cellar exercise list");
  const auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Write them as JSON");
  context.OnRun(command, [&context, json] { return RunExerciseList(context, *json); });
}

}  // namespace cellar
