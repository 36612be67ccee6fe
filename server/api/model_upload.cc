#include "server/api/model_upload.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/type_resolver.h"
#include "google/protobuf/util/type_resolver_util.h"
#include "server/api/model_handlers.h"
#include "server/api/resource_names.h"
#include "server/api/session_turn.h"
#include "server/api/wanted_input.h"
#include "server/base/error.h"
#include "server/base/status_macros.h"
#include "server/model/model_errors.h"

namespace cellar {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::io::CodedInputStream;

// protobuf counts the bytes of a message in an int.
constexpr int64_t kMaxParsableBytes = std::numeric_limits<int32_t>::max();

// What is received is kept in pieces of about this size.
constexpr size_t kPieceBytes = size_t{1} << 20;

absl::Status OneViolation(absl::string_view field, absl::string_view description) {
  return BadRequest({{std::string(field), std::string(description)}});
}

absl::Status NotAModel(absl::string_view why) {
  return OneViolation("chunk", absl::StrCat("the file is not a serialized cellar.v1.Model: ", why,
                                            "; correct it, or announce the format it has"));
}

// Walks through a serialized Model without making anything of it. A few bytes can stand for a large
// object (an empty layer, an unknown field, the length of an axis); a file in which such things are
// few takes, once parsed, about the memory of its bytes.
class FileScan {
 public:
  absl::Status Scan(absl::string_view file, int64_t max_layers) {
    CELLAR_RETURN_IF_ERROR(ScanMessage(*v1::Model::descriptor(), file));
    if (layer_count_ > 2 * max_layers) {  // both directions; each is judged when it is read
      return ModelSizeLimit("model.layers", layer_count_, max_layers);
    }
    if (axis_count_ <= kMaxAxes) return absl::OkStatus();
    return NotAModel(absl::StrCat("its shapes have ", axis_count_, " axes; a tensor has two"));
  }

 private:
  // All tensors together; the largest model has some thousands.
  static constexpr int64_t kMaxAxes = int64_t{1} << 16;

  // Of the wire format; groups and 32-bit numbers do not occur in a Model.
  enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2 };

  absl::Status ScanMessage(const Descriptor& type, absl::string_view bytes) {
    CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                        static_cast<int>(bytes.size()));
    while (const uint32_t tag = in.ReadTag()) {
      const auto number = static_cast<int>(tag >> 3);
      const uint32_t wire_type = tag & 7;
      const FieldDescriptor* field = type.FindFieldByNumber(number);
      if (field == nullptr || !Suits(*field, wire_type)) {
        return NotAModel(absl::StrCat("it has a field ", number, " that is not of ",
                                      absl::string_view(type.full_name())));
      }
      const bool is_axis = field->is_repeated() && field->type() == FieldDescriptor::TYPE_INT64;
      uint64_t length = 8;  // of a kFixed64
      if (wire_type != kFixed64 && !in.ReadVarint64(&length)) return NotAModel(kTruncated);
      if (wire_type == kVarint) {
        if (is_axis) ++axis_count_;
        continue;
      }
      const auto position = static_cast<size_t>(in.CurrentPosition());
      if (length > bytes.size() - position) return NotAModel(kTruncated);
      if (is_axis) axis_count_ += static_cast<int64_t>(length);  // a byte or more each
      if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
        if (field->is_repeated()) ++layer_count_;
        CELLAR_RETURN_IF_ERROR(ScanMessage(*field->message_type(), bytes.substr(position, length)));
      }
      in.Skip(static_cast<int>(length));
    }
    if (!in.ConsumedEntireMessage()) return NotAModel("it is no protobuf message");
    return absl::OkStatus();
  }

  // Whether protobuf reads this as the field, not as an unknown one.
  static bool Suits(const FieldDescriptor& field, uint32_t wire_type) {
    switch (field.type()) {
      case FieldDescriptor::TYPE_MESSAGE:
      case FieldDescriptor::TYPE_STRING:
      case FieldDescriptor::TYPE_BYTES:
        return wire_type == kLengthDelimited;
      case FieldDescriptor::TYPE_DOUBLE:
        return wire_type == kFixed64 || (wire_type == kLengthDelimited && field.is_packable());
      default:
        return wire_type == kVarint || (wire_type == kLengthDelimited && field.is_packable());
    }
  }

  static constexpr char kTruncated[] = "it ends too early";

  int64_t layer_count_ = 0;
  int64_t axis_count_ = 0;
};

absl::Status ReadBinary(const std::string& file, int64_t max_layers, WantedCheck wanted,
                        v1::Model* message) {
  const auto size = static_cast<int64_t>(file.size());
  if (size > kMaxParsableBytes) return ModelSizeLimit("model", size, kMaxParsableBytes);
  CELLAR_RETURN_IF_ERROR(FileScan().Scan(file, max_layers));
  WantedInput input(file, wanted);
  const bool parsed = message->ParseFromZeroCopyStream(&input);
  CELLAR_RETURN_IF_ERROR(input.status());
  return parsed ? absl::OkStatus() : NotAModel("it has a string that is not UTF-8");
}

