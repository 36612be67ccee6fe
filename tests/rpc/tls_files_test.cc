#include "server/rpc/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <vector>

#include "tests/testing/fake_clock.h"
#include "tests/testing/tls_pems.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TlsFilesTest : public testing::Test {
 protected:
  TlsFilesTest() {
    const std::string base =
        testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name();
    options_.certificate_path = base + ".cert.pem";
    options_.key_path = base + ".key.pem";
    options_.report = [this](const std::string& line) { reports_.push_back(line); };
    Write(pems_);
  }

  void Write(const TlsPems& pems) {
    std::ofstream(options_.certificate_path) << pems.certificate;
    std::ofstream(options_.key_path) << pems.key;
    if (!options_.client_ca_path.empty()) std::ofstream(options_.client_ca_path) << pems.client_ca;
  }

  std::string Problem() { return std::string(ReadTlsFiles(options_).status().message()); }

  FakeClock clock_;
  TlsOptions options_;
  TlsPems pems_ = MakePems();
  std::vector<std::string> reports_;
};

TEST(TlsOptions, AreEnabledByACertificateOrAKey) {
  EXPECT_FALSE(TlsOptions().enabled());
  EXPECT_TRUE(TlsOptions{.certificate_path = "a"}.enabled());
  EXPECT_TRUE(TlsOptions{.key_path = "a"}.enabled());
}

TEST_F(TlsFilesTest, ReadsWhatBelongsTogether) {
  const auto read = ReadTlsFiles(options_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, pems_);
}

TEST_F(TlsFilesTest, NamesTheFileThatCannotBeUsed) {
  Write({"", pems_.key});
  EXPECT_EQ(Problem(),
            "--tls-cert: " + options_.certificate_path + " is no file with a PEM certificate");
  for (const std::string& key : {std::string(), std::string("junk"), MakePems().key,
                                 pems_.key.substr(0, pems_.key.size() / 2)}) {
    Write({pems_.certificate, key});
    EXPECT_EQ(Problem(), "--tls-key: " + options_.key_path +
                             " is no file with the PEM private key of --tls-cert");
  }
  options_.client_ca_path = options_.key_path + ".ca";
  Write({pems_.certificate, pems_.key, "junk"});
  EXPECT_THAT(Problem(), HasSubstr("--tls-client-ca"));
  options_.certificate_path = "/nowhere/cert.pem";
  EXPECT_THAT(Problem(), HasSubstr("/nowhere/cert.pem"));
}

TEST_F(TlsFilesTest, DoesNotWaitForAPipe) {
  ASSERT_EQ(std::remove(options_.key_path.c_str()), 0);
  ASSERT_EQ(mkfifo(options_.key_path.c_str(), 0600), 0);
  EXPECT_THAT(Problem(), HasSubstr("--tls-key"));
  std::remove(options_.key_path.c_str());
}

TEST_F(TlsFilesTest, NewFilesCountOnceTheyAreLookedAtAgain) {
  const auto files = TlsFiles::Open(options_, clock_);
  ASSERT_TRUE(files.ok()) << files.status();
  const TlsPems successor = MakePems();
  Write(successor);
  EXPECT_EQ(*(*files)->Look().pems, pems_) << "it is not time yet";
  clock_.Advance(options_.refresh_interval);
  const TlsFiles::Version version = (*files)->Look();
  EXPECT_EQ(*version.pems, successor);
  EXPECT_EQ(version.number, 1);
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("was read anew")));
  clock_.Advance(options_.refresh_interval);
  EXPECT_EQ((*files)->Look().number, 1) << "nothing is new";
}

TEST_F(TlsFilesTest, WhatCannotBeUsedIsToldOnceAndChangesNothing) {
  const auto files = TlsFiles::Open(options_, clock_);
  ASSERT_TRUE(files.ok()) << files.status();
  Write({pems_.certificate, ""});
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(options_.refresh_interval);
    EXPECT_EQ((*files)->Look().number, 0);
  }
  EXPECT_THAT(reports_, ElementsAre(HasSubstr("what was served before still is")));
  Write(pems_);
  clock_.Advance(options_.refresh_interval);
  EXPECT_EQ((*files)->Look().number, 0);
  Write({"", ""});
  clock_.Advance(options_.refresh_interval);
  (*files)->Look();
  EXPECT_EQ(reports_.size(), 2u) << "a new problem is told again";
}

TEST_F(TlsFilesTest, AServerDoesNotStartWithFilesThatCannotBeUsed) {
  Write({"", ""});
  EXPECT_TRUE(absl::IsInvalidArgument(TlsFiles::Open(options_, clock_).status()));
  EXPECT_THAT(reports_, IsEmpty());
}

}  // namespace
}  // namespace cellar
