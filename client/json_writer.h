// Writes JSON, a value at a time: indented by two spaces, where lists of plain values stay on one
// line, or everything on one line.
//
//   JsonWriter json;
//   json.BeginObject();
//   json.Key("h");
//   json.Numbers({0, 0.5}, format);
//   json.EndObject();
//   std::cout << json.Take();
//
// Thread safety: externally synchronised.
#ifndef CELLAR_CLIENT_JSON_WRITER_H_
#define CELLAR_CLIENT_JSON_WRITER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/number_text.h"

namespace cellar {

// REQUIRES of all: calls form one JSON value, with a Key before each value inside an object.
class JsonWriter {
 public:
  enum class Layout { kIndented, kOneLine };

  explicit JsonWriter(Layout layout = Layout::kIndented) : layout_(layout) {}

  void BeginObject();
  void EndObject();
  void BeginArray();
  void EndArray();
  void Key(absl::string_view key);

  void String(absl::string_view text);
  void Integer(int64_t value);
  void Bool(bool value);
  // NaN and infinities become the strings "NaN", "Infinity" and "-Infinity", as in proto3 JSON.
  void Number(double value, const NumberFormat& format);
  // A list of numbers on one line.
  void Numbers(const std::vector<double>& values, const NumberFormat& format);

  // The text written, with a final newline; the writer is empty afterwards.
  std::string Take();

 private:
  void BeginValue();
  void Close(char bracket);
  void NewLine();

  const Layout layout_;
  std::string text_;
  std::vector<bool> has_entries_;  // of each open object or array, outermost first
  bool after_key_ = false;
};

// The text in quotes, with escapes.
std::string JsonString(absl::string_view text);

}  // namespace cellar

#endif  // CELLAR_CLIENT_JSON_WRITER_H_
