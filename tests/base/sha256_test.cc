#include "server/base/sha256.h"

#include <algorithm>
#include <string>

#include "gtest/gtest.h"

namespace cellar {
namespace {

// The examples of FIPS 180-4.
constexpr char kOfNothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kOfTwoBlocks[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr char kOfAMillionA[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256Of, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(ToHex(Sha256Of("")), kOfNothing);
  EXPECT_EQ(ToHex(Sha256Of("abc")), kOfAbc);
  EXPECT_EQ(ToHex(Sha256Of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            kOfTwoBlocks);
}

TEST(Sha256, TakesPiecesOfAnyLength) {
  Sha256 hash;
  std::string rest(1'000'000, 'a');
  for (size_t piece = 1; !rest.empty(); piece = piece * 3 % 1009) {
    const size_t size = std::min(piece, rest.size());
    hash.Update(rest.data(), size);
    rest.resize(rest.size() - size);
  }
  EXPECT_EQ(ToHex(hash.Finish()), kOfAMillionA);
}

TEST(Sha256, TakesNothing) {
  Sha256 hash;
  hash.Update(nullptr, 0);
  EXPECT_EQ(ToHex(hash.Finish()), kOfNothing);
}

TEST(ToHex, WritesLowerCaseWithLeadingZeros) {
  Sha256Digest digest = {};
  digest[0] = 0x0A;
  digest[31] = 0xF0;
  EXPECT_EQ(ToHex(digest), "0a" + std::string(60, '0') + "f0");
  for (std::string hex : {std::string("short"), std::string(100, 'x')}) {
    WriteHex(digest, &hex);
    EXPECT_EQ(hex, ToHex(digest));
  }
}

}  // namespace
}  // namespace cellar
