// Lines of a file descriptor, with a way to ask whether reading would wait.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_CLIENT_COMMANDS_LINE_SOURCE_H_
#define CELLAR_CLIENT_COMMANDS_LINE_SOURCE_H_

#include <unistd.h>

#include <optional>
#include <string>

namespace cellar {

class LineSource {
 public:
  // Reads from `descriptor`, which stays the caller's.
  explicit LineSource(int descriptor) : descriptor_(descriptor) {}

  // The next line without its end, waiting for it. Nothing at the end of the input; a last line
  // without an end counts.
  std::optional<std::string> Next();

  // Whether Next would return at once.
  bool IsReady();

 private:
  // Reads what is there, waiting for at least a byte. False at the end of the input.
  bool Fill();

  const int descriptor_;
  std::string buffer_;  // read and not yet returned
  bool ended_ = false;
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_LINE_SOURCE_H_
