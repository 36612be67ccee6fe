#include "server/rpc/refusal.h"

#include "cellar/v1/session_service.grpc.pb.h"
#include "gtest/gtest.h"
#include "server/rpc/rpc_errors.h"
#include "server/rpc/wires.h"
#include "tests/testing/queue_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

TEST(Refuse, EndsTheCallWithItsReason) {
  using ThisWire = UnaryWire<v1::GetSessionRequest, v1::GetSessionResponse>;
  v1::SessionService::AsyncService service;
  Admission admission;
  QueueServer server(service, [&](CallQueue& queue) {
    ThisWire::Serve(
        queue, service, &v1::SessionService::AsyncService::RequestGetSession,
        [&](ThisWire& wire) { return Refuse(admission, wire, wire.request(), Draining()); });
  });
  const auto stub = v1::SessionService::NewStub(server.InProcessChannel());
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    v1::GetSessionResponse response;
    const grpc::Status status = stub->GetSession(&context, {}, &response);
    EXPECT_EQ(SentReason(status), "DRAINING");
  }
  EXPECT_EQ(admission.inside(), 0);
}

}  // namespace
}  // namespace cellar
