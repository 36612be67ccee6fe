#include "client/commands/help_formatter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HelpFormatterTest, ShowsWordDefaultAndEnvironmentWithoutValidators) {
  CLI::App app("About.", "program");
  app.formatter(std::make_shared<HelpFormatter>());
  int digits = 4;
  bool full = false;
  app.add_option("--digits", digits, "Digits shown")
      ->type_name("N")
      ->check(CLI::Range(1, 17))
      ->envname("DIGITS")
      ->capture_default_str();
  app.add_flag("--full", full, "All of them");
  const std::string help = app.help();
  EXPECT_THAT(help, HasSubstr("--digits N "));
  EXPECT_THAT(help, HasSubstr("Digits shown; also taken from DIGITS [4]\n"));
  EXPECT_THAT(help, HasSubstr("All of them\n"));
  EXPECT_THAT(help, Not(HasSubstr("INT in")));
}

}  // namespace
}  // namespace cellar
