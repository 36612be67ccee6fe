#include "client/connection.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cellar {
namespace {

// A lost connection is tried again this soon, rather than after gRPC's usual second: most servers
// are on the same machine.
constexpr int kFirstReconnectMillis = 100;
constexpr int kMaxReconnectMillis = 5000;

bool IsLocal(absl::string_view address) {
  return absl::StartsWith(address, "unix:") || absl::StartsWith(address, "localhost:") ||
         absl::StartsWith(address, "127.") || absl::StartsWith(address, "[::1]:");
}

grpc::ChannelArguments ChannelArguments(const ConnectionOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.max_answer_bytes);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMillis);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMillis);
  // A proxy from the environment must not be asked for this machine's own ports.
  if (IsLocal(options.address)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

}  // namespace

absl::Status CheckAddress(const std::string& address) {
  absl::Status bad = absl::InvalidArgumentError(absl::StrCat(
      "server address \"", address, "\" is not of the form host:port (as 127.0.0.1:50051) or ",
      "unix:path (as unix:/run/cellar.sock)"));
  absl::string_view rest = address;
  if (absl::ConsumePrefix(&rest, "unix:")) return rest.empty() ? bad : absl::OkStatus();
  const size_t colon = rest.rfind(':');
  if (colon == absl::string_view::npos || colon == 0) return bad;
  const absl::string_view host = rest.substr(0, colon);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (absl::StrContains(host, ':') && !bracketed) return bad;
  if (absl::StrContains(host, '/')) return bad;
  int port = 0;
  if (!absl::SimpleAtoi(rest.substr(colon + 1), &port) || port < 1 || port > 65535) return bad;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<Connection>> Connection::Open(ConnectionOptions options) {
  const absl::Status checked = CheckAddress(options.address);
  if (!checked.ok()) return checked;
  auto channel = grpc::CreateCustomChannel(options.address, grpc::InsecureChannelCredentials(),
                                           ChannelArguments(options));
  return std::make_shared<Connection>(std::move(channel), std::move(options));
}

Connection::Connection(std::shared_ptr<grpc::Channel> channel, ConnectionOptions options)
    : options_(std::move(options)),
      channel_(std::move(channel)),
      models_(v1::ModelService::NewStub(channel_)),
      sessions_(v1::SessionService::NewStub(channel_)),
      evaluations_(v1::EvaluationService::NewStub(channel_)),
      gradings_(v1::GradingService::NewStub(channel_)) {}

void Connection::SetDeadline(grpc::ClientContext& context) const {
  if (options_.call_timeout == absl::InfiniteDuration()) return;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.call_timeout));
}

}  // namespace cellar
