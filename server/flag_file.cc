#include "server/flag_file.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "server/unknown_flag.h"

namespace cellar {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";  // editors of Windows add it
constexpr size_t kMaxQuoted = 60;  // characters that are quoted of what is wrong

std::string Quoted(absl::string_view text) {
  return absl::StrCat("`", Printable(text.substr(0, kMaxQuoted)), "`");
}

class Reader {
 public:
  Reader(std::string text, const CLI::App& app) : text_(std::move(text)), app_(app) {}

  std::vector<CLI::ConfigItem> Read() {
    if (absl::StartsWith(text_, kByteOrderMark)) at_ = kByteOrderMark.size();
    while (at_ < text_.size()) {
      ReadLine();
      at_ = LineEnd() + 1;
      ++line_;
    }
    if (!problems_.empty()) throw CLI::ConfigError(absl::StrJoin(problems_, "\n"));
    return std::move(items_);
  }

 private:
  void ReadLine() {
    const absl::string_view line =
        absl::StripAsciiWhitespace(absl::string_view(text_).substr(at_, LineEnd() - at_));
    if (line.empty() || line[0] == '#') return;
    if (line[0] == '[') {
      return Problem(absl::StrCat(Quoted(line),
                                  " begins a section, and there are none; write flags only, like "
                                  "max-sessions = 1000"));
    }
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos) {
      return Problem(absl::StrCat(Quoted(line), " is no line like max-sessions = 1000"));
    }
    absl::string_view name = absl::StripAsciiWhitespace(line.substr(0, equals));
    absl::ConsumePrefix(&name, "--");
    const bool is_new = IsNewFlag(name);
    at_ = text_.find('=', at_) + 1;
    CLI::ConfigItem item;
    item.name = std::string(name);
    SkipBlanks();
    // Of what is no flag too: a list has more lines, and they are no problems.
    const bool is_list = Next() == '[';
    const bool is_read = is_list ? ReadList(item.inputs) : ReadValue("#\n", item.inputs);
    if (!is_read && is_list) SkipToEndOfList();
    if (!is_read) return;
    SkipBlanks();
    if (at_ < LineEnd() && Next() != '#') {
      return Problem(
          absl::StrCat(Quoted(absl::StripAsciiWhitespace(text_.substr(at_, LineEnd() - at_))),
                       " follows the value"));
    }
    if (is_new) items_.push_back(std::move(item));
  }

  // Whether there is such a flag, and no line before has it.
  bool IsNewFlag(absl::string_view name) {
    const CLI::Option* const option = app_.get_option_no_throw(absl::StrCat("--", name));
    if (option == nullptr) {
      Problem(UnknownFlagText(app_, Printable(name.substr(0, kMaxQuoted))));
    } else if (!option->get_configurable()) {
      Problem(absl::StrCat(Quoted(name), " is for the command line only"));
    } else if (const auto [before, is_new] = lines_.emplace(name, line_); !is_new) {
      Problem(absl::StrCat(Quoted(name), " is there twice, first in line ", before->second));
    } else {
      return true;
    }
    return false;
  }

  // A list, over several lines perhaps.
  bool ReadList(std::vector<std::string>& values) {
    const int first_line = line_;
    ++at_;
    for (SkipSpace(); Next() != ']'; SkipSpace()) {
      if (at_ >= text_.size()) {
        line_ = first_line;
        return Refuse("the list is not closed; write [\"one\", \"two\"]");
      }
      if (!ReadValue(",]#\n", values)) return false;
      SkipSpace();
      if (Next() == ',') {
        ++at_;
      } else if (at_ < text_.size() && Next() != ']') {
        return Refuse("there is no comma between two values of the list");
      }
    }
    ++at_;
    return true;
  }

  // From a problem in a list to its `]`.
  void SkipToEndOfList() {
    for (; at_ < text_.size() && Next() != ']'; ++at_) {
      const char next = Next();
      if (next == '#') at_ = LineEnd();
      if (next == '"' || next == '\'') {
        const size_t end = text_.find(next, at_ + 1);
        if (end < LineEnd()) at_ = end;
      }
      if (Next() == '\n') ++line_;
    }
  }

  // A value in quotes, or up to one of `ends`.
  bool ReadValue(const char* ends, std::vector<std::string>& values) {
    const char quote = Next();
    if (quote == '"' || quote == '\'') {
      const size_t end = text_.find(quote, at_ + 1);
      if (end >= LineEnd()) return Refuse("the quotes are not closed");
      values.push_back(text_.substr(at_ + 1, end - at_ - 1));
      at_ = end + 1;
      return true;
    }
    const size_t end = std::min(text_.find_first_of(ends, at_), text_.size());
    values.emplace_back(absl::StripAsciiWhitespace(text_.substr(at_, end - at_)));
    at_ = end;
    return !values.back().empty() || Refuse("there is no value; write \"\" if none is meant");
  }

  char Next() const { return at_ < text_.size() ? text_[at_] : '\n'; }
  size_t LineEnd() const { return std::min(text_.find('\n', at_), text_.size()); }

  void SkipBlanks() {
    while (at_ < LineEnd() && absl::ascii_isspace(static_cast<unsigned char>(Next()))) ++at_;
  }

  // Blanks, comments and ends of lines.
  void SkipSpace() {
    for (SkipBlanks(); at_ < text_.size() && (Next() == '#' || Next() == '\n'); SkipBlanks()) {
      at_ = LineEnd();
      if (at_ < text_.size()) ++at_;
      ++line_;
    }
  }

  void Problem(absl::string_view what) { problems_.push_back(absl::StrCat(line_, ": ", what)); }
  bool Refuse(absl::string_view what) {
    Problem(what);
    return false;
  }

  const std::string text_;
  const CLI::App& app_;
  size_t at_ = 0;
  int line_ = 1;
  std::map<std::string, int> lines_;  // where flags stand
  std::vector<CLI::ConfigItem> items_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<CLI::ConfigItem> FlagFile::from_config(std::istream& input) const {
  return Reader(std::string(std::istreambuf_iterator<char>(input), {}), app_).Read();
}

}  // namespace cellar
