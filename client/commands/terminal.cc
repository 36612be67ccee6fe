#include "client/commands/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace cellar {

bool InputIsTerminal() { return isatty(STDIN_FILENO) == 1; }

bool OutputIsTerminal() { return isatty(STDOUT_FILENO) == 1; }

bool ErrorIsTerminal() { return isatty(STDERR_FILENO) == 1; }

int OutputWidth() {
  winsize size{};
  if (!OutputIsTerminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool UseColours() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::strcmp(terminal, "dumb") == 0;
  return OutputIsTerminal() && !dumb && (no_colour == nullptr || *no_colour == '\0');
}

}  // namespace cellar
