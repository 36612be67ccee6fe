#include "server/rpc/server_credentials.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/tls_pems.h"

namespace cellar {
namespace {

// A server that speaks TLS and knows no methods.
class ServerCredentialsTest : public testing::Test {
 protected:
  ServerCredentialsTest() {
    const std::string base =
        absl::StrCat(testing::TempDir(), "server_credentials_",
                     testing::UnitTest::GetInstance()->current_test_info()->name());
    options_.certificate_path = base + ".cert.pem";
    options_.key_path = base + ".key.pem";
    Write(pems_);
    credentials_ =
        MakeTlsCredentials(TlsFiles::Open(options_, clock_).value(), ClientCertificates::kNone);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials_, &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }

  void Write(const TlsPems& pems) {
    std::ofstream(options_.certificate_path) << pems.certificate;
    std::ofstream(options_.key_path) << pems.key;
  }

  // Whether a client that believes this certificate comes through.
  bool Connects(const TlsPems& pems) {
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a connection of its own
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    const auto channel =
        grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_),
                                  grpc::SslCredentials({pems.certificate, "", ""}), arguments);
    const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(60);
    grpc_connectivity_state state = channel->GetState(true);
    while (state != GRPC_CHANNEL_READY && state != GRPC_CHANNEL_TRANSIENT_FAILURE) {
      if (!channel->WaitForStateChange(state, deadline)) return false;
      state = channel->GetState(true);
    }
    return state == GRPC_CHANNEL_READY;
  }

  FakeClock clock_;
  TlsOptions options_;
  TlsPems pems_ = MakePems();
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  grpc::CallbackGenericService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ServerCredentialsTest, FollowTheFiles) {
  ASSERT_NE(server_, nullptr);
  const TlsPems successor = MakePems();
  EXPECT_TRUE(Connects(pems_));
  EXPECT_FALSE(Connects(successor));
  Write(successor);
  clock_.Advance(options_.refresh_interval);
  EXPECT_TRUE(Connects(successor));
  EXPECT_FALSE(Connects(pems_));
}

// gRPC's own watcher of files ends the process when it finds an empty one.
TEST_F(ServerCredentialsTest, SurviveEmptyFiles) {
  for (const TlsPems& pems : {TlsPems{}, TlsPems{.certificate = pems_.certificate},
                              TlsPems{.key = pems_.key}, TlsPems{pems_.certificate, "junk", ""}}) {
    Write(pems);
    clock_.Advance(options_.refresh_interval);
    EXPECT_TRUE(Connects(pems_));
  }
}

}  // namespace
}  // namespace cellar
