#include "client/repl/line_editor.h"

#include <histedit.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cellar {
namespace {

constexpr int kHistoryLines = 1000;

// libedit calls back with the EditLine; the editor behind it is its client data.
class TerminalEditor : public LineEditor {
 public:
  TerminalEditor(std::string history_file, std::vector<std::string> words)
      : history_file_(std::move(history_file)), words_(std::move(words)) {
    history_ = history_init();
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryLines);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_file_.empty()) history(history_, &event, H_LOAD, history_file_.c_str());

    editor_ = el_init("cellar", stdin, stdout, stderr);
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_SIGNAL, 1);
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_PROMPT, &TerminalEditor::Prompt);
    // Ctrl-C comes as a key while a line is edited, and as a signal at any other time.
    el_set(editor_, EL_SETTY, "-d", "-isig", nullptr);
    el_set(editor_, EL_ADDFN, "cellar-cancel", "Drop the line", &TerminalEditor::Cancel);
    el_set(editor_, EL_BIND, "^C", "cellar-cancel", nullptr);
    el_set(editor_, EL_ADDFN, "cellar-complete", "Complete a command", &TerminalEditor::Complete);
    el_set(editor_, EL_BIND, "\t", "cellar-complete", nullptr);
    el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  }

  ~TerminalEditor() override {
    el_end(editor_);
    history_end(history_);
  }

  TerminalEditor(const TerminalEditor&) = delete;
  TerminalEditor& operator=(const TerminalEditor&) = delete;

  Event Read(const std::string& prompt, std::string& line) override {
    prompt_ = prompt;
    cancelled_ = false;
    int count = 0;
    // Before the prompt is there, not after it: a Ctrl-C right behind the prompt is a key already.
    el_set(editor_, EL_PREP_TERM, 1);
    const char* text = el_gets(editor_, &count);
    if (cancelled_) {
      std::puts("^C");
      std::fflush(stdout);
      return Event::kCancelled;
    }
    if (text == nullptr || count <= 0) {
      std::puts("");  // what follows goes to a line of its own
      std::fflush(stdout);
      return Event::kEnd;
    }
    line = std::string(absl::StripSuffix(text, "\n"));
    if (line.find_first_not_of(' ') != std::string::npos) {
      HistEvent event;
      history(history_, &event, H_ENTER, line.c_str());
      Save();  // now: the program may end in many ways
    }
    return Event::kLine;
  }

 private:
  static TerminalEditor& Of(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<TerminalEditor*>(data);
  }

  static char* Prompt(EditLine* editor) { return Of(editor).prompt_.data(); }

  static unsigned char Cancel(EditLine* editor, int /*key*/) {
    Of(editor).cancelled_ = true;
    return CC_NEWLINE;
  }

  static unsigned char Complete(EditLine* editor, int /*key*/) {
    const LineInfo* info = el_line(editor);
    const std::string typed(info->buffer, info->cursor);
    std::string match;
    for (const std::string& word : Of(editor).words_) {
      if (!absl::StartsWith(word, typed)) continue;
      if (!match.empty()) return CC_REFRESH_BEEP;  // more than one
      match = word;
    }
    if (typed.empty() || match.empty()) return CC_REFRESH_BEEP;
    const std::string rest = absl::StrCat(match.substr(typed.size()), " ");
    el_insertstr(editor, rest.c_str());
    return CC_REFRESH;
  }

  void Save() {
    if (history_file_.empty()) return;
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(history_file_).parent_path(),
                                        ignored);
    HistEvent event;
    history(history_, &event, H_SAVE, history_file_.c_str());
  }

  const std::string history_file_;
  const std::vector<std::string> words_;
  EditLine* editor_ = nullptr;
  History* history_ = nullptr;
  std::string prompt_;
  bool cancelled_ = false;
};

class ScriptReader : public LineEditor {
 public:
  explicit ScriptReader(std::istream& in) : in_(in) {}

  Event Read(const std::string& /*prompt*/, std::string& line) override {
    return std::getline(in_, line) ? Event::kLine : Event::kEnd;
  }

 private:
  std::istream& in_;
};

}  // namespace

std::unique_ptr<LineEditor> MakeTerminalEditor(const std::string& history_file,
                                               std::vector<std::string> words) {
  return std::make_unique<TerminalEditor>(history_file, std::move(words));
}

std::unique_ptr<LineEditor> MakeScriptReader(std::istream& in) {
  return std::make_unique<ScriptReader>(in);
}

std::string HistoryFile() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return absl::StrCat(state, "/cellar/history");
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/') return "";
  return absl::StrCat(home, "/.local/state/cellar/history");
}

}  // namespace cellar
