#include "server/identity/identity_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string TokenLine(absl::string_view token, absl::string_view rest) {
  return absl::StrCat("token sha256:", ToHex(Sha256Of(token)), " ", rest);
}

std::string WrongWith(absl::string_view text) {
  const auto identities = ParseIdentities(text);
  return identities.ok() ? "" : std::string(identities.status().message());
}

TEST(ParseIdentities, ReadsTokensAndCertificates) {
  const auto identities = ParseIdentities(absl::StrCat(
      "# who may call\n\n  ", TokenLine("t", "tenant=math-101 roles=owner,grader name=ci"), "\r\n",
      "certificate dns:a.example.org\troles=admin  tenant=ops expires=2027-01-31T00:00:00Z"));
  ASSERT_TRUE(identities.ok()) << identities.status();
  ASSERT_EQ(identities->size(), 2u);
  const Identity& token = (*identities)[0];
  EXPECT_EQ(token.token_digest, Sha256Of("t"));
  EXPECT_EQ(token.caller.tenant, "math-101");
  EXPECT_EQ(token.caller.roles, (RoleSet{Role::kOwner, Role::kGrader}));
  EXPECT_EQ(token.caller.name, "ci");
  EXPECT_EQ(token.expire_time, absl::InfiniteFuture());
  const Identity& certificate = (*identities)[1];
  EXPECT_FALSE(certificate.token_digest.has_value());
  EXPECT_EQ(certificate.certificate, "dns:a.example.org");
  EXPECT_EQ(certificate.caller.roles, RoleSet{Role::kAdmin});
  EXPECT_EQ(certificate.expire_time,
            absl::FromCivil(absl::CivilDay(2027, 1, 31), absl::UTCTimeZone()));
}

TEST(ParseIdentities, WritesWhatItReads) {
  for (const std::string& line :
       {TokenLine("t", "tenant=a roles=owner"),
        TokenLine("t", "tenant=a roles=owner,student name=x"),
        std::string("certificate uri:spiffe://a/b tenant=a roles=read-only "
                    "expires=2027-01-31T00:00:00+00:00"),
        std::string("certificate cn:grader tenant=a roles=grader")}) {
    EXPECT_EQ(IdentityLine(ParseIdentities(line).value()[0]), line);
  }
}

TEST(ParseIdentities, TellsEveryProblemByItsLine) {
  const std::string text = absl::StrCat("somebody x tenant=a roles=owner\n",                    // 1
                                        "token sha256:12 tenant=a roles=owner\n",               // 2
                                        "certificate host:x tenant=a roles=owner\n",            // 3
                                        TokenLine("a", "tenant=A roles=owner\n"),               // 4
                                        TokenLine("b", "tenant=a roles=boss\n"),                // 5
                                        TokenLine("c", "tenant=a roles=owner expires=soon\n"),  // 6
                                        TokenLine("d", "tenant=a roles=owner tenant=a\n"),      // 7
                                        TokenLine("e", "tenant=a roles=owner color=red\n"),     // 8
                                        TokenLine("f", "tenant=a roles=owner\n"),  // 9: sound
                                        TokenLine("f", "tenant=b roles=owner\n"),  // 10
                                        TokenLine("g", "\n"), "token");            // 11, 12
  const std::string wrong = WrongWith(text);
  for (const char* problem :
       {"line 1 begins with neither", "line 2 has no sha256:", "line 3 has no uri:",
        "line 4 has no valid tenant=", "line 5 has a role that is none of owner,grader",
        "line 6 has an expires=", "line 7 says something twice", "line 8 has a word that is none",
        "line 10 has the token or certificate of an earlier line",
        "line 11 has no valid roles=", "line 12 has no sha256:"}) {
    EXPECT_THAT(wrong, HasSubstr(problem));
  }
  EXPECT_THAT(wrong, Not(HasSubstr("line 9 ")));
}

TEST(ParseIdentities, QuotesNothingThatMayBeAToken) {
  const std::string wrong = WrongWith(
      "token secret-token tenant=secret roles=secret name= expires=secret secret\nsecret secret");
  EXPECT_THAT(wrong, HasSubstr("line 1"));
  EXPECT_THAT(wrong, Not(HasSubstr("secret")));
}

TEST(ParseIdentities, TellsTwentyProblemsAtMost) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "x\n";
  const std::string wrong = WrongWith(text);
  EXPECT_THAT(wrong, HasSubstr("line 20 "));
  EXPECT_THAT(wrong, Not(HasSubstr("line 21 ")));
}

}  // namespace
}  // namespace cellar
