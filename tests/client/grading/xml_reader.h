// A strict reader of the XML 1.0 that the writers make: elements, attributes, character data, the
// five named references and decimal ones. Anything else fails the test.
#ifndef CELLAR_TESTS_CLIENT_GRADING_XML_READER_H_
#define CELLAR_TESTS_CLIENT_GRADING_XML_READER_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "client/grading/safe_text.h"

namespace cellar {

struct XmlElement {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::vector<XmlElement> children;
  std::string text;  // all of it, references resolved
};

class XmlReader {
 public:
  explicit XmlReader(absl::string_view text) : text_(text) {}

  XmlElement Document() {
    EXPECT_EQ(CleanText(text_), std::string(text_)) << "characters that XML 1.0 has not";
    if (absl::StartsWith(text_, "<?xml ")) text_.remove_prefix(text_.find("?>") + 2);
    Space();
    XmlElement root = Element();
    Space();
    EXPECT_TRUE(text_.empty()) << "something behind the root: " << text_.substr(0, 80);
    return root;
  }

 private:
  void Space() {
    while (!text_.empty() && absl::ascii_isspace(text_[0])) text_.remove_prefix(1);
  }

  bool Take(absl::string_view what) {
    if (!absl::StartsWith(text_, what)) return false;
    text_.remove_prefix(what.size());
    return true;
  }

  void Must(absl::string_view what) {
    if (Take(what)) return;
    ADD_FAILURE() << "expected " << what << " at: " << text_.substr(0, 80);
    text_ = "";
  }

  std::string Name() {
    size_t length = 0;
    while (length < text_.size() && (absl::ascii_isalnum(text_[length]) || text_[length] == '_')) {
      ++length;
    }
    EXPECT_GT(length, 0) << text_.substr(0, 80);
    std::string name(text_.substr(0, length));
    text_.remove_prefix(length);
    return name;
  }

  // Character data up to `end`, which stays.
  std::string Data(char end) {
    std::string data;
    while (!text_.empty() && text_[0] != end) {
      EXPECT_TRUE(text_[0] != '<') << "raw < in an attribute";
      EXPECT_FALSE(absl::StartsWith(text_, "]]>"));
      if (text_[0] == '&') {
        data += Reference();
        continue;
      }
      data += text_[0];
      text_.remove_prefix(1);
    }
    return data;
  }

  std::string Reference() {
    const size_t end = text_.find(';');
    if (end == absl::string_view::npos || end > 8) {
      ADD_FAILURE() << "a bare &: " << text_.substr(0, 80);
      text_ = "";
      return "";
    }
    const std::string name(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    const std::map<std::string, std::string> named = {
        {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}};
    if (named.contains(name)) return named.at(name);
    int code = 0;
    EXPECT_TRUE(name.size() > 1 && name[0] == '#' && absl::SimpleAtoi(name.substr(1), &code))
        << name;
    return std::string(1, static_cast<char>(code));
  }

  XmlElement Element() {
    XmlElement element;
    Must("<");
    element.name = Name();
    for (Space(); !text_.empty() && text_[0] != '/' && text_[0] != '>'; Space()) {
      const std::string key = Name();
      Must("=\"");
      EXPECT_FALSE(element.attributes.contains(key)) << key << " twice";
      element.attributes[key] = Data('"');
      Must("\"");
    }
    if (Take("/>")) return element;
    Must(">");
    while (!text_.empty()) {
      element.text += Data('<');
      if (Take("</")) break;
      if (!text_.empty()) element.children.push_back(Element());
    }
    EXPECT_EQ(Name(), element.name);
    Must(">");
    return element;
  }

  absl::string_view text_;
};

inline XmlElement ReadXml(const std::string& text) { return XmlReader(text).Document(); }

}  // namespace cellar

#endif  // CELLAR_TESTS_CLIENT_GRADING_XML_READER_H_
