// What sessions cost awake, asleep and in the store: bytes, create rate, wake-up time, steps that
// are synced before they are answered, and the start of a server that finds many sessions.
//
// Without gRPC: sessions, keeper and RocksDB as a server has them. One line a figure.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/model/model_registry.h"
#include "server/model/stack_state.h"
#include "server/session/session_restorer.h"
#include "server/store/rocksdb_store.h"
#include "tests/bench/resident_bytes.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using WallClock = std::chrono::steady_clock;

double SecondsSince(WallClock::time_point start) {
  return std::chrono::duration<double>(WallClock::now() - start).count();
}

// A server from the sessions down.
struct Server {
  Server(const std::string& folder, int64_t max_bytes)
      : store(OpenRocksdbStore(folder, Log).value()),
        writer(*store),
        keeper(*store, writer, SystemClock(), {}, Log),
        table({.max_sessions = int64_t{1} << 40,
               .max_bytes = max_bytes,
               .sleep_after = absl::ZeroDuration()},
              SystemClock(), &keeper) {
    models.Add(kDefaultTenant, HomeworkModel()).value();
  }

  static void Log(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

  SessionConfig Config(int64_t number, Durability durability) {
    const ModelPin pin = models.Pin({kDefaultTenant, "models/homework"}).value();
    SessionConfig config{{.tenant = std::string(kDefaultTenant),
                          .model = pin.model(),
                          .numerics = {},
                          .durability = durability,
                          .ttl = absl::Hours(24),
                          .replay_window_requests = 8,
                          .labels = {}},
                         absl::StrCat("sessions/bench-", number),
                         nullptr,
                         absl::Time(),
                         pin};
    config.initial_state = FreezeState(ZeroStackState(*config.model, Precision::kFloat32));
    return config;
  }

  // Steps once and returns the session, held no more.
  std::shared_ptr<Session> Step(int64_t number) {
    const std::string name = absl::StrCat("sessions/bench-", number);
    SessionHold hold = table.Hold({kDefaultTenant, name}).value();
    SessionLease lease = hold.Lease().value();
    lease.Advance({1, SharedNumbers::Of<float>({1}), lease.progress().state}).IgnoreError();
    return hold.session();
  }

  std::unique_ptr<RecordStore> store;
  GroupWriter writer;
  SessionKeeper keeper;
  ModelRegistry models{{}};
  SessionTable table;
};

// Counts what is under way, so that no more than so many are.
class Window {
 public:
  explicit Window(int64_t limit) : limit_(limit) {}
  void Enter() {
    absl::MutexLock lock(&mutex_);
    const auto room = [this] { return inside_ < limit_; };
    mutex_.Await(absl::Condition(&room));
    ++inside_;
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    --inside_;
  }
  void AwaitEmpty() {
    absl::MutexLock lock(&mutex_);
    const auto empty = [this] { return inside_ == 0; };
    mutex_.Await(absl::Condition(&empty));
  }

