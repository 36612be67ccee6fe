#include "client/commands/session/step_flags.h"

namespace cellar {

void AddStepFlags(CLI::App& command, StepFlags& flags) {
  command.add_option("--view", flags.view, "h alone, with c of every layer, or every gate")
      ->type_name("output|state|trace")
      ->check(OneOf({"output", "state", "trace"}))
      ->capture_default_str()
      ->group("Output");
  command.add_flag("--last", flags.last, "Show only the last step of a request")->group("Output");
  AddTableFlags(command, flags.numbers);
}

v1::View ViewOf(const StepFlags& flags) {
  if (flags.view == "output") return v1::VIEW_OUTPUT;
  return flags.view == "state" ? v1::VIEW_STATE : v1::VIEW_TRACE;
}

v1::Density DensityOf(const StepFlags& flags) {
  return flags.last ? v1::DENSITY_LAST_STEP : v1::DENSITY_EVERY_STEP;
}

StepPrinter::Options PrinterOptions(const StepFlags& flags, v1::Precision precision) {
  StepPrinter::Options options;
  options.number_format = FormatFor(flags.numbers, precision);
  options.max_elements = flags.numbers.elements;
  if (flags.numbers.csv) options.form = StepPrinter::Form::kCsv;
  if (flags.numbers.json) options.form = StepPrinter::Form::kJsonLines;
  if (options.form != StepPrinter::Form::kText) options.max_elements = 0;
  return options;
}

}  // namespace cellar
