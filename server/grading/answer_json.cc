#include "server/grading/answer_json.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"
#include "server/grading/answer_table.h"
#include "server/grading/number_word.h"
#include "server/grading/plain_text.h"
#include "server/grading/value_counts.h"

namespace cellar {
namespace {

constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNanAndInfFlag |
                                 rapidjson::kParseValidateEncodingFlag;

constexpr char kNumbersOnly[] =
    "is no number; an answer holds numbers, arrays of them, and \"NaN\", \"Infinity\" or "
    "\"-Infinity\"";

// Deeper than any form of an answer; deeper places only need to be counted.
constexpr size_t kMaxNotedDepth = 8;

// Longer than any id or letter.
constexpr size_t kMaxKeyLength = 80;

constexpr char kUtf8ByteOrderMark[] = "\xEF\xBB\xBF";

// Keys of `cellar run --json` whose values are no part of the answer.
bool IsRunExtra(absl::string_view key) {
  return key == "title" || key == "numerics" || key == "sequences";
}

// What RapidJSON calls back. Numbers go to the key of the outermost object that they stand under
// and, under sequences[i].steps[t].layers[k].letter[e], to that place.
class JsonHandler {
 public:
  // Both outlive it; `stream` reads `content`.
  JsonHandler(const Exercise& exercise, absl::string_view content,
              const rapidjson::MemoryStream& stream)
      : table_(exercise), content_(content), stream_(stream) {}

  bool Null() { return Refuse("null"); }
  bool Bool(bool value) { return Refuse(value ? "true" : "false"); }
  bool Int(int value) { return Number(value); }
  bool Uint(unsigned value) { return Number(value); }
  bool Int64(int64_t value) { return Number(static_cast<double>(value)); }
  bool Uint64(uint64_t value) { return Number(static_cast<double>(value)); }
  bool Double(double value) { return Number(std::isfinite(value) ? LastNumber(value) : value); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }  // not asked for

  bool String(const char* text, rapidjson::SizeType length, bool) {
    const absl::string_view word(text, length);
    const NumberWord number = ReadNumberWord(word);
    if (number.value.has_value()) return Number(*number.value);
    return IsExtraText() || Refuse(absl::StrCat("\"", word.substr(0, kMaxKeyLength), "\""));
  }

  bool StartObject() { return Open(Frame{.is_object = true}); }
  bool StartArray() { return Open(Frame{.is_object = false}); }
  bool EndObject(rapidjson::SizeType) { return Close(); }
  bool EndArray(rapidjson::SizeType) { return Close(); }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    const std::string key(text, std::min<size_t>(length, kMaxKeyLength));
    if (depth_ <= kMaxNotedDepth) frames_[depth_ - 1].key = key;
    if (depth_ == 1) {
      top_key_ = key;
      by_key_[key];
    }
    return true;
  }

  bool root_is_object() const { return root_is_object_; }
  bool is_run() const { return is_run_; }
  const AnswerTable& table() const { return table_; }
  const std::map<std::string, std::vector<double>>& by_key() const { return by_key_; }
  const std::optional<std::pair<std::string, size_t>>& refused() const { return refused_; }

 private:
  // The number that ends here. RapidJSON's own is not the nearest one, or, where it is asked to be,
  // undefined for 0e66.
  double LastNumber(double about) const {
    const size_t end = stream_.Tell();
    size_t begin = end;
    while (begin > 0 && IsOfNumber(content_[begin - 1])) --begin;
    return ReadNumberWord(content_.substr(begin, end - begin)).value.value_or(about);
  }

  static bool IsOfNumber(char sign) {
    return absl::ascii_isdigit(static_cast<unsigned char>(sign)) ||
           absl::string_view("+-.eE").find(sign) != absl::string_view::npos;
  }

  struct Frame {
    bool is_object = false;
    std::string key = {};  // of an object: the last one seen
    int64_t index = -1;    // of an array: the last element begun
  };

  void BeginValue() {
    if (depth_ > 0 && depth_ <= kMaxNotedDepth) ++frames_[depth_ - 1].index;
  }

