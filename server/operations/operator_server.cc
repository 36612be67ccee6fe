#include "server/operations/operator_server.h"

#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "civetweb.h"

namespace cellar {
namespace {

// For a request to come, and for its answer to go. Whoever connects and says nothing keeps a thread
// busy as long.
constexpr char kTimeoutMillis[] = "1000";
constexpr char kAnsweringThreads[] = "8";
constexpr int kNotFound = 404;
constexpr int kMethodNotAllowed = 405;

const char* PhraseOf(int code) {
  switch (code) {
    case 200:
      return "OK";
    case kNotFound:
      return "Not Found";
    case kMethodNotAllowed:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

// What of a page is sent: to HEAD it is told, and not shown.
enum class Sent { kAll, kHeadOnly };

void Send(const OperatorPage& page, Sent sent, mg_connection* connection) {
  std::string answer =
      absl::StrCat("HTTP/1.1 ", page.code, " ", PhraseOf(page.code),
                   "\r\nContent-Type: ", page.type, "\r\nContent-Length: ", page.text.size(),
                   "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  if (sent == Sent::kAll) answer += page.text;
  mg_write(connection, answer.data(), answer.size());
}

// "127.0.0.1:0" and 9090: "127.0.0.1:9090".
std::string WithPort(const std::string& address, int port) {
  return absl::StrCat(absl::string_view(address).substr(0, address.rfind(':') + 1), port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<OperatorServer>> OperatorServer::Start(const std::string& address,
                                                                      Pages pages) {
  std::unique_ptr<OperatorServer> server(new OperatorServer(std::move(pages)));
  const char* options[] = {"listening_ports",
                           address.c_str(),
                           "num_threads",
                           kAnsweringThreads,
                           "request_timeout_ms",
                           kTimeoutMillis,
                           "enable_keep_alive",
                           "no",
                           "max_request_size",
                           "4096",
                           nullptr};
  mg_callbacks callbacks;
  std::memset(&callbacks, 0, sizeof(callbacks));
  callbacks.begin_request = &OperatorServer::OnRequest;
  // It tells its own troubles on standard error otherwise.
  callbacks.log_message = [](const mg_connection*, const char*) { return 1; };
  mg_init_library(0);
  server->library_ = mg_start(&callbacks, server.get(), options);
  mg_server_port port{};
  if (server->library_ == nullptr || mg_get_server_ports(server->library_, 1, &port) != 1) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address,
                     " for metrics: it is in use, not of this machine, or not permitted"));
  }
  server->address_ = WithPort(address, port.port);
  return server;
}

OperatorServer::~OperatorServer() {
  if (library_ != nullptr) mg_stop(library_);
  mg_exit_library();
}

int OperatorServer::OnRequest(mg_connection* connection) {
  const mg_request_info* const request = mg_get_request_info(connection);
  const auto* const self = static_cast<const OperatorServer*>(request->user_data);
  const absl::string_view method = request->request_method;
  if (method == "GET" || method == "HEAD") {
    Send(self->PageFor(request->local_uri), method == "GET" ? Sent::kAll : Sent::kHeadOnly,
         connection);
  } else {
    Send({kMethodNotAllowed, "only GET and HEAD\n"}, Sent::kAll, connection);
  }
  return 1;  // answered: the library looks for nothing itself
}

OperatorPage OperatorServer::PageFor(const char* path) const {
  const auto found = path == nullptr ? pages_.end() : pages_.find(path);
  if (found != pages_.end()) return found->second();
  std::string text = "there is no such page; there are:\n";
  for (const auto& [known, page] : pages_) absl::StrAppend(&text, known, "\n");
  return {kNotFound, std::move(text)};
}

}  // namespace cellar
