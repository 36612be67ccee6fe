// A small HTTP server for those who run the server: pages that are made when asked for. No files,
// no uploads, no TLS.
//
// Thread safety: Start and the destructor belong to one thread. The pages are made on threads of
// its own (two, so that a slow reader of one page does not hold up the probes), perhaps several at
// once.
// Ownership: what the pages refer to outlives it.
#ifndef CELLAR_SERVER_OPERATIONS_OPERATOR_SERVER_H_
#define CELLAR_SERVER_OPERATIONS_OPERATOR_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct mg_connection;
struct mg_context;

namespace cellar {

struct OperatorPage {
  int code = 200;  // of HTTP
  std::string text;
  std::string type = "text/plain; charset=utf-8";
};

class OperatorServer {
 public:
  // By path: "/metrics".
  using Pages = std::map<std::string, std::function<OperatorPage()>>;

  // Serves `pages` on `address` (host:port, [v6]:port; port 0: any). Other paths are answered with
  // 404, other methods than GET and HEAD with 405. Errors: UNAVAILABLE if the address cannot be
  // had, naming it.
  static absl::StatusOr<std::unique_ptr<OperatorServer>> Start(const std::string& address,
                                                               Pages pages);

  // Finishes what is being answered, 5 s at most. The library looks every 2 s whether it shall
  // stop.
  ~OperatorServer();
  OperatorServer(const OperatorServer&) = delete;
  OperatorServer& operator=(const OperatorServer&) = delete;

  // Where it listens, with the port that was bound.
  const std::string& address() const { return address_; }

 private:
  explicit OperatorServer(Pages pages) : pages_(std::move(pages)) {}

  // The page of one request; called by the library.
  static int OnRequest(mg_connection* connection);
  OperatorPage PageFor(const char* path) const;

  const Pages pages_;
  std::string address_;
  mg_context* library_ = nullptr;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_OPERATIONS_OPERATOR_SERVER_H_
