#include "server/server_metrics.h"

#include <map>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

// Name and labels of each sample, and its value (of a histogram: how many values it has).
std::map<std::string, double> Samples(const Metrics& metrics) {
  std::map<std::string, double> samples;
  for (const MetricFamily& family : metrics.Collect()) {
    for (const MetricSample& sample : family.samples) {
      std::string name = family.name;
      for (const auto& [label, value] : sample.labels)
        absl::StrAppend(&name, " ", label, "=", value);
      double value = sample.value;
      for (const int64_t count : sample.histogram.counts) value += static_cast<double>(count);
      samples[name] = value;
    }
  }
  return samples;
}

TEST(ServerMetrics, ShowWhatThePartsCount) {
  ApiFixture fixture;
  Options options;
  options.sessions.max_sessions = 77;
  Metrics metrics;
  AddServerMetrics(fixture.api(), options, metrics);
  const std::string model = fixture.AddModel(HomeworkModel());
  fixture.NewSession("a", model);
  fixture.NewSession("b", model);
  EXPECT_TRUE(fixture.Await(&Step, StepOf("sessions/a", {1, 2})).ok());
  EXPECT_TRUE(fixture.api().sessions.Delete({kDefaultTenant, "sessions/b"}).ok());
  const auto samples = Samples(metrics);
  EXPECT_EQ(samples.at("cellar_sessions state=awake"), 1);
  EXPECT_EQ(samples.at("cellar_sessions_limit"), 77);
  EXPECT_EQ(samples.at("cellar_sessions_created_total"), 2);
  EXPECT_EQ(samples.at("cellar_sessions_ended_total cause=deleted"), 1);
  EXPECT_EQ(samples.at("cellar_sessions_ended_total cause=expired"), 0);
  EXPECT_EQ(samples.at("cellar_session_bytes"), fixture.api().sessions.used_bytes());
  EXPECT_EQ(samples.at("cellar_models"), 1);
  EXPECT_GT(samples.at("cellar_model_bytes"), 0);
  EXPECT_EQ(samples.at("cellar_steps_total outcome=made"), 2);
  EXPECT_EQ(samples.at("cellar_messages_total"), 1);
  EXPECT_EQ(samples.at("cellar_open_streams"), 0);
}

TEST(ServerMetrics, HaveNamesAsPrometheusWantsThem) {
  ApiFixture fixture;
  Metrics metrics;
  AddServerMetrics(fixture.api(), {}, metrics);
  for (const MetricFamily& family : metrics.Collect()) {
    EXPECT_TRUE(absl::StartsWith(family.name, "cellar_")) << family.name;
    EXPECT_EQ(absl::EndsWith(family.name, "_total"), family.kind == MetricKind::kCounter)
        << family.name;
    EXPECT_FALSE(family.help.empty()) << family.name;
  }
}

}  // namespace
}  // namespace cellar