  bool Open(Frame frame) {
    BeginValue();
    if (depth_ == 0) root_is_object_ = frame.is_object;
    if (depth_ < kMaxNotedDepth) {
      frames_.resize(depth_);
      frames_.push_back(std::move(frame));
    }
    ++depth_;
    // sequences[i] is an object: so the file is what `cellar run` prints.
    is_run_ = is_run_ || (depth_ == 3 && frames_[2].is_object && frames_[0].key == "sequences");
    return true;
  }

  bool Close() {
    --depth_;
    return true;
  }

  bool Number(double value) {
    BeginValue();
    if (is_run_ && depth_ == kMaxNotedDepth && PutAtPlace(value)) return true;
    if (root_is_object_ && top_key_ == "sequences" && is_run_) return true;  // x, t, outputs
    by_key_[root_is_object_ ? top_key_ : std::string()].push_back(value);
    return true;
  }

  // {"sequences": [{"steps": [{"layers": [{"h": [value]}]}]}]}
  bool PutAtPlace(double value) {
    if (frames_[2].key != "steps" || frames_[4].key != "layers") return false;
    const std::optional<Quantity> quantity = QuantityOfLetter(frames_[6].key);
    if (!quantity.has_value()) return true;  // unrounded_h
    table_.Put({.sequence = frames_[1].index,
                .layer = frames_[5].index,
                .quantity = *quantity,
                .step = frames_[3].index,
                .element = frames_[7].index},
               value);
    return true;
  }

  // Whether a text may stand here because nobody asks for a number.
  bool IsExtraText() {
    BeginValue();
    return root_is_object_ && IsRunExtra(top_key_);
  }

  bool Refuse(absl::string_view what) {
    refused_.emplace(absl::StrCat(what, " ", kNumbersOnly), stream_.Tell());
    return false;
  }

