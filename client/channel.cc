#include "client/channel.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
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

bool IsUnix(absl::string_view address) { return absl::StartsWith(address, "unix:"); }

// 127.x.y.z, and not a name that begins like it.
bool IsLoopbackIpv4(absl::string_view address) {
  const absl::string_view host = address.substr(0, address.rfind(':'));
  return absl::StartsWith(host, "127.") && std::all_of(host.begin(), host.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '.';
         });
}

bool IsLocal(absl::string_view address) {
  return IsUnix(address) || absl::StartsWith(address, "localhost:") || IsLoopbackIpv4(address) ||
         absl::StartsWith(address, "[::1]:");
}

grpc::ChannelArguments ChannelArguments(const std::string& address, int max_answer_bytes) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(max_answer_bytes);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMillis);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMillis);
  // A proxy from the environment must not be asked for this machine's own ports.
  if (IsLocal(address)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return arguments;
}

// Puts the same metadata on every call.
class MetadataInterceptor final : public grpc::experimental::Interceptor {
 public:
  using Entries = std::vector<std::pair<std::string, std::string>>;
  explicit MetadataInterceptor(const Entries& entries) : entries_(entries) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      for (const auto& entry : entries_) methods->GetSendInitialMetadata()->insert(entry);
    }
    methods->Proceed();
  }

 private:
  const Entries& entries_;
};

class MetadataFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit MetadataFactory(MetadataInterceptor::Entries entries) : entries_(std::move(entries)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo*) override {
    return new MetadataInterceptor(entries_);
  }

 private:
  const MetadataInterceptor::Entries entries_;
};

// The file's text. `option` names it in an error.
absl::StatusOr<std::string> ReadFile(const char* option, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (file.is_open() && !file.bad() && !text.bad()) return text.str();
  return absl::InvalidArgumentError(absl::StrCat(option, ": cannot read ", path));
}

absl::StatusOr<std::string> TokenOf(const ChannelIdentity& identity) {
  std::string token = identity.token;
  if (token.empty() && !identity.token_file.empty()) {
    const auto text = ReadFile("--token-file", identity.token_file);
    if (!text.ok()) return text.status();
    token = std::string(absl::StripAsciiWhitespace(*text));
    if (token.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--token-file: ", identity.token_file, " is empty"));
    }
  }
  if (std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) return token;
  return absl::InvalidArgumentError("the token has a character that no token has, as a space");
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> TlsOf(const ChannelIdentity& identity) {
  if (identity.tls_cert_file.empty() != identity.tls_key_file.empty()) {
    return absl::InvalidArgumentError("--tls-cert and --tls-key belong together");
  }
  grpc::SslCredentialsOptions options;
  const struct {
    const char* option;
    const std::string& path;
    std::string& text;
  } files[] = {{"--tls-ca", identity.tls_ca_file, options.pem_root_certs},
               {"--tls-cert", identity.tls_cert_file, options.pem_cert_chain},
               {"--tls-key", identity.tls_key_file, options.pem_private_key}};
  for (const auto& file : files) {
    if (file.path.empty()) continue;
    auto text = ReadFile(file.option, file.path);
    if (!text.ok()) return text.status();
    file.text = *std::move(text);
  }
  return grpc::SslCredentials(options);
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

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const std::string& address,
                                                           const ChannelIdentity& identity,
                                                           int max_answer_bytes) {
  if (absl::Status checked = CheckAddress(address); !checked.ok()) return checked;
  const auto token = TokenOf(identity);
  if (!token.ok()) return token.status();
  const bool wants_tls = identity.tls || !identity.tls_ca_file.empty() ||
                         !identity.tls_cert_file.empty() || !identity.tls_key_file.empty();
  const bool tls = wants_tls && !IsUnix(address);
  if (!token->empty() && !tls && !IsLocal(address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a token is not sent to ", address,
                     " in plain text: whoever listens on the way would have it; give --tls or "
                     "--tls-ca"));
  }
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (tls) {
    auto made = TlsOf(identity);
    if (!made.ok()) return made.status();
    credentials = *std::move(made);
  }
  MetadataInterceptor::Entries entries;
  if (!token->empty()) entries.emplace_back("authorization", absl::StrCat("bearer ", *token));
  if (!identity.tenant.empty()) entries.emplace_back("cellar-tenant", identity.tenant);
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> factories;
  if (!entries.empty()) factories.push_back(std::make_unique<MetadataFactory>(std::move(entries)));
  return grpc::experimental::CreateCustomChannelWithInterceptors(
      address, credentials, ChannelArguments(address, max_answer_bytes), std::move(factories));
}

}  // namespace cellar
