#include "server/store/snapshot_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "absl/strings/escaping.h"
#include "server/base/error.h"

namespace cellar {
namespace {

using testing::HasSubstr;

constexpr size_t kChecksumBytes = 32;
constexpr size_t kVersionAt = 8;
constexpr size_t kNumberBytesAt = 44;
constexpr size_t kActivationRuleAt = 45;
constexpr size_t kNextStepAt = 48;
constexpr size_t kLayerCountAt = 56;
constexpr size_t kFirstLayerAt = 60;

// The snapshot of the worked example in snapshot_format.md: an LSTM of one unit after two steps.
Snapshot Example() {
  Snapshot snapshot;
  for (size_t i = 0; i < snapshot.model_digest.size(); ++i) {
    snapshot.model_digest[i] = static_cast<uint8_t>(i);
  }
  snapshot.number_bytes = 4;
  snapshot.activation_rule = 1;
  snapshot.rounding = 1;
  snapshot.rounding_scope = 0;
  snapshot.next_step = 2;
  snapshot.layers.push_back({std::string("\x00\x00\x00\x3f", 4), std::string("\0\0\x80\xbf", 4)});
  return snapshot;
}

std::string RandomBytes(std::mt19937_64& random, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

Snapshot RandomSnapshot(std::mt19937_64& random) {
  Snapshot snapshot;
  for (uint8_t& byte : snapshot.model_digest) byte = static_cast<uint8_t>(random());
  snapshot.number_bytes = random() % 2 == 0 ? 4 : 8;
  snapshot.activation_rule = random() % 2;
  snapshot.rounding = random() % 2;
  snapshot.rounding_scope = random() % 2;
  snapshot.next_step = static_cast<int64_t>(random() >> 1);
  for (size_t k = random() % 4; k > 0; --k) {
    const std::string h = RandomBytes(random, snapshot.number_bytes * (random() % 5));
    const std::string c = RandomBytes(random, snapshot.number_bytes * (random() % 5));
    snapshot.layers.push_back({h, c});
  }
  return snapshot;
}

// `bytes` with a checksum that fits again, so that what is inside gets looked at.
std::string Resealed(std::string bytes) {
  bytes.resize(bytes.size() - kChecksumBytes);
  const Sha256Digest checksum = Sha256Of(bytes);
  return bytes.append(checksum.begin(), checksum.end());
}

std::string ExampleWithByte(size_t at, char value) {
  std::string bytes = EncodeSnapshot(Example());
  bytes[at] = value;
  return Resealed(bytes);
}

void ExpectCorrupt(absl::string_view bytes, const std::string& defect) {
  const absl::StatusOr<Snapshot> decoded = DecodeSnapshot(bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(GetErrorReason(decoded.status()), "SNAPSHOT_CORRUPT");
  EXPECT_THAT(std::string(decoded.status().message()), HasSubstr(defect));
}

// The hexadecimal digits in the lines of the page's block that begins with "```hex"; "#" begins a
// remark.
std::string BytesOfPageExample() {
  std::ifstream page(CELLAR_SNAPSHOT_FORMAT_PAGE);
  std::string line;
  std::string digits;
  while (std::getline(page, line) && line != "```hex") {
  }
  while (std::getline(page, line) && line != "```") {
    for (const char digit : line.substr(0, line.find('#'))) {
      if (digit != ' ') digits.push_back(digit);
    }
  }
  return absl::HexStringToBytes(digits);
}

TEST(SnapshotFormat, WritesAndReadsTheExampleOfItsPage) {
  const std::string from_page = BytesOfPageExample();

  ASSERT_FALSE(from_page.empty()) << "no example found in " << CELLAR_SNAPSHOT_FORMAT_PAGE;
  EXPECT_EQ(absl::BytesToHexString(EncodeSnapshot(Example())), absl::BytesToHexString(from_page));
  EXPECT_EQ(DecodeSnapshot(from_page).value(), Example());
}

TEST(SnapshotFormat, GivesBackWhatItWasGiven) {
  const uint64_t seed = 20240101;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const Snapshot snapshot = RandomSnapshot(random);
    const absl::StatusOr<Snapshot> decoded = DecodeSnapshot(EncodeSnapshot(snapshot));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    ASSERT_EQ(*decoded, snapshot);
  }
}

TEST(SnapshotFormat, RefusesEveryFlippedBit) {
  const std::string bytes = EncodeSnapshot(Example());
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_EQ(GetErrorReason(DecodeSnapshot(flipped).status()), "SNAPSHOT_CORRUPT") << bit;
  }
}

TEST(SnapshotFormat, RefusesEveryTruncationAndExtension) {
  const std::string bytes = EncodeSnapshot(Example());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const absl::string_view front = absl::string_view(bytes).substr(0, size);
    ASSERT_EQ(GetErrorReason(DecodeSnapshot(front).status()), "SNAPSHOT_CORRUPT") << size;
  }
  ExpectCorrupt(bytes + '\0', "checksum");
  ExpectCorrupt(bytes + bytes, "checksum");
}

// Checksums are no signatures: bytes with a fitting one may still be made to harm.
TEST(SnapshotFormat, WhateverItAcceptsItWouldHaveWritten) {
  const uint64_t seed = 20240102;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  int accepted_count = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = EncodeSnapshot(RandomSnapshot(random));
    for (int k = 0; k < 3; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 4 == 0) bytes.resize(bytes.size() - random() % 20);
    if (bytes.size() < kChecksumBytes) continue;
    bytes = Resealed(bytes);
    const absl::StatusOr<Snapshot> decoded = DecodeSnapshot(bytes);
    if (!decoded.ok()) {
      ASSERT_EQ(GetErrorReason(decoded.status()), "SNAPSHOT_CORRUPT");
      continue;
    }
    ++accepted_count;
    ASSERT_EQ(absl::BytesToHexString(EncodeSnapshot(*decoded)), absl::BytesToHexString(bytes));
  }
  EXPECT_GT(accepted_count, 100);
}

