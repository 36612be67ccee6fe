#include "client/commands/line_source.h"

#include <gtest/gtest.h>

#include <string>

namespace cellar {
namespace {

class LineSourceTest : public ::testing::Test {
 protected:
  LineSourceTest() { EXPECT_EQ(pipe(ends_), 0); }
  ~LineSourceTest() override {
    close(ends_[0]);
    CloseWriter();
  }

  void Write(const std::string& text) {
    EXPECT_EQ(write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void CloseWriter() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

  int ends_[2] = {-1, -1};
};

TEST_F(LineSourceTest, CutsWhatItReadsIntoLines) {
  LineSource lines(ends_[0]);
  Write("a\n\nb\nla");
  EXPECT_EQ(lines.Next(), "a");
  EXPECT_EQ(lines.Next(), "");
  EXPECT_EQ(lines.Next(), "b");
  Write("st");
  CloseWriter();
  EXPECT_EQ(lines.Next(), "last") << "without an end";
  EXPECT_EQ(lines.Next(), std::nullopt);
  EXPECT_EQ(lines.Next(), std::nullopt);
}

TEST_F(LineSourceTest, IsReadyOnlyWithAWholeLineOrAtTheEnd) {
  LineSource lines(ends_[0]);
  EXPECT_FALSE(lines.IsReady());
  Write("ha");
  EXPECT_FALSE(lines.IsReady()) << "half a line";
  Write("lf\n");
  EXPECT_TRUE(lines.IsReady());
  EXPECT_EQ(lines.Next(), "half");
  EXPECT_FALSE(lines.IsReady());
  CloseWriter();
  EXPECT_TRUE(lines.IsReady()) << "Next would say that it is over";
}

TEST_F(LineSourceTest, LongLinesComeWhole) {
  LineSource lines(ends_[0]);
  const std::string text(20000, 'x');
  Write(text + "\n");
  EXPECT_EQ(lines.Next(), text);
}

}  // namespace
}  // namespace cellar
