#include "server/rpc/step_exchange.h"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Sets everything that an answer can have, once.
void FillAll(Message& message) {
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* const field = message.GetDescriptor()->field(i);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        FillAll(field->is_repeated() ? *reflection.AddMessage(&message, field)
                                     : *reflection.MutableMessage(&message, field));
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        field->is_repeated() ? reflection.AddInt64(&message, field, 7)
                             : reflection.SetInt64(&message, field, 7);
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        reflection.AddDouble(&message, field, 7);
        break;
      default:
        reflection.SetString(&message, field, "7");
    }
  }
}

// Whether there is nothing but messages in it.
bool SaysNothing(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return std::all_of(fields.begin(), fields.end(), [&](const FieldDescriptor* field) {
    return field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && !field->is_repeated() &&
           SaysNothing(message.GetReflection()->GetMessage(message, field));
  });
}

// One that has been used.
std::unique_ptr<StepExchange> Used(int64_t bytes = 100) {
  std::unique_ptr<StepExchange> exchange = TakeExchange();
  FillAll(*exchange->request.mutable_step());
  exchange->request.mutable_step()->mutable_inputs()->set_raw(std::string(bytes, 'x'));
  FillAll(*exchange->response.mutable_step());
  exchange->keep_alive = std::make_shared<int>(1);
  exchange->answered = true;
  exchange->status = absl::CancelledError("gone");
  exchange->most_bytes = bytes;
  return exchange;
}

TEST(StepExchange, IsTakenAgainByTheNextMessageAndIsEmpty) {
  std::unique_ptr<StepExchange> exchange = Used();
  StepExchange* const same = exchange.get();
  GiveBackExchange(std::move(exchange));
  exchange = TakeExchange();
  EXPECT_EQ(exchange.get(), same);
  EXPECT_TRUE(SaysNothing(exchange->request));
  EXPECT_TRUE(SaysNothing(exchange->response));
  EXPECT_EQ(exchange->keep_alive, nullptr);
  EXPECT_FALSE(exchange->answered);
  EXPECT_TRUE(exchange->status.ok());
}

TEST(StepExchange, OfARequestOfAnotherKindNothingIsLeft) {
  v1::StreamStepsRequest request;
  request.mutable_open()->set_session("sessions/of-another");
  EmptyRequest(request);
  EXPECT_EQ(request.ByteSizeLong(), 0u);
}

TEST(StepExchange, OfWhatNobodyKnowsNothingIsLeft) {
  v1::StreamStepsRequest request;
  const std::string unknown("\x7a\x00", 2);
  ASSERT_TRUE(request.ParseFromString("\x12\x06\x0a\x02" + unknown + unknown + unknown));
  EXPECT_EQ(request.ByteSizeLong(), 10u);
  EmptyRequest(request);
  EXPECT_EQ(request.SerializeAsString(), std::string("\x12\x02\x0a\x00", 4)) << "messages alone";
}

TEST(StepExchange, OfTheFirstAnswerNothingIsLeft) {
  std::unique_ptr<StepExchange> exchange = TakeExchange();
  exchange->response.mutable_opened()->set_session("sessions/of-another");
  GiveBackExchange(std::move(exchange));
  EXPECT_EQ(TakeExchange()->response.ByteSizeLong(), 0u);
}

