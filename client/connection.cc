#include "client/connection.h"

#include <utility>

namespace cellar {

absl::StatusOr<std::shared_ptr<Connection>> Connection::Open(ConnectionOptions options) {
  auto channel = MakeChannel(options.address, options.identity, options.max_answer_bytes);
  if (!channel.ok()) return channel.status();
  return std::make_shared<Connection>(*std::move(channel), std::move(options));
}

Connection::Connection(std::shared_ptr<grpc::Channel> channel, ConnectionOptions options)
    : options_(std::move(options)),
      channel_(std::move(channel)),
      models_(v1::ModelService::NewStub(channel_)),
      sessions_(v1::SessionService::NewStub(channel_)),
      evaluations_(v1::EvaluationService::NewStub(channel_)),
      gradings_(v1::GradingService::NewStub(channel_)) {}

void Connection::SetDeadline(grpc::ClientContext& context) const {
  if (options_.call_timeout == absl::InfiniteDuration()) return;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options_.call_timeout));
}

}  // namespace cellar
