#include "client/commands/numerics_flags.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "client/commands/number_flags.h"

namespace cellar {
namespace {

void AddChoice(CLI::App& command, const std::string& name, std::string& value,
               const std::vector<std::string>& choices, const std::string& help) {
  command.add_option(name, value, help)
      ->type_name(absl::StrJoin(choices, "|"))
      ->check(OneOf(choices))
      ->group("Arithmetic (instead of what the file says)");
}

}  // namespace

void AddNumericsFlags(CLI::App& command, NumericsFlags& flags) {
  AddChoice(command, "--precision", flags.precision, {"float32", "float64"},
            "Format everything is computed in");
  AddChoice(command, "--activation", flags.activation, {"exact", "saturating"},
            "sigmoid and tanh themselves, or cut to 0, 1 and -1 outside of (-1, 1)");
  AddChoice(command, "--rounding", flags.rounding, {"none", "nearest"},
            "Leave h, or round it to the nearest integer with ties to 0");
  AddChoice(command, "--rounding-scope", flags.rounding_scope, {"report", "feedback"},
            "Round h in the answer only, or feed the rounded h back");
}

void ApplyFlags(const NumericsFlags& flags, v1::Numerics& numerics) {
  if (!flags.precision.empty()) {
    numerics.set_precision(flags.precision == "float64" ? v1::PRECISION_FLOAT64
                                                        : v1::PRECISION_FLOAT32);
  }
  if (!flags.activation.empty()) {
    numerics.set_activation_rule(flags.activation == "saturating" ? v1::ACTIVATION_RULE_SATURATING
                                                                  : v1::ACTIVATION_RULE_EXACT);
  }
  if (!flags.rounding.empty()) {
    numerics.set_rounding(flags.rounding == "nearest" ? v1::ROUNDING_NEAREST_TIES_TO_ZERO
                                                      : v1::ROUNDING_NONE);
  }
  if (!flags.rounding_scope.empty()) {
    numerics.set_rounding_scope(flags.rounding_scope == "feedback" ? v1::ROUNDING_SCOPE_FEEDBACK
                                                                   : v1::ROUNDING_SCOPE_REPORT);
  }
}

}  // namespace cellar
