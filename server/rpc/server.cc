#include "server/rpc/server.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "cellar/v1/evaluation_service.grpc.pb.h"
#include "cellar/v1/grading_service.grpc.pb.h"
#include "cellar/v1/model_service.grpc.pb.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "google/protobuf/stubs/common.h"
#include "grpc/grpc.h"
#include "grpc/support/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/ext/channelz_service_plugin.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/base/status_macros.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/evaluation_service.h"
#include "server/rpc/foreign_services.h"
#include "server/rpc/grading_service.h"
#include "server/rpc/health_service.h"
#include "server/rpc/incoming.h"
#include "server/rpc/listen_address.h"
#include "server/rpc/model_service.h"
#include "server/rpc/rpc_errors.h"
#include "server/rpc/session_service.h"

namespace cellar {
namespace {

// Threads of gRPC that serve reflection, the only service of ours that is not asynchronous: enough
// for people who look around, and a bound for those who would open streams for ever.
constexpr int kMaxReflectionThreads = 8;

// What health watchers and late refusals get to be told the end, once our own calls are through.
constexpr absl::Duration kShutdownGrace = absl::Milliseconds(100);

int ClampToInt(int64_t value) {
  return static_cast<int>(std::clamp<int64_t>(value, 0, std::numeric_limits<int>::max()));
}

int Millis(absl::Duration duration) { return ClampToInt(absl::ToInt64Milliseconds(duration)); }

void SetTransport(const ServerOptions& options, int64_t max_message_bytes,
                  grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(ClampToInt(kUnreadMessageFactor * max_message_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             ClampToInt(options.max_calls_per_connection));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Millis(options.keepalive_interval));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Millis(options.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Millis(options.min_client_ping_interval));
  // A second server on the same port is a mistake to be told, not half of the calls lost.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Compressed requests are refused: gRPC checks their length before it unpacks them, so that a few
  // KiB could fill the memory, and weights and states hardly shrink.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  grpc::ResourceQuota quota("cellar");
  quota.Resize(static_cast<size_t>(options.max_transport_bytes));
  quota.SetMaxThreads(kMaxReflectionThreads);
  builder.SetResourceQuota(quota);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::SyncServerOption::MAX_POLLERS, 1);
}

}  // namespace

struct Server::Implementation {
  Implementation(Api& api, const Identities& identities, CallBook* book)
      : clock(api.clock),
        authentication(identities, api.clock),
        admission(authentication, book),
        models(api, admission),
        sessions(api, admission),
        evaluations(api, admission),
        gradings(api, admission) {}

  // Builds the server and notes the addresses. Errors: as Start.
  absl::Status Listen(const ServerOptions& options, int64_t max_message_bytes);

  // Without identities a certificate is all that lets somebody in.
  ClientCertificates WantedCertificates(const TlsOptions& tls) const {
    if (tls.client_ca_path.empty()) return ClientCertificates::kNone;
    return authentication.asked() ? ClientCertificates::kAllowed : ClientCertificates::kRequired;
  }

  Clock& clock;

  // Used by the services, which the server uses.
  const Authentication authentication;
  Admission admission;
  ModelService models;
  SessionService sessions;
  EvaluationService evaluations;
  GradingService gradings;
  HealthService health{
      {v1::ModelService::service_full_name(), v1::SessionService::service_full_name(),
       v1::EvaluationService::service_full_name(), v1::GradingService::service_full_name()}};
  std::vector<std::shared_ptr<grpc::ServerCredentials>> credentials;  // of each address
  std::unique_ptr<CallQueue> queue;
  std::unique_ptr<grpc::Server> grpc_server;
  std::vector<std::string> addresses;
  absl::Duration farewell;
  std::optional<bool> drained;  // what Drain returned
};

