#include "server/rpc/message_space.h"

#include <string>

#include "cellar/v1/session_service.pb.h"

namespace cellar {
namespace {

bool HasUnknownFields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

// Of a string that has an object of its own.
int64_t SpaceOf(const std::string& text) {
  return static_cast<int64_t>(sizeof(std::string) + text.capacity());
}

int64_t SpaceOf(const v1::Tensor& tensor) {
  return static_cast<int64_t>(sizeof(tensor)) + SpaceOf(tensor.raw()) +
         static_cast<int64_t>(tensor.values().SpaceUsedExcludingSelfLong() +
                              tensor.shape().SpaceUsedExcludingSelfLong());
}

int64_t SpaceOf(const v1::BatchStepItem& item) {
  if (HasUnknownFields(item) || HasUnknownFields(item.inputs())) {
    return static_cast<int64_t>(item.SpaceUsedLong());
  }
  return static_cast<int64_t>(sizeof(item)) + SpaceOf(item.session()) +
         (item.has_inputs() ? SpaceOf(item.inputs()) : 0);
}

int64_t SpaceOf(const v1::BatchStepRequest& batch) {
  if (HasUnknownFields(batch)) return static_cast<int64_t>(batch.SpaceUsedLong());
  auto bytes = static_cast<int64_t>(sizeof(batch));
  for (const v1::BatchStepItem& item : batch.items()) {
    bytes += static_cast<int64_t>(sizeof(void*)) + SpaceOf(item);
  }
  return bytes;
}

}  // namespace

int64_t MessageSpace(const google::protobuf::Message& message) {
  const auto* const batches =
      google::protobuf::DynamicCastToGenerated<v1::StreamBatchStepsRequest>(&message);
  if (batches != nullptr && !HasUnknownFields(*batches)) {
    return static_cast<int64_t>(sizeof(*batches)) + SpaceOf(batches->batch());
  }
  const auto* const batch =
      google::protobuf::DynamicCastToGenerated<v1::BatchStepRequest>(&message);
  return batch != nullptr ? SpaceOf(*batch) : static_cast<int64_t>(message.SpaceUsedLong());
}

}  // namespace cellar
