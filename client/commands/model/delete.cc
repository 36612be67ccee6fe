#include <memory>

#include "client/commands/commands.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

absl::Status RunModelDelete(Context& context, const std::string& name) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::DeleteModelRequest request;
  request.set_name(FullName("models", name));
  const auto response = (*connection)
                            ->Call((*connection)->models(), &v1::ModelService::Stub::DeleteModel,
                                   request, Repeat::kUnsafe);
  if (!response.ok()) return response.status();
  context.out() << "deleted " << request.name() << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddModelDeleteCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(parent, "delete", "Delete a model that no session uses",
                                         "cellar model delete homework");
  const auto name = std::make_shared<std::string>();
  command.add_option("NAME", *name, "models/ID, or ID alone")->type_name("")->required();
  context.OnRun(command, [&context, name] { return RunModelDelete(context, *name); });
}

}  // namespace cellar
