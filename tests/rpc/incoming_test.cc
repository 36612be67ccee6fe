#include "server/rpc/incoming.h"

#include <string>
#include <vector>

#include "cellar/v1/session_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

using testing::HasSubstr;

// As the transport would bring it: in pieces of so many bytes.
Incoming InPieces(const std::string& bytes, size_t piece) {
  std::vector<grpc::Slice> slices;
  for (size_t i = 0; i < bytes.size(); i += piece) slices.emplace_back(bytes.substr(i, piece));
  Incoming incoming;
  *incoming.buffer() = grpc::ByteBuffer(slices.data(), slices.size());
  return incoming;
}

std::string SomeRequest() {
  v1::DeleteSessionRequest request;
  request.set_name("12345678");  // and two bytes for its tag and length
  return request.SerializeAsString();
}

TEST(Incoming, IsReadHoweverItIsCut) {
  for (const size_t piece : {1u, 3u, 100u}) {
    Incoming incoming = InPieces(SomeRequest(), piece);
    EXPECT_EQ(incoming.bytes(), 10);
    v1::DeleteSessionRequest request;
    request.set_name("of the message before");
    EXPECT_TRUE(incoming.ReadInto(&request).ok());
    EXPECT_EQ(request.name(), "12345678");
    EXPECT_EQ(incoming.bytes(), 0);
  }
}

// What the message before had and this one has not is gone.
TEST(Incoming, NothingIsLeftOfTheMessageBefore) {
  v1::StreamStepsRequest before;
  before.mutable_step()->mutable_inputs()->add_shape(3);
  before.mutable_step()->set_step_index(5);
  v1::StreamStepsRequest message;
  message.mutable_step()->mutable_inputs()->add_values(7);
  for (const size_t piece : {1u, 100u}) {
    v1::StreamStepsRequest read = before;
    ASSERT_TRUE(InPieces(message.SerializeAsString(), piece).ReadInto(&read).ok());
    EXPECT_EQ(read.SerializeAsString(), message.SerializeAsString());
    read = before;
    Incoming incoming = InPieces(message.SerializeAsString(), piece);
    ASSERT_TRUE(incoming.ReadWhile([] { return true; }, &read).ok());
    EXPECT_EQ(read.SerializeAsString(), message.SerializeAsString());
  }
}

TEST(Incoming, ItsFirstByteIsKnownBeforeItIsRead) {
  for (const size_t piece : {1u, 100u}) {
    Incoming incoming = InPieces(SomeRequest(), piece);
    EXPECT_TRUE(incoming.BeginsWith(1 << 3 | 2));
    EXPECT_FALSE(incoming.BeginsWith(2 << 3 | 2));
    EXPECT_EQ(incoming.bytes(), 10);
  }
  EXPECT_FALSE(InPieces("", 1).BeginsWith(0));
}

// Strings and parts that lie across every border there is.
TEST(Incoming, ALongOneIsReadHoweverItIsCut) {
  v1::BatchStepRequest sent;
  for (int i = 0; i < 5000; ++i) {
    auto& item = *sent.add_items();
    item.set_session(std::string(i % 50, 'x'));
    item.mutable_inputs()->set_raw(std::string(i == 99 ? 3 * kLongMessageBytes : i % 60, 'y'));
  }
  const std::string bytes = sent.SerializeAsString();
  for (const size_t piece : {size_t{100}, size_t{kLongMessageBytes + 1}, bytes.size()}) {
    Incoming incoming = InPieces(bytes, piece);
    v1::BatchStepRequest read;
    ASSERT_TRUE(incoming.ReadWhile([] { return true; }, &read).ok());
    EXPECT_EQ(read.SerializeAsString(), bytes);
    incoming = InPieces(bytes.substr(0, bytes.size() - 1), piece);
    EXPECT_EQ(GetErrorReason(incoming.ReadWhile([] { return true; }, &read)), "BAD_REQUEST");
  }
}

