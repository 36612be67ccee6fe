#include "server/operations/process_metrics.h"

#include <unistd.h>

#include <map>
#include <string>

#include "gtest/gtest.h"

namespace cellar {
namespace {

std::map<std::string, double> Now() {
  Metrics metrics;
  AddProcessMetrics(metrics);
  std::map<std::string, double> values;
  for (const MetricFamily& family : metrics.Collect()) {
    values[family.name] = family.samples[0].value;
  }
  return values;
}

TEST(ProcessMetrics, TellOfThisProcess) {
  if (access("/proc/self/stat", R_OK) != 0) GTEST_SKIP() << "there is no /proc";
  const auto before = Now();
  EXPECT_GT(before.at("process_resident_memory_bytes"), 100'000);
  EXPECT_GE(before.at("process_virtual_memory_bytes"), before.at("process_resident_memory_bytes"));
  EXPECT_EQ(before.at("process_threads"), 1);
  EXPECT_GT(before.at("process_max_fds"), before.at("process_open_fds"));
  EXPECT_GT(before.at("process_start_time_seconds"), 1e9);
  EXPECT_GE(before.at("process_cpu_seconds_total"), 0);
  const int descriptor = dup(0);
  EXPECT_EQ(Now().at("process_open_fds"), before.at("process_open_fds") + (descriptor < 0 ? 0 : 1));
  close(descriptor);
}

}  // namespace
}  // namespace cellar
