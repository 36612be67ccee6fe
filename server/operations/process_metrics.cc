#include "server/operations/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace cellar {
namespace {

// Fields of /proc/self/stat behind the name, which is in parentheses and may hold anything: the
// first is the third of the file (man 5 proc).
std::vector<std::string> StatFields() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  const size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return {};
  std::istringstream rest(text.substr(end_of_name + 1));
  return {std::istream_iterator<std::string>(rest), std::istream_iterator<std::string>()};
}

// Field `number` of the file, counted from 1 as the manual does.
double StatField(const std::vector<std::string>& fields, size_t number) {
  const size_t index = number - 3;
  return index < fields.size() ? std::stod(fields[index]) : 0;
}

constexpr size_t kUserTicks = 14;
constexpr size_t kSystemTicks = 15;
constexpr size_t kThreads = 20;
constexpr size_t kStartTicks = 22;
constexpr size_t kVirtualBytes = 23;
constexpr size_t kResidentPages = 24;

double TicksPerSecond() { return static_cast<double>(sysconf(_SC_CLK_TCK)); }

// When the machine was started, in seconds since 1970; 0 if nobody says.
double BootSeconds() {
  std::ifstream file("/proc/stat");
  for (std::string key; file >> key;) {
    double value = 0;
    if (key == "btime" && file >> value) return value;
  }
  return 0;
}

double OpenDescriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/self/fd", error);
  if (error) return 0;
  return static_cast<double>(std::distance(begin(all), end(all)));
}

double MostDescriptors() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

// A gauge out of the fields.
void AddField(Metrics& metrics, const std::string& name, const std::string& help, size_t number,
              double factor) {
  metrics.AddGauge(name, help,
                   [number, factor] { return factor * StatField(StatFields(), number); });
}

}  // namespace

void AddProcessMetrics(Metrics& metrics) {
  if (StatFields().empty()) return;
  metrics.AddFamily("process_cpu_seconds_total", "Processor time used, in seconds.",
                    MetricKind::kCounter, []() -> std::vector<MetricSample> {
                      const std::vector<std::string> fields = StatFields();
                      const double ticks =
                          StatField(fields, kUserTicks) + StatField(fields, kSystemTicks);
                      return {{{}, ticks / TicksPerSecond()}};
                    });
  AddField(metrics, "process_resident_memory_bytes", "Memory in use.", kResidentPages,
           static_cast<double>(sysconf(_SC_PAGESIZE)));
  AddField(metrics, "process_virtual_memory_bytes", "Address space in use.", kVirtualBytes, 1);
  AddField(metrics, "process_threads", "Threads.", kThreads, 1);
  metrics.AddGauge("process_open_fds", "Open descriptors.", OpenDescriptors);
  metrics.AddGauge("process_max_fds", "Descriptors that may be open.", MostDescriptors);
  metrics.AddGauge("process_start_time_seconds", "When the process started, since 1970.", [] {
    return BootSeconds() + StatField(StatFields(), kStartTicks) / TicksPerSecond();
  });
}

}  // namespace cellar
