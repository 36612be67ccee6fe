#include <google/protobuf/text_format.h>

#include <memory>

#include "client/commands/commands.h"
#include "client/describe.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

struct ModelGetOptions {
  std::string name;
  bool weights = false;
  bool json = false;
};

// The model as a file that `cellar model create` reads.
std::string AsFile(const v1::Model& model) {
  std::string text;
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  printer.PrintToString(model, &text);
  return text;
}

absl::Status RunModelGet(Context& context, const ModelGetOptions& options) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::GetModelRequest request;
  request.set_name(FullName("models", options.name));
  request.set_view(options.weights ? v1::MODEL_VIEW_FULL : v1::MODEL_VIEW_BASIC);
  request.set_encoding(v1::ENCODING_VALUES);
  const auto response = (*connection)
                            ->Call((*connection)->models(), &v1::ModelService::Stub::GetModel,
                                   request, Repeat::kSafe);
  if (!response.ok()) return response.status();
  if (options.json) {
    context.out() << MessageJson(response->model(), EmptyFields::kLeftOut);
  } else if (options.weights) {
    context.out() << AsFile(response->model());
  } else {
    context.out() << ModelText(response->model());
  }
  return absl::OkStatus();
}

}  // namespace

void AddModelGetCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(parent, "get", "Show a model",
                                         "cellar model get homework\n"
                                         "cellar model get homework --weights > copy.textproto");
  const auto options = std::make_shared<ModelGetOptions>();
  command.add_option("NAME", options->name, "models/ID, or ID alone")->type_name("")->required();
  command.add_flag("--weights", options->weights, "Write it with its weights, as a file");
  command.add_flag("--json", options->json, "Write it as JSON");
  context.OnRun(command, [&context, options] { return RunModelGet(context, *options); });
}

}  // namespace cellar
