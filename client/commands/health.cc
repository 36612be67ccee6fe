#include "client/health.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "client/call_status.h"
#include "client/commands/commands.h"

namespace cellar {
namespace {

absl::Status RunHealth(Context& context, const std::string& service) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<Health> health = CheckHealth(**connection, service);
  if (absl::IsNotFound(health.status()) && !service.empty()) {
    return FromCall(grpc::Status(grpc::StatusCode::NOT_FOUND,
                                 absl::StrCat("the server has no service `", service, "`")));
  }
  if (!health.ok()) return health.status();
  context.out() << HealthName(*health) << "\n";
  if (*health != Health::kServing) context.set_exit_code(kExitNotServing);
  return absl::OkStatus();
}

}  // namespace

void AddHealthCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "health", "Ask whether the server serves; exit code 0 if it does",
                         "cellar health --server 127.0.0.1:50051 --timeout 2\n"
                         "cellar health --service cellar.v1.SessionService");
  const auto service = std::make_shared<std::string>();
  command.add_option("--service", *service, "Ask for one service; the whole server otherwise")
      ->type_name("NAME");
  context.OnRun(command, [&context, service] { return RunHealth(context, *service); });
}

}  // namespace cellar
