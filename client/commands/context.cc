#include "client/commands/context.h"

#include <google/protobuf/util/json_util.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/commands/flag_words.h"
#include "client/commands/number_flags.h"
#include "client/error_text.h"
#include "client/network_cause.h"

namespace cellar {

void Context::AddOptions(CLI::App& app) {
  CLI::Option* server =
      app.add_option("--server", server_, "Where the server is: host:port or unix:path")
          ->envname("CELLAR_SERVER")
          ->type_name("ADDRESS")
          ->capture_default_str();
  server_option_ = server;
  app.add_flag("--in-process", in_process_,
               "Use no server but one inside this process, which ends with the command");
  app.add_option("--timeout", timeout_seconds_, "Seconds to wait for an answer; 0 waits for ever")
      ->type_name("SECONDS")
      ->check(NumberOfSeconds())
      ->capture_default_str();
  AddIdentityOptions(app);
}

void Context::AddIdentityOptions(CLI::App& app) {
  const auto file = [&](const char* name, std::string& path, const char* variable,
                        const char* help) {
    app.add_option(name, path, help)->envname(variable)->type_name("PATH");
  };
  app.add_flag("--tls", identity_.tls, "Speak TLS, believing whom this machine believes")
      ->envname("CELLAR_TLS");
  file("--tls-ca", identity_.tls_ca_file, "CELLAR_TLS_CA",
       "Speak TLS, believing this PEM file of certificates");
  file("--tls-cert", identity_.tls_cert_file, "CELLAR_TLS_CERT",
       "PEM file of your certificate, for mutual TLS");
  file("--tls-key", identity_.tls_key_file, "CELLAR_TLS_KEY", "PEM file of its private key");
  app.add_option("--token", identity_.token,
                 "Who you are; other people of this machine can see arguments: CELLAR_TOKEN or "
                 "--token-file is better")
      ->envname("CELLAR_TOKEN")
      ->type_name("TOKEN");
  file("--token-file", identity_.token_file, "CELLAR_TOKEN_FILE", "File that has the token");
  app.add_option("--tenant", identity_.tenant, "For admins: whose models and sessions to see")
      ->envname("CELLAR_TENANT")
      ->type_name("TENANT");
}

ConnectionOptions Context::OptionsFor(const std::string& address) const {
  ConnectionOptions options;
  options.address = address;
  options.call_timeout =
      timeout_seconds_ > 0 ? absl::Seconds(timeout_seconds_) : absl::InfiniteDuration();
  options.identity = identity_;
  return options;
}

absl::StatusOr<std::shared_ptr<Connection>> Context::Connect() {
  if (in_process_) return StartLocal();
  return Connection::Open(OptionsFor(server_));
}

absl::StatusOr<std::shared_ptr<Connection>> Context::ConnectOrStart() {
  const bool is_named = server_option_ != nullptr && server_option_->count() > 0;
  return is_named && !in_process_ ? Connect() : StartLocal();
}

absl::StatusOr<std::shared_ptr<Connection>> Context::StartLocal() {
  if (start_local_ == nullptr) return Connection::Open(OptionsFor(server_));
  if (local_server_ == nullptr) {
    auto started = start_local_();
    if (!started.ok()) return started.status();
    local_server_ = *std::move(started);
  }
  return std::make_shared<Connection>(local_server_->channel(), OptionsFor("in-process"));
}

absl::StatusOr<std::shared_ptr<Connection>> Context::ConnectTo(const std::string& address,
                                                               int max_answer_bytes) const {
  ConnectionOptions options = OptionsFor(address);
  options.identity = {};
  options.max_answer_bytes = max_answer_bytes;
  return Connection::Open(std::move(options));
}

CLI::App& Context::AddCommand(CLI::App& parent, const std::string& name, const std::string& help,
                              const std::string& example) {
  CLI::App& command = *parent.add_subcommand(name, help);
  command.fallthrough();  // --server may stand behind the command, too
  command.footer(
      absl::StrCat("Example:\n  ", absl::StrReplaceAll(example, {{"\n", "\n  "}}),
                   "\n\n--server, --in-process and --timeout are described in `cellar --help`."));
  return command;
}

void Context::OnRun(CLI::App& command, std::function<absl::Status()> run) {
  command.callback([this, &command, run = std::move(run)] {
    const absl::Status status = InFlags(command, run());
    if (status.ok()) return;
    PrintError(status);
    exit_code_ = ExitCodeFor(status);
  });
}

Waiting Context::TellsOfWaiting(const std::string& how_to_end) {
  const std::string server =
      local_server_ == nullptr ? absl::StrCat("the server at ", server_) : "the server";
  const auto say = [this](const std::string& text) {
    out_.flush();
    err_ << text << std::endl;
  };
  return {
      .begins = [=] { say(absl::StrCat(server, " is away; waiting for it (", how_to_end, ")")); },
      .ends = [=] { say(absl::StrCat(server, " is back")); }};
}

void Context::PrintError(const absl::Status& status) {
  out_.flush();
  err_ << "error: " << TextOf(status) << std::endl;
}

std::string Context::TextOf(const absl::Status& status) const {
  const std::string text = ErrorText(status, local_server_ == nullptr ? server_ : "in-process");
  return IsUnreachable(status) && offers_in_process_
             ? absl::StrCat(text, "; or do without one: --in-process")
             : text;
}

std::string MessageJson(const google::protobuf::Message& message, EmptyFields empty_fields) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = empty_fields == EmptyFields::kShown;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  return status.ok() ? json : absl::StrCat("{}\n");
}

}  // namespace cellar
