#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>

#include "client/commands/commands.h"

namespace cellar {

void AddVersionCommand(CLI::App& parent, Context& context) {
  CLI::App& command =
      context.AddCommand(parent, "version", "Print the version of this program", "cellar version");
  context.OnRun(command, [&context] {
    context.out() << "cellar " << CELLAR_VERSION << " (API cellar.v1, gRPC " << grpc::Version()
                  << ", protobuf "
                  << google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION) << ")\n";
    return absl::OkStatus();
  });
}

}  // namespace cellar
