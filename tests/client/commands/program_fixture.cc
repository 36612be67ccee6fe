#include "tests/client/commands/program_fixture.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "client/commands/program.h"
#include "tests/testing/in_process_server.h"

namespace cellar {
namespace {

std::vector<std::string> Split(const std::string& words) {
  std::vector<std::string> list;
  std::string word;
  bool quoted = false;
  bool started = false;
  for (const char sign : words + " ") {
    if (sign == '\'') {
      quoted = !quoted;
      started = true;
    } else if (sign == ' ' && !quoted) {
      if (started) list.push_back(word);
      word.clear();
      started = false;
    } else {
      word += sign;
      started = true;
    }
  }
  return list;
}

// A server inside this process, as main.cc makes one.
class TestServer : public LocalServer {
 public:
  std::shared_ptr<grpc::Channel> channel() override { return server_.NewChannel(); }

 private:
  InProcessServer server_;
};

}  // namespace

ProgramTest::ProgramTest()
    : server_(std::make_unique<InProcessServer>()), address_(server_->address()) {}

ProgramTest::~ProgramTest() = default;

std::string ProgramTest::Run(const std::string& words) {
  std::vector<std::string> arguments = Split(words);
  arguments.insert(arguments.begin(), {"--server", address_});
  std::ostringstream out;
  std::ostringstream err;
  code_ = RunProgram(arguments, out, err);
  error_ = err.str();
  return out.str();
}

std::string ProgramTest::RunLocally(const std::string& words) {
  unsetenv("CELLAR_SERVER");
  std::ostringstream out;
  std::ostringstream err;
  code_ = RunProgram(Split(words), out, err, [] { return std::make_unique<TestServer>(); });
  error_ = err.str();
  return out.str();
}

std::string ProgramTest::RunWithInput(const std::string& words, const std::string& input) {
  const std::string path = Scratch("input");
  std::ofstream(path) << input;
  EXPECT_NE(std::freopen(path.c_str(), "r", stdin), nullptr);
  std::cin.clear();
  return Run(words);
}

std::string ProgramTest::MustRun(const std::string& words) {
  std::string out = Run(words);
  EXPECT_EQ(code(), 0) << words << "\n" << error();
  return out;
}

std::string ProgramTest::Example(const std::string& name) {
  return std::string(CELLAR_EXAMPLES) + "/" + name;
}

std::string ProgramTest::Scratch(const std::string& name) {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return ::testing::TempDir() + "/cellar_" + test->test_suite_name() + "_" + test->name() + "_" +
         name;
}

void ProgramTest::StopServer() { server_ = nullptr; }

}  // namespace cellar