absl::Status Server::Implementation::Listen(const ServerOptions& options,
                                            int64_t max_message_bytes) {
#if GOOGLE_PROTOBUF_VERSION < 4022000
  // Any client could make it print lines. (Newer versions log as Abseil does.)
  google::protobuf::SetLogHandler(nullptr);
#endif
  farewell = options.farewell;
  // gRPC's own health service runs on threads of its own, which would wake ours for every event.
  grpc::EnableDefaultHealthCheckService(false);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  if (options.channelz) grpc::channelz::experimental::InitChannelzService();
  grpc::ServerBuilder builder;
  if (authentication.asked()) {
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> doors;
    doors.push_back(std::make_unique<ForeignServices>(authentication));
    builder.experimental().SetInterceptorCreators(std::move(doors));
  }
  std::shared_ptr<TlsFiles> tls;
  if (options.tls.enabled()) {
    CELLAR_ASSIGN_OR_RETURN(tls, TlsFiles::Open(options.tls, clock));
  }
  SetTransport(options, max_message_bytes, builder);
  std::vector<int> ports(options.listen.size(), 0);
  for (size_t i = 0; i < options.listen.size(); ++i) {
    if (IsUnixSocketInUse(options.listen[i])) {
      return CannotListen(options.listen[i], "another server listens there");
    }
    const bool plain = tls == nullptr || IsUnixSocket(options.listen[i]);
    credentials.push_back(plain ? grpc::InsecureServerCredentials()
                                : MakeTlsCredentials(tls, WantedCertificates(options.tls)));
    builder.AddListeningPort(options.listen[i], credentials.back(), &ports[i]);
  }
  builder.RegisterService(&models);
  builder.RegisterService(&sessions);
  builder.RegisterService(&evaluations);
  builder.RegisterService(&gradings);
  builder.RegisterService(&health);
  queue = std::make_unique<CallQueue>(builder, options.busy_poll, clock);
  grpc_server = builder.BuildAndStart();
  for (size_t i = 0; i < ports.size(); ++i) {
    if (ports[i] == 0) {
      return CannotListen(options.listen[i], "it is in use, not of this machine, or not permitted");
    }
    addresses.push_back(WithPort(options.listen[i], ports[i]));
  }
  if (grpc_server == nullptr) return CannotListen("in-process", "gRPC could not start");
  models.Serve(*queue);
  sessions.Serve(*queue);
  evaluations.Serve(*queue);
  gradings.Serve(*queue);
  health.Serve(*queue);
  queue->Start();
  health.SetServing(true);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Api& api,
                                                      const Identities& identities,
                                                      CallBook* book) {
  // gRPC ends with its last user, and then waits for a thread of its own, now and then for ten
  // seconds. So it has a user for ever.
  [[maybe_unused]] static const bool used = (grpc_init(), true);
  auto implementation = std::make_unique<Implementation>(api, identities, book);
  absl::Status listening = implementation->Listen(options, api.limits.max_message_bytes);
  if (!listening.ok()) return listening;
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

Server::Server(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Server::~Server() { Drain(absl::ZeroDuration()); }

const std::vector<std::string>& Server::addresses() const { return implementation_->addresses; }

std::shared_ptr<grpc::Channel> Server::InProcessChannel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  return implementation_->grpc_server->InProcessChannel(arguments);
}

int64_t Server::call_count() const { return implementation_->admission.inside(); }

bool Server::Drain(absl::Duration timeout) {
  Implementation& all = *implementation_;
  if (all.drained.has_value()) return *all.drained;
  all.health.SetServing(false);
  all.admission.StartDraining();
  const bool empty = all.admission.AwaitEmpty(timeout);
  all.admission.AwaitForce(std::min(timeout, all.farewell));
  // A time span, so that nothing here reads the clock.
  all.grpc_server->Shutdown(
      gpr_time_from_millis(absl::ToInt64Milliseconds(kShutdownGrace), GPR_TIMESPAN));
  all.queue->Stop();
  all.drained = empty;
  return empty;
}

void Server::ForceStop() { implementation_->admission.Force(); }

}  // namespace cellar