TEST(SnapshotFormat, RefusesRandomBytes) {
  const uint64_t seed = 20240103;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  const std::string head = EncodeSnapshot(Example()).substr(0, kVersionAt + 4);
  for (int i = 0; i < 5000; ++i) {
    const std::string bytes = RandomBytes(random, random() % 300);
    ASSERT_EQ(GetErrorReason(DecodeSnapshot(bytes).status()), "SNAPSHOT_CORRUPT");
    ASSERT_EQ(GetErrorReason(DecodeSnapshot(head + bytes).status()), "SNAPSHOT_CORRUPT");
    if (bytes.size() < kChecksumBytes) continue;
    ASSERT_EQ(GetErrorReason(DecodeSnapshot(Resealed(head + bytes)).status()), "SNAPSHOT_CORRUPT");
  }
}

TEST(SnapshotFormat, TellsWhatIsWrong) {
  ExpectCorrupt("", "no snapshot");
  ExpectCorrupt("CELLAR\n", "no snapshot");
  ExpectCorrupt(EncodeSnapshot(Example()).substr(0, 50), "too short: 50 bytes");
  ExpectCorrupt(ExampleWithByte(0, 'X'), "no snapshot");
  ExpectCorrupt(ExampleWithByte(kVersionAt, 2), "version 2");
  ExpectCorrupt(ExampleWithByte(kNumberBytesAt, 5), "numbers have 5 bytes");
  ExpectCorrupt(ExampleWithByte(kActivationRuleAt, 2), "rule of numerics 2");
  ExpectCorrupt(ExampleWithByte(kNextStepAt + 7, '\x80'), "next_step is -9223372036854775806");
  ExpectCorrupt(ExampleWithByte(kLayerCountAt, 2), "2 layers");
  ExpectCorrupt(ExampleWithByte(kLayerCountAt + 3, '\x7f'), "layers it tells of");
  ExpectCorrupt(ExampleWithByte(kLayerCountAt, 0), "24 bytes follow the last layer");
  ExpectCorrupt(ExampleWithByte(kFirstLayerAt, 100), "layer 1 ends too early");
  ExpectCorrupt(ExampleWithByte(kFirstLayerAt + 7, '\xff'), "layer 1 ends too early");
  ExpectCorrupt(ExampleWithByte(kNumberBytesAt, 8), "ends within a number");
}

}  // namespace
}  // namespace cellar
