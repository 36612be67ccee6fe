#include "client/file_places.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "cellar/v1/exercise.pb.h"
#include "client/call_status.h"
#include "client/json_check.h"
#include "client/message_file.h"

namespace cellar {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

// Where the fields of a file stand, in either of the formats that people write.
class PlacedFile {
 public:
  PlacedFile(absl::string_view contents, FileFormat format) : format_(format) {
    v1::Exercise exercise;
    if (Parse(contents, exercise) && exercise.has_model()) root_ = exercise.GetDescriptor();
    v1::Model model;
    if (root_ == nullptr && Parse(contents, model)) root_ = model.GetDescriptor();
  }

  // The path of a request's field as it is in the file; nothing if the file has no such field.
  std::optional<std::string> PathOf(absl::string_view field) const {
    if (root_ == nullptr) return std::nullopt;
    for (const char* whole : {"exercise.", "inline_exercise."}) absl::ConsumePrefix(&field, whole);
    absl::ConsumePrefix(&field, "inline_");  // inline_model
    if (root_ == v1::Model::descriptor() && !absl::ConsumePrefix(&field, "model.")) {
      return std::nullopt;
    }
    return std::string(field);
  }

  // "LINE:COLUMN" of a path, or of the innermost message on the way to it that stands in the file.
  std::optional<std::string> PlaceOf(absl::string_view path) const {
    if (format_ == FileFormat::kJson) return PlaceInJson(path);
    std::optional<std::string> place;
    const Descriptor* type = root_;
    const TextFormat::ParseInfoTree* tree = tree_.get();
    for (const std::string& part : std::vector<std::string>(absl::StrSplit(path, '.'))) {
      const std::pair<std::string, std::string> name =
          absl::StrSplit(part, absl::MaxSplits('[', 1));
      const FieldDescriptor* field = type == nullptr ? nullptr : type->FindFieldByName(name.first);
      if (field == nullptr || tree == nullptr) break;
      int index = -1;
      if (field->is_repeated() && !absl::SimpleAtoi(absl::StripSuffix(name.second, "]"), &index)) {
        index = 0;
      }
      TextFormat::ParseLocation found = tree->GetLocation(field, index);
      // Numbers in one pair of brackets have one place.
      if (found.line < 0 && index > 0) found = tree->GetLocation(field, 0);
      if (found.line < 0) break;
      place = absl::StrCat(found.line + 1, ":", found.column + 1);
      type = field->message_type();
      tree = type == nullptr ? nullptr : tree->GetTreeForNested(field, index);
    }
    return place;
  }

 private:
  std::optional<std::string> PlaceInJson(absl::string_view path) const {
    for (;;) {
      const auto place = json_places_.find(std::string(path));
      if (place != json_places_.end()) {
        return absl::StrCat(place->second.line, ":", place->second.column);
      }
      const size_t end = path.find_last_of(".[");
      if (end == absl::string_view::npos) return std::nullopt;
      path = path.substr(0, end);
    }
  }

  bool Parse(absl::string_view contents, google::protobuf::Message& message) {
    if (format_ == FileFormat::kJson) {
      json_places_.clear();
      CheckJson(contents, message.GetDescriptor(), &json_places_);
      return !ParseMessage(contents, format_, message).has_value();
    }
    tree_ = std::make_unique<TextFormat::ParseInfoTree>();
    return !ParseMessage(contents, FileFormat::kText, message, tree_.get()).has_value();
  }

  const FileFormat format_;
  std::unique_ptr<TextFormat::ParseInfoTree> tree_;  // in text format
  JsonPlaces json_places_;                           // in JSON
  const Descriptor* root_ = nullptr;                 // of what the file is
};

}  // namespace

absl::Status AtPlacesIn(absl::string_view file_name, absl::string_view contents,
                        const absl::Status& status) {
  std::vector<RefusedField> fields = GetCallError(status).fields;
  const FileFormat format = FormatOf(file_name, contents);
  if (fields.empty() || format == FileFormat::kBinary) return status;
  const PlacedFile file(contents, format);
  for (RefusedField& field : fields) {
    const std::optional<std::string> path = file.PathOf(field.field);
    const auto place = path.has_value() ? file.PlaceOf(*path) : std::nullopt;
    if (place.has_value()) field.field = absl::StrCat(file_name, ":", *place, ": ", *path);
  }
  return WithFields(status, fields);
}

absl::Status AtPlacesIn(const std::string& path, const absl::Status& status) {
  if (path == "-" || GetCallError(status).fields.empty()) return status;
  const absl::StatusOr<std::string> contents = ReadFile(path);
  return contents.ok() ? AtPlacesIn(path, *contents, status) : status;
}

}  // namespace cellar
