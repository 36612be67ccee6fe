#include "server/api/wanted_input.h"

#include <string>

#include "gtest/gtest.h"

namespace cellar {
namespace {

// What can be read of it.
std::string ReadAll(WantedInput& input) {
  std::string read;
  const void* data = nullptr;
  int size = 0;
  while (input.Next(&data, &size)) read.append(static_cast<const char*>(data), size);
  return read;
}

std::string LongFile() {
  std::string file;
  for (int i = 0; i < 300'000; ++i) file.push_back(static_cast<char>(i * 31));
  return file;
}

TEST(WantedInput, GivesTheWholeFile) {
  const std::string file = LongFile();
  int asked = 0;
  const auto wanted = [&asked] {
    ++asked;
    return absl::OkStatus();
  };
  WantedInput input(file, wanted);
  EXPECT_EQ(ReadAll(input), file);
  EXPECT_EQ(input.ByteCount(), static_cast<int64_t>(file.size()));
  EXPECT_EQ(input.status(), absl::OkStatus());
  EXPECT_GT(asked, 4);
}

TEST(WantedInput, EndsForGoodOnceNobodyWaits) {
  const std::string file = LongFile();
  int asked = 0;
  const auto wanted = [&asked] {
    return ++asked == 3 ? absl::CancelledError("x") : absl::OkStatus();
  };
  WantedInput input(file, wanted);
  const std::string read = ReadAll(input);
  EXPECT_EQ(read, file.substr(0, read.size()));
  EXPECT_GT(read.size(), 0u);
  EXPECT_LT(read.size(), file.size());
  EXPECT_EQ(input.status(), absl::CancelledError("x"));
  EXPECT_EQ(ReadAll(input), "");
  EXPECT_EQ(asked, 3);
}

TEST(WantedInput, BacksUpAndSkips) {
  const std::string file = LongFile();
  const auto wanted = [] { return absl::OkStatus(); };
  WantedInput input(file, wanted);
  const void* data = nullptr;
  int size = 0;
  ASSERT_TRUE(input.Next(&data, &size));
  input.BackUp(size - 1);
  ASSERT_TRUE(input.Skip(99));
  EXPECT_EQ(ReadAll(input), file.substr(100));
}

}  // namespace
}  // namespace cellar