  AnswerTable table_;
  const absl::string_view content_;
  const rapidjson::MemoryStream& stream_;
  size_t depth_ = 0;
  std::vector<Frame> frames_;  // of the outermost kMaxNotedDepth
  bool root_is_object_ = false;
  bool is_run_ = false;
  std::string top_key_;
  std::map<std::string, std::vector<double>> by_key_;
  std::optional<std::pair<std::string, size_t>> refused_;  // why, and where it ends
};

// Where the byte at `offset` stands.
TextPlace PlaceAt(absl::string_view content, size_t offset) {
  TextPlace place;
  for (const char byte : content.substr(0, offset)) {
    if (byte == '\n') {
      place = {place.line + 1, 1};
    } else if ((static_cast<unsigned char>(byte) & 0xC0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

ReadAnswer ProblemAt(absl::string_view content, size_t offset, std::string reason) {
  const TextPlace place = PlaceAt(content, offset);
  return {.problems = {{.line = place.line, .column = place.column, .reason = std::move(reason)}}};
}

// The values of one question, given under its id or its letter.
void TakeValues(const Exercise& exercise, const Question& question,
                const std::vector<double>& values, ReadAnswer& read) {
  const auto index = static_cast<size_t>(&question - exercise.questions.data());
  const auto found = static_cast<int64_t>(values.size());
  if (found == question.value_count()) {
    read.answer[index] = values;
  } else if (read.problems.size() < kMaxReadProblems) {
    read.problems.push_back({.question = question.id, .reason = WrongCount(question, found)});
  }
}

// Values of a letter: all that the last layer has, or those that its questions ask for.
bool TakeLetter(const Exercise& exercise, Quantity quantity, const std::vector<double>& values,
                ReadAnswer& read) {
  const auto last_layer = static_cast<int64_t>(exercise.model->shapes().size()) - 1;
  const int64_t length = QuantityLength(exercise.model->shapes().back(), quantity);
  const int64_t everything = exercise.sequences[0].step_count * length;
  bool asked = false;
  for (const Question& question : exercise.questions) {
    if (question.quantity != quantity || question.layer != last_layer) continue;
    asked = true;
    if (static_cast<int64_t>(values.size()) != everything) {
      TakeValues(exercise, question, values, read);
      continue;
    }
    std::vector<double> its_own;
    for (int64_t i = 0; i < question.value_count(); ++i) {
      const AskedValue place = question.ValueAt(i);
      its_own.push_back(values[static_cast<size_t>(place.step * length + place.element)]);
    }
    TakeValues(exercise, question, its_own, read);
  }
  return asked;
}

// An object of question ids or, of an exercise with one sequence, of letters.
ReadAnswer FromKeys(const Exercise& exercise,
                    const std::map<std::string, std::vector<double>>& by_key) {
  ReadAnswer read;
  read.answer.resize(exercise.questions.size());
  bool any = false;
  std::map<absl::string_view, const Question*> by_id;
  for (const Question& question : exercise.questions) by_id[question.id] = &question;
  for (const auto& [key, values] : by_key) {
    const std::optional<Quantity> quantity = QuantityOfLetter(key);
    if (const auto question = by_id.find(key); question != by_id.end()) {
      TakeValues(exercise, *question->second, values, read);
      any = true;
    } else if (quantity.has_value() && exercise.sequences.size() == 1) {
      any = TakeLetter(exercise, *quantity, values, read) || any;
    } else if (!IsRunExtra(key) && read.problems.size() < kMaxReadProblems) {
      read.problems.push_back({.question = key, .reason = "the exercise has no such question"});
    }
  }
  if (!any && read.problems.empty()) {
    read.problems.push_back({.reason = "there is no value in it that is asked for"});
  }
  return read;
}

// Whether the inside of an object begins with a key and a colon, or there is nothing in it.
bool BeginsWithMember(absl::string_view inside) {
  inside = absl::StripLeadingAsciiWhitespace(inside);
  if (absl::StartsWith(inside, "}")) return true;
  if (!absl::ConsumePrefix(&inside, "\"")) return false;
  size_t end = 0;
  while (end < inside.size() && inside[end] != '"') end += inside[end] == '\\' ? 2 : 1;
  if (end >= inside.size()) return false;
  return absl::StartsWith(absl::StripLeadingAsciiWhitespace(inside.substr(end + 1)), ":");
}

}  // namespace

bool LooksLikeJson(absl::string_view content) {
  absl::ConsumePrefix(&content, kUtf8ByteOrderMark);
  const absl::string_view rest = absl::StripLeadingAsciiWhitespace(content);
  if (absl::StartsWith(rest, "{")) return BeginsWithMember(rest.substr(1));
  if (!absl::StartsWith(rest, "[") || !absl::StrContains(rest, '"')) return false;
  if (absl::StrContains(rest, '\0')) return false;
  rapidjson::MemoryStream stream(rest.data(), rest.size());
  rapidjson::BaseReaderHandler<> ignoring;
  return !rapidjson::Reader().Parse<kParseFlags>(stream, ignoring).IsError();
}

ReadAnswer ReadJson(const Exercise& exercise, absl::string_view content) {
  absl::ConsumePrefix(&content, kUtf8ByteOrderMark);
  const size_t zero = content.find('\0');
  if (zero != absl::string_view::npos) {
    return ProblemAt(content, zero, "there is a zero byte; JSON is text");
  }
  rapidjson::MemoryStream stream(content.data(), content.size());
  JsonHandler handler(exercise, content, stream);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kParseFlags>(stream, handler);
  if (handler.refused().has_value()) {
    return ProblemAt(content, handler.refused()->second, handler.refused()->first);
  }
  if (!result) {
    return ProblemAt(content, result.Offset(),
                     absl::StrCat("this is no JSON: ", rapidjson::GetParseError_En(result.Code())));
  }
  if (handler.is_run()) return handler.table().Take();
  if (handler.root_is_object()) return FromKeys(exercise, handler.by_key());
  const auto found = handler.by_key().find("");
  return DealOut(exercise, found == handler.by_key().end() ? std::vector<double>() : found->second);
}

}  // namespace cellar
