#include "tests/bench/service/processor_time.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace cellar {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

// Fields 14 and 15 of the process's stat file. The name before them is in brackets and may hold
// spaces.
double CpuSecondsOf(int pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string line;
  if (pid == 0 || !std::getline(file, line)) return 0;
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  constexpr size_t kUserTime = 11;  // counted from behind the name
  if (fields.size() <= kUserTime + 1) return 0;
  const double ticks = std::stod(fields[kUserTime]) + std::stod(fields[kUserTime + 1]);
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace cellar
