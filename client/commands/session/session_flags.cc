#include "client/commands/session/session_flags.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "client/commands/number_flags.h"

namespace cellar {
namespace {

constexpr char kGroup[] = "New session";

absl::Status ApplyTtl(const std::string& text, v1::Session& session) {
  absl::Duration ttl;
  // A bare number means seconds, as everywhere else on the command line.
  if (!absl::ParseDuration(text, &ttl) && !absl::ParseDuration(text + "s", &ttl)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--ttl: \"", text, "\" is not a duration; write one as 90s, 30m or 1h30m"));
  }
  absl::Duration rest;
  session.mutable_ttl()->set_seconds(absl::IDivDuration(ttl, absl::Seconds(1), &rest));
  session.mutable_ttl()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return absl::OkStatus();
}

}  // namespace

void AddSessionName(CLI::App& command, std::string& name) {
  command.add_option("NAME", name, "sessions/ID, or ID alone")->type_name("")->required();
}

void AddJsonFlag(CLI::App& command, bool& json) {
  command.add_flag("--json", json, "Write the session as JSON");
}

void AddCopyFlags(CLI::App& command, NewSessionFlags& flags) {
  command.add_option("--id", flags.id, "Its name; the server makes one when not given")
      ->type_name("ID")
      ->group(kGroup);
  command.add_option("--ttl", flags.ttl, "How long it lives unused: 90s, 30m, 1h30m")
      ->type_name("DURATION")
      ->group(kGroup);
  command.add_option("--label", flags.labels, "A free word to keep with it; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all()
      ->group(kGroup);
}

void AddNewSessionFlags(CLI::App& command, NewSessionFlags& flags) {
  AddCopyFlags(command, flags);
  command.add_option("--durability", flags.durability, "What survives the loss of the server")
      ->type_name("memory|periodic|every-step")
      ->check(OneOf({"memory", "periodic", "every-step"}))
      ->group(kGroup);
  command
      .add_option("--replay-window", flags.replay_window,
                  "Requests that can be repeated or rewound, 0 to 1024")
      ->type_name("N")
      ->transform(WholeNumber())
      ->group(kGroup);
}

absl::Status ApplyFlags(const NewSessionFlags& flags, v1::Session& session) {
  if (!flags.ttl.empty()) {
    const absl::Status applied = ApplyTtl(flags.ttl, session);
    if (!applied.ok()) return applied;
  }
  if (flags.durability == "memory") session.set_durability(v1::DURABILITY_MEMORY);
  if (flags.durability == "periodic") session.set_durability(v1::DURABILITY_PERIODIC);
  if (flags.durability == "every-step") session.set_durability(v1::DURABILITY_EVERY_STEP);
  if (flags.replay_window.has_value()) session.set_replay_window(*flags.replay_window);
  for (const std::string& label : flags.labels) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(label, absl::MaxSplits('=', 1));
    if (label.find('=') == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat("--label: \"", label, "\" is not of the form KEY=VALUE"));
    }
    (*session.mutable_labels())[parts.first] = parts.second;
  }
  return absl::OkStatus();
}

}  // namespace cellar
