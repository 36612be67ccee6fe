// The gRPC server: addresses, limits of the transport, the services, health and reflection, and an
// end in order.
//
// Thread safety: Start, Drain and the destructor belong to one thread; ForceStop may be called from
// any other while Drain runs.
// Ownership: owns everything of gRPC; the Api and the identities outlive it.
#ifndef CELLAR_SERVER_RPC_SERVER_H_
#define CELLAR_SERVER_RPC_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/api/api.h"
#include "server/identity/identities.h"
#include "server/rpc/call_book.h"
#include "server/rpc/server_credentials.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace cellar {

struct ServerOptions {
  // See listen_address.h. Empty: reached by InProcessChannel only.
  std::vector<std::string> listen = {"127.0.0.1:50051"};
  TlsOptions tls;  // of every address but unix sockets; not enabled: plain text
  int64_t max_calls_per_connection = 10'000;       // open at once; a client's further calls wait
  int64_t max_transport_bytes = int64_t{1} << 30;  // buffers of all connections together
  absl::Duration busy_poll;  // how long the thread of calls looks for work before it sleeps
  bool channelz = false;     // answer grpc.channelz: to admins, or to anyone
  absl::Duration keepalive_interval = absl::Minutes(1);  // a silent connection is probed this often
  absl::Duration keepalive_timeout =
      absl::Seconds(20);  // and given up after this without an answer
  absl::Duration min_client_ping_interval = absl::Seconds(10);  // clients may probe this often
  // How long a drain goes on refusing calls once nobody is left inside. From then on gRPC itself
  // ends them, without a reason, and most with CANCELLED, which clients do not try again. So it is
  // longer than a call is on its way.
  absl::Duration farewell = absl::Milliseconds(500);
};

class Server {
 public:
  // Listens and serves; who calls is asked of `identities`, how calls end is noted in `book`, if
  // there is one, which outlives the server. Errors: UNAVAILABLE if an address
  // cannot be had, naming it; INVALID_ARGUMENT if the files of TLS cannot be used, naming them.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, Api& api,
                                                       const Identities& identities,
                                                       CallBook* book = nullptr);

  // Drains without patience, unless drained.
  ~Server();

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Where it listens, in the order of the options, with the ports that were bound.
  const std::vector<std::string>& addresses() const;

  // A channel to this server that needs no socket. The server outlives its use.
  std::shared_ptr<grpc::Channel> InProcessChannel();

  // Calls that have been let in and have not ended.
  int64_t call_count() const;

  // Ends in three stages. Refuse: health says NOT_SERVING, calls get DRAINING. Finish: what runs is
  // finished, streams answer what they took and end with DRAINING; for `timeout` at most or until
  // ForceStop. If nobody is left by then, calls are refused for another `farewell`, or `timeout` if
  // that is less. Force: what is left is cancelled and the connections are closed. Returns whether
  // nothing had to be forced; a second call returns what the first did.
  bool Drain(absl::Duration timeout);

  // Cuts the second stage of a Drain short, farewell and all, also of one to come.
  void ForceStop();

 private:
  struct Implementation;
  explicit Server(std::unique_ptr<Implementation> implementation);

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERVER_H_
