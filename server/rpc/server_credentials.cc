#include "server/rpc/server_credentials.h"

#include <atomic>
#include <string>
#include <type_traits>
#include <utility>

#include "grpc/grpc.h"
#include "grpc/grpc_security.h"

namespace cellar {
namespace {

// What one address has of the files.
class Follower {
 public:
  explicit Follower(std::shared_ptr<TlsFiles> files) : files_(std::move(files)) {}

  // Asked by gRPC at every handshake; `self` is a Follower.
  static grpc_ssl_certificate_config_reload_status Follow(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<Follower*>(self)->Follow(config);
  }

 private:
  grpc_ssl_certificate_config_reload_status Follow(grpc_ssl_server_certificate_config** config) {
    const TlsFiles::Version version = files_->Look();
    if (seen_.exchange(version.number) == version.number) {
      return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    }
    const TlsPems& pems = *version.pems;
    const grpc_ssl_pem_key_cert_pair pair = {pems.key.c_str(), pems.certificate.c_str()};
    // gRPC wants some authority; without one of clients no client is asked for a certificate.
    const std::string& authority = pems.client_ca.empty() ? pems.certificate : pems.client_ca;
    *config = grpc_ssl_server_certificate_config_create(authority.c_str(), &pair, 1);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<TlsFiles> files_;
  std::atomic<int64_t> seen_{-1};
};

// gRPC's C++ credentials around those of its C core, which alone can follow a change. The base
// class is an interface in 1.51; in newer versions it holds the C credentials itself.
template <class Base, bool kIsInterface = std::is_abstract_v<Base>>
class WrappedCredentials : public Base {
 public:
  explicit WrappedCredentials(grpc_server_credentials* credentials) : credentials_(credentials) {}
  ~WrappedCredentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* const credentials_;
};

template <class Base>
class WrappedCredentials<Base, false> : public Base {
 public:
  explicit WrappedCredentials(grpc_server_credentials* credentials) : Base(credentials) {}
};

class TlsCredentials final : public WrappedCredentials<grpc::ServerCredentials> {
 public:
  TlsCredentials(std::unique_ptr<Follower> follower,
                 grpc_ssl_client_certificate_request_type request)
      : WrappedCredentials(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                request, &Follower::Follow, follower.get()))),
        follower_(std::move(follower)) {}

 private:
  const std::unique_ptr<Follower> follower_;
};

grpc_ssl_client_certificate_request_type RequestOf(ClientCertificates certificates) {
  switch (certificates) {
    case ClientCertificates::kNone:
      return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    case ClientCertificates::kAllowed:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case ClientCertificates::kRequired:
      break;
  }
  return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(std::shared_ptr<TlsFiles> files,
                                                            ClientCertificates certificates) {
  return std::make_shared<TlsCredentials>(std::make_unique<Follower>(std::move(files)),
                                          RequestOf(certificates));
}

}  // namespace cellar
