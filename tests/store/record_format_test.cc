#include "server/store/record_format.h"

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

TEST(RecordFormat, KeysOfAKindStandTogetherAndTellTheirName) {
  EXPECT_EQ(RecordKey(RecordKind::kSession, "default/sessions/a"), "s/default/sessions/a");
  EXPECT_EQ(NameInKey("s/default/sessions/a"), "default/sessions/a");
  EXPECT_EQ(NameInKey("s"), "");
}

TEST(RecordFormat, WhatWasSealedIsOpened) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    std::string payload(random() % 300, '\0');
    for (char& byte : payload) byte = static_cast<char>(random());
    const std::string key = RecordKey(RecordKind::kModel, std::string(random() % 20, 'x'));
    const std::string record = SealRecord(key, payload);
    const auto opened = OpenRecord(key, record);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(*opened, payload);
  }
}

TEST(RecordFormat, EveryFlippedBitIsFound) {
  const std::string key = RecordKey(RecordKind::kSession, "default/sessions/a");
  const std::string record = SealRecord(key, "payload");
  for (size_t bit = 0; bit < 8 * record.size(); ++bit) {
    std::string damaged = record;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    const auto opened = OpenRecord(key, damaged);
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kDataLoss) << bit;
    EXPECT_EQ(GetErrorReason(opened.status()), "RECORD_CORRUPT") << bit;
    EXPECT_THAT(std::string(opened.status().message()), testing::HasSubstr(key));
  }
}

TEST(RecordFormat, WhatIsTooShortOrTooLongIsFound) {
  const std::string key = RecordKey(RecordKind::kSession, "default/sessions/a");
  const std::string record = SealRecord(key, "payload");
  for (size_t size = 0; size < record.size(); ++size) {
    EXPECT_FALSE(OpenRecord(key, record.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(OpenRecord(key, record + "x").ok());
}

TEST(RecordFormat, ARecordUnderAnotherKeyIsFound) {
  const std::string record = SealRecord("s/default/sessions/a", "payload");
  EXPECT_FALSE(OpenRecord("s/default/sessions/b", record).ok());
}

// The hexadecimal digits of the page's example.
std::string ExampleOfThePage() {
  std::ifstream page(CELLAR_RECORD_FORMAT_PAGE);
  std::string line;
  std::string digits;
  bool inside = false;
  while (std::getline(page, line)) {
    if (line == "```hex") {
      inside = true;
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      for (const char c : line.substr(0, line.find('#'))) {
        if (c != ' ') digits.push_back(c);
      }
    }
  }
  return absl::HexStringToBytes(digits);
}

TEST(RecordFormat, TheExampleOfThePageIsWhatIsWritten) {
  // A tombstone: deleted, a second after the beginning of Unix time.
  const std::string payload("\x01\x00\xca\x9a\x3b\x00\x00\x00\x00", 9);
  EXPECT_EQ(absl::BytesToHexString(SealRecord("t/default/sessions/a", payload)),
            absl::BytesToHexString(ExampleOfThePage()));
}

}  // namespace
}  // namespace cellar
