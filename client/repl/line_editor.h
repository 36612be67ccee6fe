// Reads lines from a person (editing, history, completion) or from a script.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_CLIENT_REPL_LINE_EDITOR_H_
#define CELLAR_CLIENT_REPL_LINE_EDITOR_H_

#include <istream>
#include <memory>
#include <string>
#include <vector>

namespace cellar {

class LineEditor {
 public:
  enum class Event {
    kLine,       // a line was entered
    kCancelled,  // Ctrl-C: what was typed is dropped
    kEnd,        // Ctrl-D on an empty line, or the end of the script
  };

  virtual ~LineEditor() = default;

  // Shows the prompt and waits for a line, which is stored without its end.
  virtual Event Read(const std::string& prompt, std::string& line) = 0;
};

// Edits lines on the terminal. History is kept in `history_file` (empty: nowhere), which is made
// with its folder if need be, and written with every line; failures to read or write it are
// ignored. Tab completes a first word from `words`. One at a time in a program.
std::unique_ptr<LineEditor> MakeTerminalEditor(const std::string& history_file,
                                               std::vector<std::string> words);

// Takes the lines of `in`, which outlives the editor; shows no prompt.
std::unique_ptr<LineEditor> MakeScriptReader(std::istream& in);

// $XDG_STATE_HOME/cellar/history, or ~/.local/state/cellar/history; empty without a home.
std::string HistoryFile();

}  // namespace cellar

#endif  // CELLAR_CLIENT_REPL_LINE_EDITOR_H_
