#include "server/operations/operator_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Sends `request` to 127.0.0.1:port and returns all that comes back.
std::string Ask(const std::string& address, const std::string& request) {
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
  inet_pton(AF_INET, "127.0.0.1", &target.sin_addr);
  std::string answer;
  if (connect(connection, reinterpret_cast<sockaddr*>(&target), sizeof(target)) == 0 &&
      send(connection, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t n; (n = recv(connection, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(n));
    }
  }
  close(connection);
  return answer;
}

std::string Get(const std::string& address, const std::string& path) {
  return Ask(address, "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
}

std::unique_ptr<OperatorServer> Serve(OperatorServer::Pages pages) {
  auto server = OperatorServer::Start("127.0.0.1:0", std::move(pages));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

TEST(OperatorServer, MakesAPageWheneverItIsAskedFor) {
  std::atomic<int> count{0};
  const auto server =
      Serve({{"/count", [&count] { return OperatorPage{.text = std::to_string(++count)}; }}});
  EXPECT_THAT(server->address(), StartsWith("127.0.0.1:"));
  EXPECT_THAT(server->address(), Not(EndsWith(":0")));
  const std::string first = Get(server->address(), "/count");
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("Content-Length: 1\r\n"));
  EXPECT_THAT(first, EndsWith("\r\n\r\n1"));
  EXPECT_THAT(Get(server->address(), "/count?query=1"), EndsWith("\r\n\r\n2"));
}

TEST(OperatorServer, AnswersHeadWithoutTheText) {
  const auto server = Serve({{"/a", [] { return OperatorPage{.text = "text"}; }}});
  const std::string answer = Ask(server->address(), "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(OperatorServer, TellsThePagesCode) {
  const auto server =
      Serve({{"/readyz", [] { return OperatorPage{.code = 503, .text = "not ready\n"}; }}});
  EXPECT_THAT(Get(server->address(), "/readyz"),
              StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST(OperatorServer, HasNothingElseToOffer) {
  const auto server = Serve({{"/a", [] { return OperatorPage{}; }}});
  for (const char* path : {"/", "/b", "/a/b", "/../etc/passwd", "//etc/passwd"}) {
    EXPECT_THAT(Get(server->address(), path), StartsWith("HTTP/1.1 404 ")) << path;
  }
  EXPECT_THAT(Ask(server->address(), "POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask(server->address(), "junk\r\n\r\n"), Not(HasSubstr("200 OK")));
  EXPECT_THAT(Get(server->address(), "/a"), StartsWith("HTTP/1.1 200 "));
}

TEST(OperatorServer, FailsOnAnAddressThatIsTaken) {
  const auto first = Serve({});
  const auto second = OperatorServer::Start(first->address(), {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(first->address()));
}

}  // namespace
}  // namespace cellar
