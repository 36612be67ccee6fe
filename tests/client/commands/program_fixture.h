// Runs the whole program in this process against a whole server in this process.
#ifndef CELLAR_TESTS_CLIENT_COMMANDS_PROGRAM_FIXTURE_H_
#define CELLAR_TESTS_CLIENT_COMMANDS_PROGRAM_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace cellar {

class InProcessServer;

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest();
  ~ProgramTest() override;

  // Runs `cellar words...`, --server added. Returns what it printed; see also code() and error().
  // Words are separated by spaces; a word in single quotes may have some.
  std::string Run(const std::string& words);
  // Runs `cellar words...` as who has no server: without --server and CELLAR_SERVER, but with one
  // that the program can start inside itself.
  std::string RunLocally(const std::string& words);
  // The same as Run with this as its standard input.
  std::string RunWithInput(const std::string& words, const std::string& input);
  // Runs it, and expects that it ends well.
  std::string MustRun(const std::string& words);

  int code() const { return code_; }
  const std::string& error() const { return error_; }
  const std::string& address() const { return address_; }  // of the server

  // A file of client/examples, and a file to write to.
  static std::string Example(const std::string& name);
  static std::string Scratch(const std::string& name);

  // Stops the server; later runs find nobody.
  void StopServer();

 private:
  std::unique_ptr<InProcessServer> server_;
  std::string address_;
  int code_ = -1;
  std::string error_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_CLIENT_COMMANDS_PROGRAM_FIXTURE_H_