 private:
  const int64_t limit_;
  absl::Mutex mutex_;
  int64_t inside_ = 0;
};

void Print(const char* what, double value, const char* unit) {
  std::printf("%-58s %12.1f %s\n", what, value, unit);
  std::fflush(stdout);
}

absl::StatusOr<std::shared_ptr<Session>> Create(Server& server, int64_t number,
                                                Durability durability) {
  SessionConfig config = server.Config(number, durability);
  SessionProgress progress{config.initial_state, 0, ReplayWindow(8)};
  return server.table.Create(std::move(config), std::move(progress));
}

// Creates sessions, `concurrency` answers under way at once, each kept before its answer.
double CreateMany(Server& server, int64_t begin, int64_t end, Durability durability,
                  int64_t concurrency) {
  const auto start = WallClock::now();
  Window window(concurrency);
  for (int64_t number = begin; number < end; ++number) {
    window.Enter();
    auto created = Create(server, number, durability);
    if (absl::IsResourceExhausted(created.status())) {  // those who could sleep are on their way
      server.keeper.Flush().IgnoreError();
      created = Create(server, number, durability);
    }
    if (!created.ok()) {
      std::fprintf(stderr, "%s\n", created.status().ToString().c_str());
      std::exit(1);
    }
    server.keeper.Settle(*created, absl::OkStatus(),
                         [&window](const absl::Status&) { window.Leave(); });
  }
  window.AwaitEmpty();
  return static_cast<double>(end - begin) / SecondsSince(start);
}

void MeasureAwake(Server& server, int64_t count) {
  const double before = ResidentBytes();
  CreateMany(server, 0, count, Durability::kPeriodic, 1000);
  const double after = ResidentBytes();
  Print("bytes of a session that is awake", (after - before) / static_cast<double>(count), "bytes");
  Print("  of which are charged to the limit",
        static_cast<double>(server.table.used_bytes()) / static_cast<double>(count), "bytes");
}

void SleepAll(Server& server) {
  while (server.table.awake_count() > 0) {
    server.table.SleepIdle();
    server.keeper.Flush().IgnoreError();
  }
}

void MeasureWaking(Server& server, int64_t count, int64_t samples) {
  std::mt19937_64 random(1);
  std::vector<double> micros;
  int64_t refused = 0;  // no room
  for (int64_t i = 0; i < samples; ++i) {
    const std::string name = absl::StrCat("sessions/bench-", random() % count);
    const auto start = WallClock::now();
    const auto hold = server.table.Hold({kDefaultTenant, name});
    micros.push_back(1e6 * SecondsSince(start));
    if (hold.ok()) continue;
    ++refused;
    server.keeper.Flush().IgnoreError();
  }
  std::sort(micros.begin(), micros.end());
  Print("wake-up, median", micros[micros.size() / 2], "us");
  Print("wake-up, 99 of 100", micros[micros.size() * 99 / 100], "us");
  Print("  refused, for want of room", static_cast<double>(refused), "");
}

void MeasureSyncedSteps(Server& server, int64_t first, int64_t concurrency, double seconds) {
  const int64_t count = concurrency;
  CreateMany(server, first, first + count, Durability::kEveryStep, concurrency);
  const auto start = WallClock::now();
  const int64_t writes_before = server.writer.write_count();
  std::atomic<int64_t> steps{0};
  Window window(concurrency);
  for (int64_t i = 0; SecondsSince(start) < seconds; ++i) {
    window.Enter();
    server.keeper.Settle(server.Step(first + i % count), absl::OkStatus(),
                         [&](const absl::Status&) {
                           steps.fetch_add(1);
                           window.Leave();
                         });
  }
  window.AwaitEmpty();
  const double elapsed = SecondsSince(start);
  const auto writes = static_cast<double>(server.writer.write_count() - writes_before);
  Print(absl::StrCat("synced steps, ", concurrency, " sessions at once").c_str(),
        static_cast<double>(steps.load()) / elapsed, "steps/s");
  Print("  for each sync", static_cast<double>(steps.load()) / writes, "steps");
}

}  // namespace
}  // namespace cellar

int main(int argc, char** argv) {
  CLI::App app("Measures what sessions cost awake, asleep and in the store.");
  std::string folder;
  int64_t awake = 100'000;
  int64_t asleep = 1'000'000;
  int64_t samples = 20'000;
  double seconds = 3;
  app.add_option("--folder", folder, "Where to make the store; must not be there")->required();
  app.add_option("--awake", awake, "Sessions to be awake at once")->capture_default_str();
  app.add_option("--asleep", asleep, "Sessions to exist")->capture_default_str();
  app.add_option("--samples", samples, "Wake-ups to time")->capture_default_str();
  app.add_option("--seconds", seconds, "Of synced steps, each")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as cellar-server does

  {
    cellar::Server server(folder, int64_t{1} << 40);
    cellar::MeasureAwake(server, awake);
    cellar::SleepAll(server);
  }
  {
    const double before = cellar::ResidentBytes();
    // Room for a hundredth of them: the others sleep.
    cellar::Server server(folder, asleep * 2000 / 100);
    const auto start = cellar::WallClock::now();
    cellar::RestoreSessions(*server.store, server.keeper, server.models, cellar::SystemClock(),
                            true, server.table)
        .value();
    cellar::Print(absl::StrCat("start with ", awake, " sessions").c_str(),
                  cellar::SecondsSince(start), "s");
    cellar::Print("creations, 1000 at once, memory for a hundredth of them",
                  cellar::CreateMany(server, awake, asleep, cellar::Durability::kPeriodic, 1000),
                  "sessions/s");
    cellar::SleepAll(server);
    cellar::Print("bytes of a session that sleeps (with RocksDB's memory)",
                  (cellar::ResidentBytes() - before) / static_cast<double>(asleep), "bytes");
    cellar::Print("sessions that sleep", static_cast<double>(server.table.session_count()), "");
    cellar::MeasureWaking(server, asleep, samples);
    for (const int64_t concurrency : {1, 16, 256}) {
      cellar::MeasureSyncedSteps(server, asleep + 1000 * concurrency, concurrency, seconds);
    }
  }
  return 0;
}
