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
