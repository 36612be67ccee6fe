#include <memory>

#include "client/commands/commands.h"
#include "client/commands/session/session_flags.h"
#include "client/message_file.h"
#include "client/resource_name.h"

namespace cellar {
namespace {

struct SessionExportOptions {
  std::string name;
  std::string out;
};

absl::Status RunSessionExport(Context& context, const SessionExportOptions& options) {
  const auto connection = context.Connect();
  if (!connection.ok()) return connection.status();
  v1::ExportSessionRequest request;
  request.set_name(FullName("sessions", options.name));
  const auto answer = (*connection)
                          ->Call((*connection)->sessions(),
                                 &v1::SessionService::Stub::ExportSession, request, Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  const absl::Status written = WriteFile(options.out, answer->snapshot());
  if (!written.ok() || options.out == "-") return written;
  context.out() << "wrote " << answer->session().name() << " at step "
                << answer->session().next_step() << " to " << options.out << " ("
                << answer->snapshot().size() << " bytes)\n";
  return absl::OkStatus();
}

}  // namespace

void AddSessionExportCommand(CLI::App& parent, Context& context) {
  CLI::App& command = context.AddCommand(
      parent, "export", "Write a session's state to a file, versioned and checksummed",
      "cellar session export mine --out mine.snapshot");
  const auto options = std::make_shared<SessionExportOptions>();
  AddSessionName(command, options->name);
  command.add_option("--out", options->out, "The file to write; - is the standard output")
      ->type_name("FILE")
      ->required();
  context.OnRun(command, [&context, options] { return RunSessionExport(context, *options); });
}

}  // namespace cellar
