#include "server/rpc/message_space.h"

#include <cstdint>
#include <initializer_list>
#include <string>

#include "cellar/v1/session_service.pb.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

// An item as an owner sends it.
void AddItem(v1::BatchStepRequest& batch, bool raw) {
  v1::BatchStepItem& item = *batch.add_items();
  item.set_session("sessions/0123456789abcdefghij");
  item.set_step_index(7);
  item.mutable_inputs()->add_shape(1);
  item.mutable_inputs()->add_shape(32);
  if (raw) {
    item.mutable_inputs()->set_raw(std::string(128, 'x'));
  } else {
    for (int k = 0; k < 32; ++k) item.mutable_inputs()->add_values(0.5);
  }
}

// It is told as much as protobuf says, or a little more.
void ExpectAboutAsMuch(const google::protobuf::Message& message) {
  const auto used = static_cast<int64_t>(message.SpaceUsedLong());
  EXPECT_GE(MessageSpace(message), used - used / 50);
  EXPECT_LE(MessageSpace(message), used + used / 8 + 64);
}

TEST(MessageSpace, OfABatchIsWhatItTakes) {
  for (const bool raw : {false, true}) {
    v1::StreamBatchStepsRequest request;
    for (int k = 0; k < 100; ++k) AddItem(*request.mutable_batch(), raw);
    ExpectAboutAsMuch(request);
    ExpectAboutAsMuch(request.batch());
  }
}

TEST(MessageSpace, OfEmptyItemsIsAHundredTimesTheirLength) {
  v1::StreamBatchStepsRequest request;
  for (int k = 0; k < 1000; ++k) request.mutable_batch()->add_items();
  EXPECT_GT(MessageSpace(request), 30 * static_cast<int64_t>(request.ByteSizeLong()));
}

TEST(MessageSpace, CountsWhatNobodyKnowsWhereverItStands) {
  v1::StreamBatchStepsRequest request;
  AddItem(*request.mutable_batch(), true);
  v1::BatchStepItem& item = *request.mutable_batch()->mutable_items(0);
  for (google::protobuf::Message* const part : std::initializer_list<google::protobuf::Message*>{
           item.mutable_inputs(), &item, request.mutable_batch(), &request}) {
    const int64_t before = MessageSpace(request);
    google::protobuf::UnknownFieldSet& unknown = *part->GetReflection()->MutableUnknownFields(part);
    for (int k = 0; k < 1000; ++k) unknown.AddGroup(99);
    EXPECT_GT(MessageSpace(request), before + 20'000) << part->GetTypeName();
    unknown.Clear();
  }
}

TEST(MessageSpace, OfAnyOtherMessageIsWhatProtobufSays) {
  v1::StreamStepsRequest request;
  request.mutable_step()->mutable_inputs()->set_raw(std::string(1000, 'x'));
  EXPECT_EQ(MessageSpace(request), static_cast<int64_t>(request.SpaceUsedLong()));
}

}  // namespace
}  // namespace cellar
