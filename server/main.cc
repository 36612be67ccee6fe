// cellar-server: parse, build, say where it listens, wait for the end, drain.
//
// Exit codes: 0 drained after SIGTERM or SIGINT, 1 could not start, 2 bad usage.
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "server/base/clock.h"
#include "server/environment.h"
#include "server/options.h"
#include "server/rpc/listen_address.h"

namespace {

// Writes all or nothing: whoever waits for the file never sees a part of it.
bool WritePortFile(const std::string& path, const std::vector<std::string>& addresses) {
  const std::string unfinished = path + ".unfinished";
  std::ofstream file(unfinished);
  for (const std::string& address : addresses) file << address << '\n';
  file.close();
  return !file.fail() && std::rename(unfinished.c_str(), path.c_str()) == 0;
}

// Drains; a second signal cuts that short.
void DrainUnderSignals(cellar::Environment& environment, absl::Duration timeout,
                       const sigset_t& signals) {
  const pthread_t waiting = pthread_self();
  std::thread drain([&] {
    environment.Drain(timeout);
    pthread_kill(waiting, SIGTERM);  // ends the wait below
  });
  int signal = 0;
  sigwait(&signals, &signal);
  environment.ForceStop();  // has no effect on a drain that is over
  drain.join();
}

}  // namespace

int main(int argc, char** argv) {
  const cellar::ParsedOptions parsed = cellar::ParseOptions(argc, argv);
  if (!parsed.options.has_value()) {
    (parsed.exit_code == 0 ? std::cout : std::cerr) << parsed.output;
    return parsed.exit_code;
  }
  const cellar::Options& options = *parsed.options;

  // Before any thread starts: all of them inherit it, and signals only come to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  auto environment = cellar::Environment::Create(options, cellar::SystemClock());
  if (!environment.ok()) {
    std::cerr << "error: " << std::string(environment.status().message()) << std::endl;
    return 1;
  }
  const std::vector<std::string>& addresses = (*environment)->addresses();
  for (const std::string& address : addresses) {
    std::cerr << "listening on " << address << std::endl;
    if (cellar::IsLocal(address)) continue;
    std::cerr << "warning: " << address << " can be reached from other machines, in plain text and "
              << "without authentication" << std::endl;
  }
  if (!options.port_file.empty() && !WritePortFile(options.port_file, addresses)) {
    std::cerr << "error: cannot write --port-file " << options.port_file << std::endl;
    return 1;
  }

  int signal = 0;
  sigwait(&signals, &signal);
  std::cerr << "draining" << std::endl;
  DrainUnderSignals(**environment, options.drain_timeout, signals);
  return 0;
}
