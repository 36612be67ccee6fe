#include "server/base/secret.h"

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(SecretBytes, AreAsManyAsAskedForAndNeverTheSame) {
  EXPECT_EQ(SecretBytes(16).size(), 16u);
  EXPECT_EQ(SecretBytes(256).size(), 256u);
  EXPECT_NE(SecretBytes(16), SecretBytes(16));
  EXPECT_EQ(SecretBytes(257), "") << "more than the system gives at once";
}

TEST(EqualInConstantTime, TellsEveryBitApart) {
  const Sha256Digest digest = Sha256Of("a");
  EXPECT_TRUE(EqualInConstantTime(digest, Sha256Of("a")));
  for (size_t bit = 0; bit < 8 * digest.size(); ++bit) {
    Sha256Digest other = digest;
    other[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(EqualInConstantTime(digest, other)) << bit;
  }
}

}  // namespace
}  // namespace cellar
