#include "server/identity/identity_watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <vector>

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(IdentityWatcher, ReportsWhatItTookAndWhatItCouldNot) {
  const std::string path = ::testing::TempDir() + "/identity_watcher_test";
  Identities identities(path);
  std::vector<std::string> reports;
  IdentityWatcher watcher(identities, [&](const std::string& line) { reports.push_back(line); });
  std::ofstream(path) << "certificate cn:a tenant=a roles=owner\n";
  watcher.RunOnce();
  watcher.RunOnce();
  std::ofstream(path) << "a nonsense that is longer\nmore of it\n";
  watcher.RunOnce();
  watcher.RunOnce();
  EXPECT_THAT(reports,
              ElementsAre(HasSubstr("was read, 1 are known"),
                          HasSubstr("was not taken, and who was known still is: line 1 ")));
  EXPECT_EQ(reports[1].find('\n'), std::string::npos) << "one line";
  std::remove(path.c_str());
}

TEST(IdentityWatcher, StopsAtOnceWhetherStartedOrNot) {
  Identities none("");
  IdentityWatcher idle(none, [](const std::string&) { ADD_FAILURE(); });
  idle.Start();
  Identities missing("/nowhere/identities");
  IdentityWatcher busy(missing, [](const std::string&) {});
  busy.Start();
}

}  // namespace
}  // namespace cellar
