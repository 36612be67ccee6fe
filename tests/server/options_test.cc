#include "server/options.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/flags.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ParsedOptions Parse(std::vector<std::string> arguments) {
  std::vector<const char*> argv = {"cellar-server"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  return ParseOptions(static_cast<int>(argv.size()), argv.data());
}

// Sets a variable of the environment as long as it lives.
class ScopedVariable {
 public:
  ScopedVariable(std::string name, const std::string& value) : name_(std::move(name)) {
    setenv(name_.c_str(), value.c_str(), 1);
  }
  ~ScopedVariable() { unsetenv(name_.c_str()); }

 private:
  const std::string name_;
};

// A file with this text as long as it lives.
class ScopedFile {
 public:
  explicit ScopedFile(const std::string& text) { std::ofstream(path()) << text; }
  ~ScopedFile() { unlink(path().c_str()); }
  static std::string path() { return absl::StrCat("/tmp/cellar-options-test-", getpid()); }
};

TEST(ParseOptions, HasDefaultsThatAreValid) {
  const ParsedOptions parsed = Parse({});
  ASSERT_TRUE(parsed.options.has_value()) << parsed.output;
  EXPECT_THAT(parsed.options->server.listen, ElementsAre("127.0.0.1:50051"));
  EXPECT_EQ(parsed.options->sessions.max_sessions, 100'000);
  EXPECT_EQ(parsed.options->api.default_ttl, absl::Hours(1));
  EXPECT_GE(parsed.options->scheduler.worker_count, 1);
  EXPECT_EQ(parsed.options->port_file, "");
}

TEST(ParseOptions, ListenMayBeRepeatedOrSeparatedByCommas) {
  EXPECT_THAT(Parse({"--listen", "127.0.0.1:1", "--listen", "unix:/a"}).options->server.listen,
              ElementsAre("127.0.0.1:1", "unix:/a"));
  const ScopedVariable variable("CELLAR_LISTEN", "127.0.0.1:1,unix:/a");
  EXPECT_THAT(Parse({}).options->server.listen, ElementsAre("127.0.0.1:1", "unix:/a"));
}

TEST(ParseOptions, ReadsDurationsWithUnits) {
  EXPECT_EQ(Parse({"--max-ttl", "1000h", "--default-ttl", "1h30m"}).options->api.default_ttl,
            absl::Minutes(90));
  const ParsedOptions wrong = Parse({"--default-ttl", "90"});
  EXPECT_FALSE(wrong.options.has_value());
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.output, HasSubstr("'90' is not a duration"));
}

TEST(ParseOptions, AFlagCountsMoreThanTheEnvironmentAndThatMoreThanTheFile) {
  const ScopedFile file(
      "max-sessions = 1\nmax-models = 1\nmax-streams = 1\nlisten = [\"unix:/f\"]\n");
  const ScopedVariable sessions("CELLAR_MAX_SESSIONS", "2");
  const ScopedVariable models("CELLAR_MAX_MODELS", "2");
  const ScopedVariable empty("CELLAR_MAX_TOMBSTONES", "");
  const ParsedOptions parsed = Parse({"--config", ScopedFile::path(), "--max-sessions", "3"});
  ASSERT_TRUE(parsed.options.has_value()) << parsed.output;
  EXPECT_EQ(parsed.options->sessions.max_sessions, 3);
  EXPECT_EQ(parsed.options->models.max_models, 2);
  EXPECT_EQ(parsed.options->api.max_streams, 1);
  EXPECT_EQ(parsed.options->sessions.max_tombstones, SessionTable::Limits().max_tombstones);
  EXPECT_THAT(parsed.options->server.listen, ElementsAre("unix:/f"));
}

TEST(ParseOptions, ReadsBytesWithUnits) {
  for (const auto& [text, bytes] :
       std::vector<std::pair<std::string, int64_t>>{{"0", 0},
                                                    {"65536", 65536},
                                                    {"3b", 3},
                                                    {"2k", 2048},
                                                    {"2KB", 2048},
                                                    {"2 KiB", 2048},
                                                    {"5MiB", 5 << 20},
                                                    {"1g", 1 << 30},
                                                    {"7EiB", int64_t{7} << 60}}) {
    EXPECT_EQ(ParseByteCount(text), bytes) << text;
  }
  for (const char* text : {"", "KiB", "1.5GiB", "4 apples", "1KiBs", "8EiB", "-1KiB", "1-2",
                           "9223372036854775808", "9999999999GiB", "1 0"}) {
    EXPECT_EQ(ParseByteCount(text), std::nullopt) << text;
  }
}