TEST(StepExchange, OfALargeOneNoMemoryIsKept) {
  std::unique_ptr<StepExchange> exchange = Used(10'000);
  const std::weak_ptr<void> kept = exchange->keep_alive;
  GiveBackExchange(std::move(exchange));
  EXPECT_TRUE(kept.expired());
  exchange = TakeExchange();
  EXPECT_EQ(exchange->request.SpaceUsedLong(), v1::StreamStepsRequest().SpaceUsedLong());
  EXPECT_EQ(exchange->response.SpaceUsedLong(), v1::StreamStepsResponse().SpaceUsedLong());
}

TEST(StepExchange, OfATensorOfManyDimensionsNoMemoryIsKept) {
  v1::StreamStepsRequest request;
  v1::Tensor& inputs = *request.mutable_step()->mutable_inputs();
  inputs.mutable_shape()->Resize(200, 1);
  EmptyRequest(request);
  EXPECT_FALSE(request.step().has_inputs());
  EXPECT_TRUE(SaysNothing(request));
}

// A message as the transport would bring it, in pieces of so many bytes.
Incoming InPieces(const std::string& bytes, size_t piece) {
  std::vector<grpc::Slice> slices;
  for (size_t i = 0; i < bytes.size(); i += piece) slices.emplace_back(bytes.substr(i, piece));
  Incoming incoming(Incoming::Into::kWhatSaysNothing);
  *incoming.buffer() = grpc::ByteBuffer(slices.data(), slices.size());
  return incoming;
}

// However it is cut, and whether it is read quickly or on a worker: it has what was sent, and
// nothing of the message before; but whether there are `inputs` tells nothing.
TEST(StepExchange, AMessageIsReadOverTheOneBefore) {
  std::vector<v1::StreamStepsRequest> sent(7);
  sent[1].mutable_step();
  sent[2].mutable_step()->set_step_index(0);
  sent[3].mutable_step()->mutable_inputs()->set_raw("raw");
  sent[4].mutable_step()->mutable_inputs()->add_values(7);
  sent[5].mutable_open()->set_session("sessions/1");
  sent[6].mutable_step()->mutable_inputs();
  for (const v1::StreamStepsRequest& message : sent) {
    for (const size_t piece : {1u, 100u}) {
      for (const bool on_worker : {false, true}) {
        GiveBackExchange(Used());
        Incoming incoming = InPieces(message.SerializeAsString(), piece);
        const std::unique_ptr<StepExchange> exchange = TakeExchange(incoming);
        v1::StreamStepsRequest& read = exchange->request;
        const absl::Status done =
            on_worker ? incoming.ReadWhile([] { return true; }, &read) : incoming.ReadInto(&read);
        ASSERT_TRUE(done.ok()) << done;
        EXPECT_EQ(read.part_case(), message.part_case());
        EXPECT_EQ(read.step().has_inputs(), message.has_step()) << "kept";
        if (!message.step().has_inputs() && read.has_step()) {
          EXPECT_TRUE(SaysNothing(read.step().inputs()));
          read.mutable_step()->clear_inputs();
        }
        EXPECT_EQ(read.SerializeAsString(), message.SerializeAsString());
      }
    }
  }
}

TEST(StepExchange, WhatOneThreadHasTooManyOfAnotherTakes) {
  std::set<const StepExchange*> given_back;
  std::thread([&given_back] {
    std::vector<std::unique_ptr<StepExchange>> many;
    for (int i = 0; i < 17; ++i) many.push_back(std::make_unique<StepExchange>());
    for (auto& exchange : many) {
      given_back.insert(exchange.get());
      GiveBackExchange(std::move(exchange));
    }
  }).join();
  std::thread([&given_back] { EXPECT_TRUE(given_back.contains(TakeExchange().get())); }).join();
}

TEST(StepExchange, NotAllAreKept) {
  constexpr int64_t kMarked = 12345;
  std::vector<std::unique_ptr<StepExchange>> many(1000);
  for (auto& exchange : many) {
    exchange = std::make_unique<StepExchange>();
    exchange->most_bytes = kMarked;
  }
  for (auto& exchange : many) GiveBackExchange(std::move(exchange));
  int kept_count = 0;
  for (auto& exchange : many) {
    exchange = TakeExchange();
    if (exchange->most_bytes == kMarked) ++kept_count;
  }
  EXPECT_GE(kept_count, 16);
  EXPECT_LE(kept_count, 80);
}

}  // namespace
}  // namespace cellar
