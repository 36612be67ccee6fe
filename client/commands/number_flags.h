// Checks of options, and the flags for how numbers and tables are shown.
#ifndef CELLAR_CLIENT_COMMANDS_NUMBER_FLAGS_H_
#define CELLAR_CLIENT_COMMANDS_NUMBER_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "client/number_text.h"

namespace cellar {

// The check of an option that is a whole number: decimal, and one that 64 bits hold. (CLI11 alone
// reads 010 as 8, and takes what is too large for the largest there is.)
CLI::Validator WholeNumber();

// The check of an option that is a time in seconds: decimal, and not negative.
CLI::Validator NumberOfSeconds();

// The check of an option that is one of these words; the nearest is suggested.
CLI::Validator OneOf(const std::vector<std::string>& words);

struct NumberFlags {
  int digits = 4;
  bool full = false;
  bool json = false;
  bool csv = false;
  int elements = 16;
};

// Adds --digits and --full.
void AddDigitsFlags(CLI::App& command, NumberFlags& flags);
// Adds those, --json, --csv and --elements.
void AddTableFlags(CLI::App& command, NumberFlags& flags);

// How numbers are written: for programs always in full.
NumberFormat FormatFor(const NumberFlags& flags, v1::Precision precision);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_NUMBER_FLAGS_H_