TEST(ParseOptions, RefusesNumbersThatDoNotFitOrAreNotDecimal) {
  for (const std::string argument :
       {"--max-sessions=9223372036854775808", "--max-sessions=99999999999999999999",
        "--workers=4294967297", "--max-sessions=-9223372036854775809", "--max-sessions=0x10",
        "--max-sessions=1e3", "--max-sessions=", "--max-session-bytes=9999999999GiB",
        "--max-session-bytes=99999999999999999999"}) {
    const ParsedOptions parsed = Parse({argument});
    EXPECT_FALSE(parsed.options.has_value()) << argument;
    EXPECT_EQ(parsed.exit_code, 2) << argument;
    EXPECT_THAT(parsed.output, HasSubstr(argument.substr(0, argument.find('=')))) << argument;
  }
  EXPECT_EQ(Parse({"--max-sessions=9223372036854775807"}).options->sessions.max_sessions,
            std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Parse({"--max-sessions=010"}).options->sessions.max_sessions, 10);
  EXPECT_THAT(Parse({"--max-sessions=many"}).output,
              HasSubstr("'many' is no whole number of at most 9223372036854775807"));
}

TEST(ParseOptions, RefusesWhatItDoesNotKnow) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--max-session", "1"},
                                                    {"surplus"},
                                                    {"--max-sessions", "many"},
                                                    {"--max-session-bytes", "4 apples"},
                                                    {"--config", "/nowhere/at/all"}}) {
    const ParsedOptions parsed = Parse(arguments);
    EXPECT_FALSE(parsed.options.has_value()) << arguments[0];
    EXPECT_EQ(parsed.exit_code, 2) << arguments[0];
    EXPECT_NE(parsed.output, "") << arguments[0];
  }
  const ScopedFile file("max-session = 1\n");
  EXPECT_EQ(Parse({"--config", ScopedFile::path()}).exit_code, 2);
}

TEST(ParseOptions, NamesTheVariableOrTheFileThatAValueCameFrom) {
  {
    const ScopedVariable variable("CELLAR_WORKERS", "abc");
    EXPECT_THAT(Parse({}).output, StartsWith("CELLAR_WORKERS: --workers: 'abc' is no whole"));
    EXPECT_THAT(Parse({"--workers=x"}).output, StartsWith("--workers: 'x'"));
  }
  const ScopedVariable variable("CELLAR_WORKERS", "0");
  {
    const ScopedFile file("max-streams = -1\n");
    EXPECT_EQ(Parse({"--config", ScopedFile::path(), "--max-sessions=-1"}).output,
              absl::StrCat("CELLAR_WORKERS: --workers: 0 is too small; at least 1\n",
                           ScopedFile::path(), ": --max-streams: -1 is too small; at least 0\n",
                           "--max-sessions: -1 is too small; at least 0\n"));
  }
  const ScopedFile file("max-streams = many\n");
  EXPECT_THAT(Parse({"--config", ScopedFile::path()}).output,
              StartsWith(ScopedFile::path() + ": --max-streams: 'many' is no whole number"));
}

TEST(ParseOptions, AFlagThatThereIsNotIsToldWithTheOneThatIsMeant) {
  EXPECT_EQ(Parse({"--max-session", "1", "--workers", "2", "--port=1"}).output,
            "there is no flag `--max-session` (did you mean `--max-sessions`?); see `cellar-server "
            "--help`\n"
            "there is no flag `--port` (did you mean `--listen`?); see `cellar-server --help`\n");
  EXPECT_EQ(Parse({"surplus", "more"}).output,
            "there is an argument too many: `surplus`; see `cellar-server --help`\n");
}

TEST(ParseOptions, AFlagThatAFileMisspellsIsToldWithTheFile) {
  const ScopedFile file("max-sesions = 1\n");
  EXPECT_EQ(
      Parse({"--config", ScopedFile::path()}).output,
      ScopedFile::path() + ":1: there is no flag `max-sesions` (did you mean `max-sessions`?)\n");
}

TEST(ParseOptions, WhatIsWrongWithAFileIsToldWithItsLines) {
  const ScopedFile file("[x\nport = 1\n");
  const ParsedOptions parsed = Parse({"--config", ScopedFile::path()});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_EQ(
      parsed.output,
      absl::StrCat(ScopedFile::path(), ":1: `[x` begins a section, and there are none; write ",
                   "flags only, like max-sessions = 1000\n", ScopedFile::path(),
                   ":2: there is no flag `port` (did you mean `listen`?)\n"));
}

