// TLS of the server: certificate and key, and whose client certificates it believes, from files
// that gRPC looks at again and again, so that they may be replaced while it runs.
//
// Thread safety: may be called from any thread; reads files.
#ifndef CELLAR_SERVER_RPC_SERVER_CREDENTIALS_H_
#define CELLAR_SERVER_RPC_SERVER_CREDENTIALS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "grpcpp/security/server_credentials.h"

namespace cellar {

struct TlsOptions {
  std::string certificate_path = {};  // PEM: the server's certificate and what it was signed with
  std::string key_path = {};          // PEM: its private key
  std::string client_ca_path =
      {};  // PEM: what clients' certificates must be signed with; empty: none
  absl::Duration refresh_interval = absl::Seconds(10);  // whole seconds; at least one

  bool enabled() const { return !certificate_path.empty() || !key_path.empty(); }
};

// Whether the files are there and belong together now. Errors: INVALID_ARGUMENT, naming the file.
absl::Status CheckTlsFiles(const TlsOptions& options);

enum class ClientCertificates {
  kAllowed,   // one that is sent must be sound
  kRequired,  // no connection without
};

// REQUIRES: options.enabled() and CheckTlsFiles gives OK. Without a client CA no certificates are
// asked for.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(const TlsOptions& options,
                                                            ClientCertificates certificates);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERVER_CREDENTIALS_H_