absl::Status ReadJson(const std::string& file, int64_t max_layers, WantedCheck wanted,
                      v1::Model* message) {
  constexpr char kUrlPrefix[] = "type.googleapis.com";
  const std::unique_ptr<google::protobuf::util::TypeResolver> resolver(
      google::protobuf::util::NewTypeResolverForDescriptorPool(
          kUrlPrefix, v1::Model::descriptor()->file()->pool()));
  const std::string url = absl::StrCat(kUrlPrefix, "/", v1::Model::descriptor()->full_name());
  std::string binary;
  WantedInput input(file, wanted);
  google::protobuf::io::StringOutputStream output(&binary);
  const auto status =
      google::protobuf::util::JsonToBinaryStream(resolver.get(), url, &input, &output);
  CELLAR_RETURN_IF_ERROR(input.status());
  if (status.ok()) return ReadBinary(binary, max_layers, wanted, message);
  // The reason quotes the file: whatever is in it must not spoil the message.
  constexpr size_t kLongestReason = 300;
  const std::string reason(status.message().data(), status.message().size());
  return NotAModel(absl::StrCat("as JSON, ", absl::CHexEscape(reason.substr(0, kLongestReason))));
}

}  // namespace

absl::Status ModelUpload::Add(v1::UploadModelRequest&& message) {
  CELLAR_RETURN_IF_ERROR(failure_);
  switch (message.part_case()) {
    case v1::UploadModelRequest::kOpen:
      return Fail(AddOpen(std::move(*message.mutable_open())));
    case v1::UploadModelRequest::kChunk:
      return Fail(AddChunk(std::move(*message.mutable_chunk())));
    case v1::UploadModelRequest::PART_NOT_SET:
      break;
  }
  return Fail(OneViolation("part",
                           "is missing; must be open in the first message and chunk in "
                           "all others"));
}

absl::Status ModelUpload::Finish(v1::UploadModelResponse* response) {
  CELLAR_RETURN_IF_ERROR(failure_);
  return Fail(ReadAndCreate(response));
}

absl::Status ModelUpload::AddOpen(v1::UploadModelOpen&& open) {
  if (open_.has_value()) {
    return OneViolation("open", "comes again; must be in the first message only");
  }
  FieldViolations violations;
  CheckChosenId(open.model_id(), "open.model_id", violations);
  if (open.format() != v1::MODEL_FORMAT_CELLAR_BINARY &&
      open.format() != v1::MODEL_FORMAT_CELLAR_JSON) {
    violations.push_back({"open.format", absl::StrCat("is ", static_cast<int>(open.format()),
                                                      "; must be MODEL_FORMAT_CELLAR_BINARY (1) or "
                                                      "MODEL_FORMAT_CELLAR_JSON (2)")});
  }
  if (open.size_bytes() < 1) {
    violations.push_back({"open.size_bytes", absl::StrCat("is ", open.size_bytes(),
                                                          "; must be the length of the file, 1 "
                                                          "or more")});
  }
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  const int64_t limit = std::min(api_.limits.max_upload_bytes, kMaxParsableBytes);
  if (open.size_bytes() > limit) {
    return ModelSizeLimit("open.size_bytes", open.size_bytes(), limit);
  }
  open_ = std::move(open);
  return absl::OkStatus();
}

absl::Status ModelUpload::AddChunk(std::string&& chunk) {
  if (!open_.has_value()) {
    return OneViolation("chunk", "comes first; the first message must be open");
  }
  const int64_t received = received_bytes_ + static_cast<int64_t>(chunk.size());
  if (received > open_->size_bytes()) {
    return OneViolation(
        "chunk", absl::StrCat("number of bytes so far is ", received, "; must not exceed the ",
                              open_->size_bytes(), " announced in open.size_bytes"));
  }
  received_bytes_ = received;
  // Pieces stay small, so that nothing long is copied here, and not too small to keep one by one.
  if (!pieces_.empty() && pieces_.back().size() + chunk.size() <= kPieceBytes) {
    pieces_.back().append(chunk);
  } else {
    pieces_.push_back(std::move(chunk));
  }
  return absl::OkStatus();
}

// Piece by piece, so that there is never much more than one of each byte.
std::string ModelUpload::TakeFile() {
  std::string file;
  file.reserve(static_cast<size_t>(received_bytes_));
  for (std::string& piece : std::exchange(pieces_, {})) {
    file.append(piece);
    piece = {};
  }
  return file;
}

absl::Status ModelUpload::ReadAndCreate(v1::UploadModelResponse* response) {
  if (!open_.has_value()) return OneViolation("open", "is missing; must be the first message");
  if (received_bytes_ != open_->size_bytes()) {
    return OneViolation(
        "chunk", absl::StrCat("number of bytes in all is ", received_bytes_, "; must be the ",
                              open_->size_bytes(), " announced in open.size_bytes"));
  }
  std::string file = TakeFile();
  v1::Model message;
  const auto wanted = [this] { return CheckWanted(api_, call_); };
  const auto read = open_->format() == v1::MODEL_FORMAT_CELLAR_BINARY ? &ReadBinary : &ReadJson;
  CELLAR_RETURN_IF_ERROR(read(file, api_.limits.model.max_layers, wanted, &message));
  file = {};  // as large as the message, and no longer needed
  CELLAR_RETURN_IF_ERROR(wanted());
  return AddModel(api_, call_, std::move(message), open_->model_id(), {},
                  response->mutable_model());
}

absl::Status ModelUpload::Fail(absl::Status status) {
  failure_ = status;
  if (!status.ok()) pieces_ = {};
  return status;
}

}  // namespace cellar
