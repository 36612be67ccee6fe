// Credentials of a server that speaks TLS with whatever certificate counts at the moment.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_RPC_SERVER_CREDENTIALS_H_
#define CELLAR_SERVER_RPC_SERVER_CREDENTIALS_H_

#include <memory>

#include "grpcpp/security/server_credentials.h"
#include "server/rpc/tls_files.h"

namespace cellar {

enum class ClientCertificates {
  kNone,      // none is asked for
  kAllowed,   // one that is sent must be sound
  kRequired,  // no connection without
};

// For one address: each asks `files` by itself what is new, at every handshake. Must outlive the
// server.
std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(std::shared_ptr<TlsFiles> files,
                                                            ClientCertificates certificates);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SERVER_CREDENTIALS_H_
