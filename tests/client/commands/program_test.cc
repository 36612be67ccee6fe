#include "client/commands/program.h"

#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class WholeProgramTest : public ProgramTest {};

TEST_F(WholeProgramTest, EveryCommandsHelpShowsAnExample) {
  for (const std::string command : {"run",
                                    "repl",
                                    "model",
                                    "model create",
                                    "model upload",
                                    "model list",
                                    "model get",
                                    "model delete",
                                    "session",
                                    "session create",
                                    "session list",
                                    "session get",
                                    "session step",
                                    "session stream",
                                    "session reset",
                                    "session rewind",
                                    "session fork",
                                    "session export",
                                    "session import",
                                    "session set",
                                    "session delete",
                                    "health",
                                    "version"}) {
    EXPECT_THAT(MustRun(command + " --help"),
                AllOf(HasSubstr("Example:\n  "), HasSubstr("cellar " + command)))
        << command;
  }
  EXPECT_THAT(MustRun("--help"), AllOf(HasSubstr("Exit codes:"), HasSubstr("CELLAR_SERVER")));
}

TEST_F(WholeProgramTest, TheExamplesOfTheHelpCanBeRunInTheirOrder) {
  int count = 0;
  for (const std::string help : {"--help", "model --help", "exercise --help", "session --help"}) {
    const std::string text = MustRun(help);
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      if (!absl::ConsumePrefix(&line, "  cellar ")) continue;
      const std::string words = absl::StrReplaceAll(
          line, {{"client/examples/", Example("")}, {" mine", absl::StrCat(" mine", help.size())}});
      RunWithInput(words, "");
      EXPECT_EQ(code(), 0) << line << "\n" << error();
      ++count;
    }
  }
  EXPECT_GE(count, 15);
}

TEST_F(WholeProgramTest, VersionIsAFlagToo) {
  EXPECT_THAT(MustRun("--version"), ::testing::MatchesRegex("cellar [0-9.]+\n"));
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(RunProgram({"--version"}, out, err, {}, "cellar 9 (of a build)"), 0);
  EXPECT_EQ(out.str(), "cellar 9 (of a build)\n");
}

TEST_F(WholeProgramTest, ATimeoutThatIsNoNumberIsToldInAFewWords) {
  for (const std::string value : {"abc", "-1", "nan", "1s"}) {
    Run("health --timeout=" + value);
    EXPECT_EQ(code(), 2) << value;
  }
  Run("health --timeout abc");
  EXPECT_EQ(error(),
            "error: --timeout: \"abc\" is no number of seconds; see `cellar health --help`\n");
}

TEST_F(WholeProgramTest, WrongWordsGetOneLineWithASuggestion) {
  const std::pair<const char*, const char*> cases[] = {
      {"rnu", "error: there is no command `rnu` (did you mean `run`?); see `cellar --help`\n"},
      {"", "error: `cellar` needs a command; see `cellar --help`\n"},
      {"session", "error: `cellar session` needs a command; see `cellar session --help`\n"},
      {"session stpe",
       "error: there is no command `stpe` (did you mean `step`?); see `cellar "
       "session --help`\n"},
      {"run a --inptus 1",
       "error: there is no option `--inptus` (did you mean `--inputs`?); see "
       "`cellar run --help`\n"},
      {"run a b", "error: there is an argument too many: `b`; see `cellar run --help`\n"},
      {"run", "error: FILE is required; see `cellar run --help`\n"},
      {"run a --rounding up",
       "error: --rounding: `up` is none of none, nearest; see `cellar run "
       "--help`\n"},
  };
  for (const auto& [words, expected] : cases) {
    Run(words);
    EXPECT_EQ(code(), 2) << words;
    EXPECT_EQ(error(), expected);
  }
}

TEST_F(WholeProgramTest, GlobalOptionsMayStandBehindTheCommand) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(RunProgram({"health", "--server", "nonsense"}, out, err), 2);
  EXPECT_THAT(err.str(), HasSubstr("server address \"nonsense\" is not of the form host:port"));
}

TEST_F(WholeProgramTest, NegativeNumbersAreNoOptions) {
  MustRun("session create --file " + Example("homework.textproto") + " --id a");
  const std::string csv = MustRun("session step a -1 -.5 '-0.25, 1' --view output --csv");
  EXPECT_THAT(csv, AllOf(HasSubstr("\n0,-1,"), HasSubstr("\n1,-0.5,"), HasSubstr("\n2,-0.25,"),
                         HasSubstr("\n3,1,0.7615942\n")));
}

}  // namespace
}  // namespace cellar
