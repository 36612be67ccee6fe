#include "client/commands/flag_words.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/call_status.h"

namespace cellar {
namespace {

struct FlagOfField {
  const char* field;  // without the message that it is in: "ttl" of "session.ttl"
  const char* flag;   // of the commands that have it
};

constexpr FlagOfField kFlags[] = {
    {"exercise_id", "--id"},
    {"initial_state", "--initial-state"},
    {"inputs", "INPUTS"},
    {"labels", "--label"},
    {"model", "--model"},
    {"model_id", "--id"},
    {"name", "--session"},
    {"name", "NAME"},
    {"next_step", "--next-step"},
    {"numerics.activation_rule", "--activation"},
    {"numerics.precision", "--precision"},
    {"numerics.rounding", "--rounding"},
    {"numerics.rounding_scope", "--rounding-scope"},
    {"replay_window", "--replay-window"},
    {"resume_from", "--from"},
    {"session_id", "--id"},
    {"state", "--state"},
    {"step_index", "--index"},
    {"step_index", "--step"},
    {"step_index", "STEP"},
    {"ttl", "--ttl"},
};

constexpr char kDurability[] = "--durability";

bool IsGiven(const CLI::App& command, const char* flag) {
  const CLI::Option* const option = command.get_option_no_throw(flag);
  return option != nullptr && option->count() > 0;
}

// The flag in place of a field, with what of its value is meant: "--label A", "--state: layers".
// Nothing if no flag was given for it.
std::optional<std::string> FlagFor(const CLI::App& command, absl::string_view field) {
  // "FILE:LINE:COLUMN: " of AtPlacesIn.
  const size_t place = field.rfind(": ");
  if (place != absl::string_view::npos) field.remove_prefix(place + 2);
  for (const char* message : {"session.", "open."}) absl::ConsumePrefix(&field, message);
  for (const FlagOfField& known : kFlags) {
    absl::string_view rest = field;
    if (!absl::ConsumePrefix(&rest, known.field) || !IsGiven(command, known.flag)) continue;
    if (rest.empty()) return known.flag;
    if (absl::ConsumePrefix(&rest, ".")) return absl::StrCat(known.flag, ": ", rest);
    if (absl::ConsumePrefix(&rest, "[\"") && absl::ConsumeSuffix(&rest, "\"]")) {
      return absl::StrCat(known.flag, " ", rest);
    }
  }
  return std::nullopt;
}

std::string AsTyped(absl::string_view description) {
  return absl::StrReplaceAll(description, {{"DURABILITY_EVERY_STEP", "every-step"},
                                           {"DURABILITY_MEMORY", "memory"},
                                           {"DURABILITY_PERIODIC", "periodic"},
                                           {"PRECISION_FLOAT32", "float32"},
                                           {"PRECISION_FLOAT64", "float64"},
                                           {"ROUNDING_NEAREST_TIES_TO_ZERO (2)", "nearest"},
                                           {"ROUNDING_NONE (1)", "none"},
                                           {"ROUNDING_SCOPE_FEEDBACK (2)", "feedback"},
                                           {"but rounding is", "but --rounding is"},
                                           {"set rounding to", "set --rounding to"},
                                           {"leave rounding_scope", "leave --rounding-scope"}});
}

}  // namespace

absl::Status InFlags(const CLI::App& command, const absl::Status& status) {
  const CallError error = GetCallError(status);
  if (error.reason == "DURABILITY_UNAVAILABLE" && IsGiven(command, kDurability)) {
    return WithMessage(status, absl::StrCat(kDurability, ": ", AsTyped(status.message())));
  }
  std::vector<RefusedField> fields = error.fields;
  for (RefusedField& field : fields) {
    const std::optional<std::string> flag = FlagFor(command, field.field);
    if (flag.has_value()) field = {*flag, AsTyped(field.description)};
  }
  return fields == error.fields ? status : WithFields(status, fields);
}

}  // namespace cellar
