// Lines of inputs, as people type them and spreadsheets and programs write them.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_CLIENT_COMMANDS_SESSION_INPUT_LINE_READER_H_
#define CELLAR_CLIENT_COMMANDS_SESSION_INPUT_LINE_READER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace cellar {

struct InputLine {
  enum class Kind { kNothing, kHeader, kNumbers };

  Kind kind = Kind::kNothing;
  std::vector<double> numbers = {};
};

class InputLineReader {
 public:
  // `step_size` numbers make a step; 0: not known (see ParseNumbers).
  explicit InputLineReader(int64_t step_size = 0) : step_size_(step_size) {}

  // Reads the next line: numbers as ParseNumbers takes them, each perhaps in quotes; names, if it
  // is the first that is not empty; or nothing. What follows # is a comment, but for what
  // spreadsheets write in place of a number (#REF!). Errors: INVALID_ARGUMENT, quoting the word.
  absl::StatusOr<InputLine> Read(absl::string_view line);

  // Of the line that was read last; from 1.
  int line_number() const { return line_number_; }

 private:
  int64_t step_size_;
  int line_number_ = 0;
  bool some_read_ = false;  // a line that is not empty
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_SESSION_INPUT_LINE_READER_H_
