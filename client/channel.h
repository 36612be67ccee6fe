// How a client reaches a server and says who it is: the channel, TLS, the token.
//
// Thread safety: functions; they read files.
#ifndef CELLAR_CLIENT_CHANNEL_H_
#define CELLAR_CLIENT_CHANNEL_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace cellar {

struct ChannelIdentity {
  bool tls = false;           // TLS, believing whom this machine believes; implied by the next two
  std::string tls_ca_file{};  // PEM: whom to believe instead
  std::string tls_cert_file{};  // PEM: our certificate, for mutual TLS; with tls_key_file
  std::string tls_key_file{};   // PEM: its private key
  std::string token{};          // sent with every call as `authorization: bearer ...`
  std::string token_file{};     // file that has the token, if `token` is empty
  std::string tenant{};         // for admins: whose models and sessions to see
};

// A channel whose calls carry the identity, and whose answers may have so many bytes each. Unix
// sockets are plain text whatever `tls` says. Nothing is sent yet. Errors: INVALID_ARGUMENT if the
// address is malformed (CheckAddress), a file cannot be read, half of a certificate is given, the
// token has characters that no token has, or a token would travel to another machine in plain text.
// No message quotes a token.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& address,
                                                           const ChannelIdentity& identity,
                                                           int max_answer_bytes);

// OK if `address` is `host:port` (port 1 to 65535, IPv6 in brackets) or `unix:path`; otherwise
// INVALID_ARGUMENT, naming the address and what is allowed.
absl::Status CheckAddress(const std::string& address);

}  // namespace cellar

#endif  // CELLAR_CLIENT_CHANNEL_H_
