#include <memory>

#include "absl/strings/str_cat.h"
#include "client/commands/commands.h"
#include "client/describe.h"
#include "client/error_text.h"
#include "client/table.h"

namespace cellar {
namespace {

absl::Status RunModelList(Context& context, bool json) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::ListModelsRequest request;
  v1::ListModelsResponse all;
  do {
    const auto page = (*connection)
                          ->Call((*connection)->models(), &v1::ModelService::Stub::ListModels,
                                 request, Repeat::kSafe);
    if (!page.ok()) return page.status();
    all.mutable_models()->MergeFrom(page->models());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  if (json) {
    context.out() << MessageJson(all, EmptyFields::kLeftOut);
    return absl::OkStatus();
  }
  Table table{{"NAME", "LAYERS", "PARAMETERS", "SESSIONS", "TITLE"}, {}, Table::Align::kLeft};
  for (const v1::Model& model : all.models()) {
    table.rows.push_back({model.name(), LayersText(model), absl::StrCat(model.parameter_count()),
                          absl::StrCat(model.session_count()), OneLine(model.display_name())});
  }
  context.out() << AlignedText(table);
  return absl::OkStatus();
}

}  // namespace

void AddModelListCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "list", "List the models on the server", "cellar model list");
  const auto json = std::make_shared<bool>(false);
  command.add_flag("--json", *json, "Write them as JSON");
  context.OnRun(command, [&context, json] { return RunModelList(context, *json); });
}

}  // namespace cellar
