// What the standard streams are connected to.
#ifndef CELLAR_CLIENT_COMMANDS_TERMINAL_H_
#define CELLAR_CLIENT_COMMANDS_TERMINAL_H_

namespace cellar {

// Whether a person types the input, or reads the output, or the errors.
bool InputIsTerminal();
bool OutputIsTerminal();
bool ErrorIsTerminal();

// Columns of the terminal that the output goes to; 0 if it is none: no limit.
int OutputWidth();

// Whether colours may be used: the output is a terminal and NO_COLOR is not set (no-color.org).
bool UseColours();

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_TERMINAL_H_
