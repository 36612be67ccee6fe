// Makes text from anywhere (students, file names, servers) fit for the format it goes into.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_SAFE_TEXT_H_
#define CELLAR_CLIENT_GRADING_SAFE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cellar {

// The text as UTF-8 without control characters but line feed and tab: each byte that is no UTF-8,
// each other control character (C0, DEL, C1) and each noncharacter becomes U+FFFD. What comes out
// is allowed in XML 1.0 and cannot move the cursor of a terminal.
std::string CleanText(absl::string_view text);

// CleanText with each line feed and tab replaced by a space.
std::string CleanLine(absl::string_view text);

// JSON in which every escape of half a character (\ud800 with nothing behind it, as programs write
// that know 16 bits at a time) is that of U+FFFD. What is no JSON stays none.
std::string WithWholeCharacters(absl::string_view json);

// CleanText, escaped as character data and as an attribute's value of XML, and so of HTML: & < > "
// and '. A line feed stays one in character data.
std::string XmlText(absl::string_view text);

// XmlText with line feeds and tabs as references, which survive in attributes.
std::string XmlAttribute(absl::string_view text);

// CleanLine as the description of a TAP test point: \ and # escaped.
std::string TapText(absl::string_view text);

// The first `max_characters` of a valid UTF-8 text, the last of them an ellipsis if it was longer.
std::string Shortened(absl::string_view text, size_t max_characters);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_SAFE_TEXT_H_
