// cellar-server: parse, build, say where it listens, wait for the end, drain.
//
// Exit codes: 0 drained after SIGTERM or SIGINT, 1 could not start, 2 bad usage, or a file of
// identities or TLS that cannot be used.
#include <pthread.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/base/log.h"
#include "server/base/spare_memory.h"
#include "server/build_info.h"
#include "server/environment.h"
#include "server/flags.h"
#include "server/make_token.h"
#include "server/options.h"
#include "server/rpc/accept_guard.h"
#include "server/rpc/listen_address.h"

namespace {

// Says where the server listens, and warns of addresses that others can reach too easily.
void TellListening(const cellar::Options& options, const std::string& address, cellar::Log& log) {
  if (cellar::IsLocal(address) || cellar::IsSecure(options)) {
    return log.Write(cellar::LogLevel::kInfo, "listening", {{"address", address}});
  }
  const bool plain = !options.server.tls.enabled();
  const bool anyone = options.identities_path.empty();
  const std::string exposure = std::string("to other machines too") +
                               (plain ? ", in plain text" : "") + (anyone ? ", to anyone" : "");
  log.Write(cellar::LogLevel::kWarning, "listening",
            {{"address", address}, {"exposure", exposure}});
}

void TellStart(const cellar::Options& options, const cellar::Environment& environment,
               cellar::Log& log) {
  const cellar::BuildInfo build = cellar::ThisBuild();
  log.Write(cellar::LogLevel::kInfo, "started",
            {{"version", build.version}, {"commit", build.commit}, {"compiler", build.compiler}});
  log.Write(cellar::LogLevel::kInfo, "keeping", {{"what", environment.kept()}});
  for (const std::string& address : environment.addresses()) TellListening(options, address, log);
  if (environment.metrics_address().empty()) return;
  const std::string address = environment.metrics_address();
  const bool local = cellar::IsLocal(address);
  log.Write(local ? cellar::LogLevel::kInfo : cellar::LogLevel::kWarning, "serving-metrics",
            {{"address", address}, {"exposure", local ? "" : "to other machines too, to anyone"}});
}

// One write a line, so that lines of different threads do not mix.
void WriteLine(const std::string& line) { std::fwrite(line.data(), 1, line.size(), stderr); }

// Writes all or nothing: whoever waits for the file never sees a part of it.
bool WritePortFile(const std::string& path, const std::vector<std::string>& addresses) {
  const std::string unfinished = path + ".unfinished";
  std::ofstream file(unfinished);
  for (const std::string& address : addresses) file << address << '\n';
  file.close();
  return !file.fail() && std::rename(unfinished.c_str(), path.c_str()) == 0;
}

// Waits for a signal, then drains; a second signal cuts that short.
void ServeUntilSignal(cellar::Environment& environment, absl::Duration drain_timeout,
                      const sigset_t& signals, cellar::Log& log) {
  int signal = 0;
  sigwait(&signals, &signal);
  log.Write(cellar::LogLevel::kInfo, "draining");
  const pthread_t waiting = pthread_self();
  std::thread drain([&] {
    const bool whole = environment.Drain(drain_timeout);
    log.Write(whole ? cellar::LogLevel::kInfo : cellar::LogLevel::kWarning, "drained",
              {{"cancelled_calls", whole ? "none" : "some"}});
    // Blocked in every thread: it kills nobody, it ends the wait below.
    pthread_kill(waiting, SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread)
  });
  sigwait(&signals, &signal);
  environment.ForceStop();  // has no effect on a drain that is over
  drain.join();
}

}  // namespace

int main(int argc, char** argv) {
  setenv("GRPC_VERBOSITY", "NONE", 0);  // unless set: of no use, and any client can make it log
  signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of a write, like a full disk
  // Debian builds Abseil with its search for deadlocks on: it costs a third of a small step, and
  // 520 bytes of each session. Tests keep it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (argc > 1 && std::strcmp(argv[1], "make-token") == 0) {
    return cellar::MakeToken(argc - 1, argv + 1, cellar::SystemClock(), std::cout, std::cerr);
  }
  const cellar::ParsedOptions parsed = cellar::ParseOptions(argc, argv);
  if (!parsed.options.has_value()) {
    (parsed.exit_code == 0 ? std::cout : std::cerr) << parsed.output;
    return parsed.exit_code;
  }
  const cellar::Options& options = *parsed.options;
  cellar::Log log(options.log_level, cellar::SystemClock(), &WriteLine);
  // Before any thread starts: all of them inherit it, and signals only come to sigwait.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  cellar::KeepSpareMemory();
  cellar::RaiseDescriptorLimit();  // the customary 1024 is one for programs that use select
  auto environment = cellar::Environment::Create(options, cellar::SystemClock(), log);
  if (!environment.ok()) {
    std::cerr << "error: " << std::string(environment.status().message()) << std::endl;
    return absl::IsInvalidArgument(environment.status()) ? cellar::kBadUsage : 1;
  }
  TellStart(options, **environment, log);
  if (!options.port_file.empty() &&
      !WritePortFile(options.port_file, (*environment)->addresses())) {
    std::cerr << "error: cannot write --port-file " << options.port_file << std::endl;
    return 1;
  }
  ServeUntilSignal(**environment, options.drain_timeout, signals, log);
  return 0;
}