TEST(ParseOptions, AFileThatCannotBeReadIsToldWithTheReason) {
  EXPECT_EQ(Parse({"--config", "/nowhere/at/all"}).output,
            "--config: cannot read /nowhere/at/all: No such file or directory\n");
  EXPECT_EQ(Parse({"--config", "/tmp"}).output, "--config: cannot read /tmp: Is a directory\n");
  EXPECT_EQ(Parse({"--config", ""}).output, "--config: it names no file\n");
  EXPECT_EQ(Parse({"--config", ""}).exit_code, 2);
}

TEST(ParseOptions, ShowsHelpAndVersion) {
  const ParsedOptions help = Parse({"--help"});
  EXPECT_FALSE(help.options.has_value());
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.output, HasSubstr("--max-sessions COUNT"));
  EXPECT_THAT(help.output, HasSubstr("(Env:CELLAR_MAX_SESSIONS)"));
  EXPECT_THAT(help.output, HasSubstr("`cellar-server make-token`"));
  EXPECT_THAT(help.output, HasSubstr("\n  2  bad usage"));
  const ParsedOptions version = Parse({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_TRUE(absl::StartsWith(version.output, "cellar-server "));
}

// A flag as the help shows it.
struct ShownFlag {
  std::string name;      // "max-sessions"
  std::string variable;  // "CELLAR_MAX_SESSIONS"
  std::string type;      // "COUNT"; empty for a switch
};

std::vector<ShownFlag> ShownFlags() {
  static const std::regex line("--([a-z-]+)( ([A-Z]+)[^\n]*)?\\s+\\(Env:(CELLAR_[A-Z_]+)\\)");
  const std::string help = Parse({"--help"}).output;
  std::vector<ShownFlag> flags;
  for (std::sregex_iterator match(help.begin(), help.end(), line), end; match != end; ++match) {
    flags.push_back({(*match)[1], (*match)[4], (*match)[3]});
  }
  return flags;
}

TEST(ParseOptions, EveryFlagIsAlsoAVariableAndALineOfTheFile) {
  const std::string help = Parse({"--help"}).output;
  const std::vector<ShownFlag> flags = ShownFlags();
  EXPECT_GT(flags.size(), 35u) << help;
  for (const ShownFlag& flag : flags) {
    EXPECT_EQ(flag.variable, absl::StrCat("CELLAR_", absl::AsciiStrToUpper(absl::StrReplaceAll(
                                                         flag.name, {{"-", "_"}}))));
    // What makes no sense is noticed wherever it stands, so it has been read there.
    if (flag.type == "PATH") continue;
    const std::string nonsense = "no sense at all";
    const ScopedFile file(absl::StrCat(flag.name, " = \"", nonsense, "\"\n"));
    const ParsedOptions from_file = Parse({"--config", ScopedFile::path()});
    EXPECT_EQ(from_file.exit_code, 2) << flag.name;
    EXPECT_THAT(from_file.output, Not(HasSubstr("INI was not able to parse"))) << flag.name;
    const ScopedVariable variable(flag.variable, nonsense);
    const ParsedOptions from_variable = Parse({});
    EXPECT_EQ(from_variable.exit_code, 2) << flag.name;
    EXPECT_THAT(from_variable.output, HasSubstr(flag.name)) << flag.name;
  }
}

TEST(ParseOptions, EveryFlagOfTheHelpButThreeHasAVariable) {
  static const std::regex any("\n +(-[a-z],)?--([a-z-]+)");
  const std::string help = Parse({"--help"}).output;
  const auto all = std::distance(std::sregex_iterator(help.begin(), help.end(), any), {});
  EXPECT_EQ(all, static_cast<std::ptrdiff_t>(ShownFlags().size()) + 3)  // help, version, config
      << help;
}

TEST(ParseOptions, PathsAreReadFromVariablesAndTheFileToo) {
  const ScopedFile file("port-file = \"from-file\"\n");
  EXPECT_EQ(Parse({"--config", ScopedFile::path()}).options->port_file, "from-file");
  const ScopedVariable variable("CELLAR_IDENTITIES", "from-variable");
  EXPECT_EQ(Parse({}).options->identities_path, "from-variable");
}

TEST(ValidateOptions, KnowsWhereMetricsCanBeAnswered) {
  EXPECT_EQ(Parse({"--metrics-address", "127.0.0.1:0"}).options->metrics_address, "127.0.0.1:0");
  EXPECT_THAT(Parse({"--metrics-address", "nowhere"}).output, HasSubstr("--metrics-address: "));
  EXPECT_THAT(Parse({"--metrics-address", "unix:/a"}).output, HasSubstr("is a unix socket"));
}

TEST(ValidateOptions, ReportsEveryProblem) {
  const ParsedOptions parsed =
      Parse({"--listen", "nonsense", "--workers", "0", "--default-ttl", "2h", "--max-ttl", "1h",
             "--max-message-bytes", "1GiB", "--drain-timeout", "-1s", "--max-layers", "0"});
  EXPECT_FALSE(parsed.options.has_value());
  EXPECT_EQ(parsed.exit_code, 2);
  for (const char* const problem :
       {"--listen: 'nonsense'", "--workers: 0 is too small; at least 1",
        "--default-ttl: 2h is longer than --max-ttl, which is 1h",
        "--max-message-bytes: 1073741824 is not possible", "--drain-timeout: -1s is negative",
        "--max-layers: 0 is too small"}) {
    EXPECT_THAT(parsed.output, HasSubstr(problem));
  }
}

TEST(ValidateOptions, AllowsBatchesOfOneUpToTheLargest) {
  for (const char* rows : {"1", "32"}) EXPECT_TRUE(Parse({"--max-batch-rows", rows}).options);
  EXPECT_THAT(Parse({"--max-batch-rows=0"}).output, HasSubstr("0 is too small; at least 1"));
  EXPECT_THAT(Parse({"--max-batch-rows=33"}).output, HasSubstr("33 is too large; at most 32"));
}

TEST(ValidateOptions, RefusesAnEmptyListenAndEndlessDurations) {
  Options options;
  options.server.listen.clear();
  options.api.default_ttl = absl::InfiniteDuration();
  options.api.max_ttl = absl::InfiniteDuration();
  const absl::Status status = ValidateOptions(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(status.message(), "--listen: at least one")) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "--max-ttl: inf")) << status;
}

