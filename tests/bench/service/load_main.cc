// Loads a server with streams of steps and prints one line of JSON with what it measured:
//
//   cellar-load --server 127.0.0.1:50051 --streams 64 --hidden 8
//
// Makes an LSTM model and a session for each stream, and deletes them at the end. With --echo the
// server is a bare one (cellar-echo) that knows neither. With --batch the sessions share a few
// streams, and each message has a step of every one of its stream.
#include <unistd.h>

#include <algorithm>
#include <initializer_list>
#include <iostream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "cellar/v1/model_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/bench/service/batch_load.h"
#include "tests/bench/service/stream_load.h"

namespace cellar {
namespace {

struct Flags {
  std::string server;
  int server_pid = 0;
  bool echo = false;
  bool batch = false;
  bool leave = false;
  int64_t streams = 1;
  int64_t hidden = 8;
  double warm_up = 0.5;
  double seconds = 2;
  LoadOptions load;
};

// Weights small enough that no gate shuts for good.
v1::Tensor RandomTensor(std::mt19937& random, std::initializer_list<int64_t> shape) {
  std::uniform_real_distribution<float> weight(-0.3F, 0.3F);
  v1::Tensor tensor;
  int64_t count = 1;
  for (const int64_t length : shape) {
    tensor.add_shape(length);
    count *= length;
  }
  std::string raw;
  for (int64_t i = 0; i < count; ++i) {
    const float value = weight(random);
    raw.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  tensor.set_raw(raw);
  return tensor;
}

v1::Model RandomLstm(int64_t hidden) {
  std::mt19937 random(1);
  v1::Model model;
  model.set_precision(v1::PRECISION_FLOAT32);
  v1::LstmCell& cell = *model.add_layers()->mutable_lstm();
  for (v1::Gate* gate : {cell.mutable_forget_gate(), cell.mutable_input_gate(),
                         cell.mutable_output_gate(), cell.mutable_candidate()}) {
    *gate->mutable_input_weights() = RandomTensor(random, {hidden, hidden});
    *gate->mutable_recurrent_weights() = RandomTensor(random, {hidden, hidden});
    *gate->mutable_bias() = RandomTensor(random, {hidden});
  }
  return model;
}

absl::Status FromCall(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// The model and the sessions of a run; deleted with the object.
class Sessions {
 public:
  Sessions(const std::shared_ptr<grpc::Channel>& channel, std::string token)
      : token_(std::move(token)),
        models_(v1::ModelService::NewStub(channel)),
        sessions_(v1::SessionService::NewStub(channel)) {}

  ~Sessions() {
    if (leave_) return;
    for (const std::string& name : names_) {
      grpc::ClientContext context;
      SayWho(context);
      v1::DeleteSessionRequest request;
      request.set_name(name);
      v1::DeleteSessionResponse response;
      sessions_->DeleteSession(&context, request, &response);
    }
    grpc::ClientContext context;
    SayWho(context);
    v1::DeleteModelRequest request;
    request.set_name(model_);
    v1::DeleteModelResponse response;
    models_->DeleteModel(&context, request, &response);
  }

  absl::Status Make(int64_t hidden, int64_t count) {
    grpc::ClientContext context;
    SayWho(context);
    v1::CreateModelRequest request;
    request.set_model_id(absl::StrCat("load-", hidden, "-", getpid()));
    *request.mutable_model() = RandomLstm(hidden);
    v1::CreateModelResponse response;
    const absl::Time start = absl::Now();
    absl::Status made = FromCall(models_->CreateModel(&context, request, &response));
    model_time_ = absl::Now() - start;
    model_ = response.model().name();
    if (!made.ok()) return made;
    names_.resize(static_cast<size_t>(count));
    std::vector<absl::Status> ends(static_cast<size_t>(std::min<int64_t>(count, kMakers)));
    std::vector<std::thread> makers;
    for (size_t k = 0; k < ends.size(); ++k) {
      makers.emplace_back([this, k, &ends] { ends[k] = MakeSome(k, ends.size()); });
    }
    for (std::thread& maker : makers) maker.join();
    for (const absl::Status& end : ends) made.Update(end);
    return made;
  }

  // They outlive the object.
  void Leave() { leave_ = true; }

  const std::vector<std::string>& names() const { return names_; }

  // What CreateModel took.
  absl::Duration model_time() const { return model_time_; }

 private:
  void SayWho(grpc::ClientContext& context) const {
    if (!token_.empty()) context.AddMetadata("authorization", "Bearer " + token_);
  }

  static constexpr int64_t kMakers = 8;  // threads, so that a million sessions take half a minute

  // Every `stride`-th session from `first` on.
  absl::Status MakeSome(size_t first, size_t stride) {
    for (size_t k = first; k < names_.size(); k += stride) {
      grpc::ClientContext context;
      SayWho(context);
      v1::CreateSessionRequest request;
      request.mutable_session()->set_model(model_);
      v1::CreateSessionResponse response;
      absl::Status made = FromCall(sessions_->CreateSession(&context, request, &response));
      if (!made.ok()) return made;
      names_[k] = response.session().name();
    }
    return absl::OkStatus();
  }

  const std::string token_;
  const std::unique_ptr<v1::ModelService::Stub> models_;
  const std::unique_ptr<v1::SessionService::Stub> sessions_;
  std::string model_;
  absl::Duration model_time_;
  bool leave_ = false;
  std::vector<std::string> names_;
};

// What was measured besides the load.
struct Preparation {
  absl::Duration model_time;  // that CreateModel took
  int64_t server_bytes = 0;   // resident memory, more than before the sessions were made
};

void Print(const Flags& flags, const LoadResult& result, const Preparation& before) {
  const auto messages = static_cast<double>(result.latencies.count());
  const auto micros = [&result](double fraction) {
    return 1e-3 * static_cast<double>(result.latencies.Percentile(fraction));
  };
  const int64_t items =
      flags.batch ? std::min(flags.load.batch_items, flags.streams / flags.load.batch_streams) : 1;
  const double steps = messages * static_cast<double>(flags.load.steps_per_message * items);
  const double per_message = messages == 0 ? 0 : 1e6 / messages;
  std::cout << absl::StrFormat(
      "{\"streams\": %d, \"steps_per_message\": %d, \"hidden\": %d, \"messages\": %d, "
      "\"messages_per_second\": %.0f, \"steps_per_second\": %.0f, \"p50_us\": %.1f, \"p90_us\": "
      "%.1f, \"p99_us\": %.1f, "
      "\"p999_us\": %.1f, \"max_us\": %.1f, \"server_us_per_message\": %.2f, "
      "\"client_us_per_message\": %.2f, \"server_faults_per_message\": %.4f, "
      "\"server_bytes_per_stream\": %.0f, \"model_ms\": %.2f, \"server_bytes_per_session\": "
      "%.0f}\n",
      flags.streams, flags.load.steps_per_message, flags.hidden, result.latencies.count(),
      messages / result.seconds, steps / result.seconds, micros(0.5), micros(0.9), micros(0.99),
      micros(0.999), micros(1), result.server_cpu_seconds * per_message,
      result.client_cpu_seconds * per_message,
      static_cast<double>(result.server_page_faults) * (messages == 0 ? 0 : 1 / messages),
      static_cast<double>(result.server_stream_bytes) / static_cast<double>(flags.streams),
      absl::ToDoubleMilliseconds(before.model_time),
      static_cast<double>(before.server_bytes) / static_cast<double>(flags.streams));
}

absl::Status Run(Flags& flags) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  const auto channel =
      grpc::CreateCustomChannel(flags.server, grpc::InsecureChannelCredentials(), arguments);
  Sessions sessions(channel, flags.load.token);
  Preparation before;
  if (flags.echo) {
    flags.load.sessions.assign(static_cast<size_t>(flags.streams), "sessions/echo");
  } else {
    const int64_t bytes = UsageOf(flags.server_pid).resident_bytes;
    const absl::Status made = sessions.Make(flags.hidden, flags.streams);
    if (!made.ok()) return made;
    before = {sessions.model_time(), UsageOf(flags.server_pid).resident_bytes - bytes};
    if (flags.leave) sessions.Leave();
    flags.load.sessions = sessions.names();
  }
  flags.load.input_size = flags.hidden;
  flags.load.warm_up = absl::Seconds(flags.warm_up);
  flags.load.duration = absl::Seconds(flags.seconds);
  const auto result = flags.batch ? RunBatchLoad(channel, flags.load, flags.server_pid)
                                  : RunLoad(channel, flags.load, flags.server_pid);
  if (!result.ok()) return result.status();
  Print(flags, *result, before);
  return absl::OkStatus();
}

}  // namespace
}  // namespace cellar

int main(int argc, char** argv) {
  cellar::Flags flags;
  CLI::App app("Loads a Cellar server with streams of steps");
  app.add_option("--server", flags.server, "host:port or unix:PATH")->required();
  app.add_option("--server-pid", flags.server_pid, "its process, to read its processor time");
  app.add_option("--token", flags.load.token, "who calls, if the server asks");
  app.add_flag("--echo", flags.echo, "the server is cellar-echo");
  app.add_flag("--batch", flags.batch, "batches for all sessions; closed loop");
  app.add_option("--batch-streams", flags.load.batch_streams, "streams that batches go over")
      ->check(CLI::Range(1, 64));
  app.add_option("--batch-items", flags.load.batch_items, "sessions in a message, at most")
      ->check(CLI::PositiveNumber);
  app.add_flag("--leave", flags.leave, "deletes nothing at the end");
  app.add_option("--streams", flags.streams, "sessions, each on a stream of its own")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--hidden", flags.hidden, "hidden size and input size")
      ->check(CLI::Range(1, 4096));
  app.add_option("--steps-per-message", flags.load.steps_per_message)
      ->check(CLI::Range(1, 100'000));
  app.add_option("--rate", flags.load.messages_per_second,
                 "messages a second over all streams (open loop); 0: as fast as answers come")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--poll", flags.load.poll, "the client never sleeps; not for batches");
  app.add_option("--warm-up", flags.warm_up, "seconds")->check(CLI::NonNegativeNumber);
  app.add_option("--seconds", flags.seconds)->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const absl::Status done = cellar::Run(flags);
  if (!done.ok()) std::cerr << "error: " << done.message() << "\n";
  return done.ok() ? 0 : 1;
}
