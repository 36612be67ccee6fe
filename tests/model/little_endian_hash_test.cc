#include "server/model/little_endian_hash.h"

#include <string>

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(LittleEndianHash, TakesEverythingInItsCanonicalBytes) {
  LittleEndianHash hash;
  hash.Text("ab");
  hash.Byte(7);
  hash.Int64(0x0102030405060708);
  hash.Numbers(std::vector<float>{1.0f, -2.0f});
  hash.Numbers(std::vector<double>{1.0});
  const std::string bytes(
      "ab\x07"
      "\x08\x07\x06\x05\x04\x03\x02\x01"
      "\x00\x00\x80\x3f\x00\x00\x00\xc0"
      "\x00\x00\x00\x00\x00\x00\xf0\x3f",
      27);
  EXPECT_EQ(hash.Hex(), ToHex(Sha256Of(bytes)));
}

TEST(LittleEndianHash, KeepsZerosOfBothSignsApart) {
  LittleEndianHash positive;
  positive.Numbers(std::vector<float>{0.0f});
  LittleEndianHash negative;
  negative.Numbers(std::vector<float>{-0.0f});
  EXPECT_NE(positive.Hex(), negative.Hex());
}

}  // namespace
}  // namespace cellar