TEST(ValidateOptions, ServesOtherMachinesOnlySecurelyOrWhenTold) {
  const std::vector<std::string> elsewhere = {"--listen", "127.0.0.1:1", "--listen", "0.0.0.0:1"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), elsewhere.begin(), elsewhere.end());
    return Parse(more);
  };
  EXPECT_THAT(with({}).output, HasSubstr("--listen: 0.0.0.0:1 can be reached from other machines, "
                                         "in plain text"));
  EXPECT_THAT(with({}).output, Not(HasSubstr("127.0.0.1:1 can")));
  EXPECT_EQ(with({}).exit_code, 2);
  EXPECT_EQ(with({"--identities", "a"}).exit_code, 2) << "tokens would travel in plain text";
  EXPECT_THAT(with({"--tls-cert", "a", "--tls-key", "b"}).output, HasSubstr("nobody is asked"));
  EXPECT_TRUE(with({"--tls-cert", "a", "--tls-key", "b", "--identities", "c"}).options);
  EXPECT_TRUE(with({"--tls-cert", "a", "--tls-key", "b", "--tls-client-ca", "c"}).options);
  EXPECT_TRUE(with({"--allow-insecure"}).options);
  const ScopedVariable told("CELLAR_ALLOW_INSECURE", "true");
  EXPECT_TRUE(with({}).options);
}

TEST(ValidateOptions, WantsAllOfTls) {
  EXPECT_THAT(Parse({"--tls-cert", "a"}).output, HasSubstr("TLS needs both"));
  EXPECT_THAT(Parse({"--tls-key", "a"}).output, HasSubstr("TLS needs both"));
  EXPECT_THAT(Parse({"--tls-client-ca", "a"}).output, HasSubstr("--tls-client-ca: needs"));
  EXPECT_THAT(Parse({"--tls-refresh-interval", "10ms"}).output, HasSubstr("at least 1s"));
  const auto parsed = Parse({"--tls-cert", "a", "--tls-key", "b", "--tls-client-ca", "c",
                             "--tls-refresh-interval", "5s", "--identities", "d"});
  ASSERT_TRUE(parsed.options.has_value()) << parsed.output;
  EXPECT_EQ(parsed.options->server.tls.certificate_path, "a");
  EXPECT_EQ(parsed.options->server.tls.key_path, "b");
  EXPECT_EQ(parsed.options->server.tls.client_ca_path, "c");
  EXPECT_EQ(parsed.options->server.tls.refresh_interval, absl::Seconds(5));
  EXPECT_EQ(parsed.options->identities_path, "d");
  EXPECT_FALSE(parsed.options->allow_insecure);
}

}  // namespace
}  // namespace cellar
