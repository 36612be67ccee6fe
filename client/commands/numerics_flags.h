// Flags for the rules of arithmetic, the same in every command that computes.
#ifndef CELLAR_CLIENT_COMMANDS_NUMERICS_FLAGS_H_
#define CELLAR_CLIENT_COMMANDS_NUMERICS_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "cellar/v1/numerics.pb.h"

namespace cellar {

// What was given on the command line; empty: not given.
struct NumericsFlags {
  std::string precision;
  std::string activation;
  std::string rounding;
  std::string rounding_scope;

  bool any() const {
    return !precision.empty() || !activation.empty() || !rounding.empty() ||
           !rounding_scope.empty();
  }
};

// Adds --precision, --activation, --rounding and --rounding-scope.
void AddNumericsFlags(CLI::App& command, NumericsFlags& flags);

// Overwrites in `numerics` what was given.
void ApplyFlags(const NumericsFlags& flags, v1::Numerics& numerics);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_NUMERICS_FLAGS_H_
