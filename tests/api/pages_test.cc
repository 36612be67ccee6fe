#include "server/api/pages.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "cellar/v1/session_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kAmple = 1 << 20;

using NameSet = std::set<std::string>;

// As a table lists: so many names that sort after `after`.
std::vector<std::shared_ptr<std::string>> List(const NameSet& names, const Page& page) {
  std::vector<std::shared_ptr<std::string>> listed;
  for (auto name = names.upper_bound(page.after);
       name != names.end() && static_cast<int64_t>(listed.size()) < page.list_count(); ++name) {
    listed.push_back(std::make_shared<std::string>(*name));
  }
  return listed;
}

v1::Session Convert(const std::string& name) {
  v1::Session session;
  session.set_name(name);
  return session;
}

Page PageOf(int32_t size, const std::string& token) {
  FieldViolations violations;
  Page page = ReadPage(size, token, "sessions/", violations);
  EXPECT_THAT(violations, IsEmpty());
  return page;
}

v1::ListSessionsResponse Fill(const NameSet& names, int32_t size, const std::string& token,
                              int64_t max_bytes = kAmple) {
  const Page page = PageOf(size, token);
  v1::ListSessionsResponse response;
  response.set_next_page_token(
      FillPage(List(names, page), page, max_bytes, *response.mutable_sessions(), Convert));
  return response;
}

NameSet SomeNameSet(int count) {
  NameSet names;
  for (int i = 0; i < count; ++i) names.insert(absl::StrCat("sessions/s", 1000 + i));
  return names;
}

// All names of all pages, and the number of pages.
std::pair<std::vector<std::string>, int> Walk(const NameSet& names, int32_t size,
                                              int64_t max_bytes = kAmple) {
  std::vector<std::string> seen;
  std::string token;
  int pages = 0;
  do {
    const v1::ListSessionsResponse response = Fill(names, size, token, max_bytes);
    for (const v1::Session& session : response.sessions()) seen.push_back(session.name());
    token = response.next_page_token();
    ++pages;
  } while (!token.empty() && pages < 10'000);
  return {seen, pages};
}

TEST(PagesTest, PagesTogetherShowEveryItemOnceInOrder) {
  for (const int count : {0, 1, 2, 3, 4, 7, 250}) {
    const NameSet names = SomeNameSet(count);
    for (const int size : {1, 2, 3, 100, 1000}) {
      const auto [seen, pages] = Walk(names, size);
      EXPECT_EQ(seen, std::vector<std::string>(names.begin(), names.end()));
      EXPECT_EQ(pages, std::max(1, (count + size - 1) / size)) << count << " by " << size;
    }
  }
}

TEST(PagesTest, ThePageSizeIsAHundredUnlessGiven) {
  EXPECT_EQ(Fill(SomeNameSet(101), 0, "").sessions_size(), 100);
  EXPECT_EQ(Fill(SomeNameSet(1001), 1000, "").sessions_size(), 1000);
}

TEST(PagesTest, APageEndsBeforeItGrowsTooLong) {
  const NameSet names = SomeNameSet(100);
  constexpr int64_t kMaxBytes = 600;
  const v1::ListSessionsResponse page = Fill(names, 100, "", kMaxBytes);
  EXPECT_LT(page.sessions_size(), 100);
  EXPECT_GT(page.sessions_size(), 1);
  EXPECT_LE(static_cast<int64_t>(page.ByteSizeLong()), kMaxBytes);
  EXPECT_EQ(Walk(names, 100, kMaxBytes).first.size(), 100);
}

TEST(PagesTest, APageHasAtLeastOneItemHoweverLong) {
  EXPECT_EQ(
      Walk(SomeNameSet(3), 100, 1),
      std::pair(std::vector<std::string>({"sessions/s1000", "sessions/s1001", "sessions/s1002"}),
                3));
}

TEST(PagesTest, APageGoesOnAfterANameThatIsGone) {
  NameSet names = SomeNameSet(4);
  const std::string token = Fill(names, 2, "").next_page_token();
  names.erase("sessions/s1001");
  names.insert("sessions/s0");
  const v1::ListSessionsResponse page = Fill(names, 2, token);
  ASSERT_EQ(page.sessions_size(), 2);
  EXPECT_EQ(page.sessions(0).name(), "sessions/s1002");
  EXPECT_EQ(page.next_page_token(), "");
}

TEST(PagesTest, ASizeOutsideTheRangeIsRefused) {
  for (const int32_t size :
       {-1, 1001, std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()}) {
    FieldViolations violations;
    ReadPage(size, "", "sessions/", violations);
    ASSERT_EQ(violations.size(), 1) << size;
    EXPECT_EQ(violations[0].field, "page_size");
    EXPECT_THAT(violations[0].description, HasSubstr(absl::StrCat(size)));
    EXPECT_THAT(violations[0].description, HasSubstr("1000"));
  }
}

TEST(PagesTest, ATokenThatNoPageGaveIsRefused) {
  const std::string tokens[] = {"x",
                                "!!!",
                                "sessions/a",
                                MakePageToken("models/a"),
                                MakePageToken("sessions/"),
                                MakePageToken("sessions/A"),
                                std::string(100'000, 'a')};
  for (const std::string& token : tokens) {
    FieldViolations violations;
    const Page page = ReadPage(0, token, "sessions/", violations);
    ASSERT_EQ(violations.size(), 1) << token;
    EXPECT_EQ(violations[0].field, "page_token");
    EXPECT_LT(violations[0].description.size(), 300);
    EXPECT_EQ(page.after, "");
  }
}

TEST(PagesTest, SizeAndTokenAreReportedTogether) {
  FieldViolations violations;
  ReadPage(-1, "x", "sessions/", violations);
  EXPECT_EQ(violations.size(), 2);
}

}  // namespace
}  // namespace cellar
