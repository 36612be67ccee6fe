#include "client/health.h"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>

namespace cellar {
namespace {

// HealthCheckRequest { string service = 1; } and HealthCheckResponse { ServingStatus status = 1; }
// have the same bytes as these well-known types, so nothing needs to be generated for one call.
using HealthRequest = google::protobuf::StringValue;
using HealthResponse = google::protobuf::Int32Value;

constexpr char kCheckMethod[] = "/grpc.health.v1.Health/Check";

}  // namespace

absl::StatusOr<Health> CheckHealth(const Connection& connection, const std::string& service) {
  HealthRequest request;
  request.set_value(service);
  HealthResponse response;
  grpc::Status status;
  grpc::ClientContext context;
  connection.SetDeadline(context);

  grpc::CompletionQueue queue;
  grpc::TemplatedGenericStub<HealthRequest, HealthResponse> stub(connection.channel());
  const auto call = stub.PrepareUnaryCall(&context, kCheckMethod, request, &queue);
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);  // ends: the call has a deadline, or the caller wants to wait
  if (!status.ok()) return FromCall(status);
  switch (response.value()) {
    case 1:
      return Health::kServing;
    case 2:
      return Health::kNotServing;
    case 3:
      return Health::kServiceUnknown;
    default:
      return Health::kUnknown;
  }
}

const char* HealthName(Health health) {
  switch (health) {
    case Health::kServing:
      return "SERVING";
    case Health::kNotServing:
      return "NOT_SERVING";
    case Health::kServiceUnknown:
      return "SERVICE_UNKNOWN";
    case Health::kUnknown:
      break;
  }
  return "UNKNOWN";
}

}  // namespace cellar
