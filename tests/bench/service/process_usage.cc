#include "tests/bench/service/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
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

// By the process's own clock; the stat file tells ticks of 10 ms.
double CpuSecondsOf(int pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

ProcessUsage OwnUsage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {Seconds(usage.ru_utime) + Seconds(usage.ru_stime), usage.ru_minflt, 0};
}

// The process's stat file. The name, its second field, is in brackets and may hold spaces.
ProcessUsage UsageOf(int pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string line;
  if (pid == 0 || !std::getline(file, line)) return {};
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  // Counted from behind the name: fields 10 and 24 of the manual page.
  constexpr size_t kMinorFaults = 7;
  constexpr size_t kResidentPages = 21;
  if (fields.size() <= kResidentPages) return {};
  return {CpuSecondsOf(pid), std::stoll(fields[kMinorFaults]),
          std::stoll(fields[kResidentPages]) * sysconf(_SC_PAGESIZE)};
}

}  // namespace cellar
