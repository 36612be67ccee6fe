#include "client/json_writer.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace cellar {
namespace {

std::string JsonNumber(double value, const NumberFormat& format) {
  const std::string text = FormatNumber(value, format);
  return std::isfinite(value) ? text : JsonString(text);
}

}  // namespace

std::string JsonString(absl::string_view text) {
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') {
      quoted += '\\';
      quoted += character;
    } else if (static_cast<unsigned char>(character) < 0x20) {
      absl::StrAppendFormat(&quoted, "\\u%04x", static_cast<unsigned>(character));
    } else {
      quoted += character;
    }
  }
  return quoted + "\"";
}

void JsonWriter::BeginValue() {
  if (std::exchange(after_key_, false) || has_entries_.empty()) return;
  const bool is_first = !has_entries_.back();
  if (!is_first) text_ += ",";
  if (!is_first && layout_ == Layout::kOneLine) text_ += " ";
  has_entries_.back() = true;
  NewLine();
}

void JsonWriter::NewLine() {
  if (layout_ == Layout::kOneLine) return;
  text_ += "\n";
  text_.append(2 * has_entries_.size(), ' ');
}

void JsonWriter::Close(char bracket) {
  const bool had_entries = has_entries_.back();
  has_entries_.pop_back();
  if (had_entries) NewLine();
  text_ += bracket;
}

void JsonWriter::BeginObject() {
  BeginValue();
  text_ += "{";
  has_entries_.push_back(false);
}

void JsonWriter::EndObject() { Close('}'); }

void JsonWriter::BeginArray() {
  BeginValue();
  text_ += "[";
  has_entries_.push_back(false);
}

void JsonWriter::EndArray() { Close(']'); }

void JsonWriter::Key(absl::string_view key) {
  BeginValue();
  absl::StrAppend(&text_, JsonString(key), ": ");
  after_key_ = true;
}

void JsonWriter::String(absl::string_view text) {
  BeginValue();
  text_ += JsonString(text);
}

void JsonWriter::Integer(int64_t value) {
  BeginValue();
  absl::StrAppend(&text_, value);
}

void JsonWriter::Bool(bool value) {
  BeginValue();
  text_ += value ? "true" : "false";
}

void JsonWriter::Number(double value, const NumberFormat& format) {
  BeginValue();
  text_ += JsonNumber(value, format);
}

void JsonWriter::Numbers(const std::vector<double>& values, const NumberFormat& format) {
  BeginValue();
  text_ += "[";
  for (size_t i = 0; i < values.size(); ++i) {
    absl::StrAppend(&text_, i == 0 ? "" : ", ", JsonNumber(values[i], format));
  }
  text_ += "]";
}

std::string JsonWriter::Take() {
  text_ += "\n";
  has_entries_.clear();
  after_key_ = false;
  return std::exchange(text_, "");
}

}  // namespace cellar
