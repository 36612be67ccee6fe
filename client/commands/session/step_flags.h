// What `step` and `stream` have in common: the view, and how steps are written.
#ifndef CELLAR_CLIENT_COMMANDS_SESSION_STEP_FLAGS_H_
#define CELLAR_CLIENT_COMMANDS_SESSION_STEP_FLAGS_H_

#include <CLI/CLI.hpp>
#include <ostream>
#include <string>

#include "cellar/v1/session_service.pb.h"
#include "client/commands/number_flags.h"
#include "client/step_printer.h"

namespace cellar {

struct StepFlags {
  std::string view = "trace";
  bool last = false;
  NumberFlags numbers;
};

// Adds --view, --last and the flags of tables.
void AddStepFlags(CLI::App& command, StepFlags& flags);

v1::View ViewOf(const StepFlags& flags);
v1::Density DensityOf(const StepFlags& flags);

// How a StepPrinter writes what was asked for.
StepPrinter::Options PrinterOptions(const StepFlags& flags, v1::Precision precision);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_SESSION_STEP_FLAGS_H_