TEST(Incoming, WhatIsUnknownIsSkippedInALongOneToo) {
  // A field that no request has, so long that it is skipped piece by piece.
  const std::string bytes = std::string("\xfa\x7f\x80\x80\x08", 5) + std::string(131072, 'z');
  Incoming incoming = InPieces(bytes + SomeRequest(), 50'000);
  v1::DeleteSessionRequest request;
  ASSERT_TRUE(incoming.ReadWhile([] { return true; }, &request).ok());
  EXPECT_EQ(request.name(), "12345678");
}

constexpr size_t kQuickBytes = kQuickNumberBytes;
constexpr size_t kLongBytes = kLongMessageBytes;

// Of a message of steps with so many bytes of numbers and so many of something else in front.
bool IsQuick(const v1::StreamStepsRequest& message, const std::string& front = "") {
  const std::string bytes = front + message.SerializeAsString();
  return InPieces(bytes, bytes.size()).IsQuick(*message.GetDescriptor());
}

v1::StreamStepsRequest RawSteps(size_t bytes) {
  v1::StreamStepsRequest message;
  message.mutable_step()->mutable_inputs()->add_shape(1);
  message.mutable_step()->mutable_inputs()->set_raw(std::string(bytes, 'y'));
  message.mutable_step()->set_step_index(5);
  return message;
}

TEST(Incoming, ShortOnesAndRunsOfNumbersAreReadQuickly) {
  EXPECT_TRUE(IsQuick(RawSteps(100)));
  EXPECT_TRUE(IsQuick(RawSteps(kLongBytes)));
  EXPECT_TRUE(IsQuick(RawSteps(kQuickBytes)));
  EXPECT_FALSE(IsQuick(RawSteps(kQuickBytes + 1)));
  v1::StreamStepsRequest values;
  values.mutable_step()->mutable_inputs()->mutable_values()->Resize(kQuickBytes / 8, 1);
  EXPECT_TRUE(IsQuick(values));
  values.mutable_step()->mutable_inputs()->add_values(1);
  EXPECT_FALSE(IsQuick(values));
}

TEST(Incoming, WhatIsLongBesideTheNumbersIsNotReadQuickly) {
  const auto unknown = [](size_t count) {
    std::string parts;
    for (size_t k = 0; k < count; ++k) parts += std::string("\x7a\x00", 2);
    return parts;
  };
  EXPECT_TRUE(IsQuick(RawSteps(kQuickBytes), unknown(kLongBytes / 2 - 100)));
  EXPECT_FALSE(IsQuick(RawSteps(kQuickBytes), unknown(kLongBytes / 2)));
  // Behind the numbers as well.
  v1::StreamStepsRequest behind = RawSteps(kLongBytes);
  behind.mutable_step()
      ->GetReflection()
      ->MutableUnknownFields(behind.mutable_step())
      ->AddLengthDelimited(15, unknown(kLongBytes / 2));
  EXPECT_FALSE(IsQuick(behind));
}

TEST(Incoming, WhatIsNoNumbersIsNotReadQuickly) {
  v1::StreamStepsRequest text;
  text.mutable_open()->set_session(std::string(kLongBytes, 'x'));
  EXPECT_FALSE(IsQuick(text));
  v1::BatchStepRequest many;
  while (many.ByteSizeLong() <= kLongBytes) many.add_items();
  EXPECT_FALSE(InPieces(many.SerializeAsString(), kLongBytes).IsQuick(*many.GetDescriptor()));
  const std::string groups(kLongBytes + 1, '\x7b');  // each opens another
  EXPECT_FALSE(InPieces(groups, kLongBytes).IsQuick(*many.GetDescriptor()));
  const std::string lengths(kLongBytes + 1, '\xff');
  EXPECT_FALSE(InPieces(lengths, kLongBytes).IsQuick(*many.GetDescriptor()));
}

TEST(Incoming, AQuickOneIsReadHoweverItIsCut) {
  const std::string bytes = RawSteps(kQuickBytes).SerializeAsString();
  for (const size_t piece : {size_t{50}, size_t{5000}, bytes.size()}) {
    Incoming incoming = InPieces(bytes, piece);
    EXPECT_TRUE(incoming.IsQuick(*v1::StreamStepsRequest::descriptor())) << piece;
    v1::StreamStepsRequest read;
    ASSERT_TRUE(incoming.ReadInto(&read).ok());
    EXPECT_EQ(read.SerializeAsString(), bytes);
  }
}

TEST(Incoming, ALongOneIsGivenUpWhenNobodyWantsIt) {
  v1::BatchStepRequest sent;
  while (sent.items_size() < 100'000) sent.add_items();
  Incoming incoming = InPieces(sent.SerializeAsString(), 8192);
  v1::BatchStepRequest read;
  int asked = 0;
  const absl::Status status = incoming.ReadWhile([&] { return ++asked < 3; }, &read);
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(asked, 3);
  EXPECT_LT(read.items_size(), 20'000);
  EXPECT_EQ(incoming.bytes(), 0);
}

TEST(Incoming, NothingIsAnEmptyMessage) {
  Incoming incoming = InPieces("", 1);
  v1::DeleteSessionRequest request;
  EXPECT_TRUE(incoming.ReadInto(&request).ok());
}

TEST(Incoming, BytesThatAreNoMessageAreTold) {
  for (const size_t piece : {1u, 100u}) {
    Incoming incoming = InPieces(SomeRequest().substr(0, 9), piece);
    v1::DeleteSessionRequest request;
    const absl::Status status = incoming.ReadInto(&request);
    EXPECT_EQ(GetErrorReason(status), "BAD_REQUEST");
    EXPECT_THAT(status.message(), HasSubstr("cellar.v1.DeleteSessionRequest"));
  }
}

TEST(Incoming, ItsLengthIsKnownBeforeItIsRead) {
  const Incoming incoming = InPieces(SomeRequest(), 4);
  EXPECT_TRUE(incoming.CheckLength(10).ok());
  EXPECT_EQ(GetErrorReason(incoming.CheckLength(9)), "MESSAGE_SIZE_LIMIT");
}

}  // namespace
}  // namespace cellar
