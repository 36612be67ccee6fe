// A file in memory that ends early once nobody waits any more for what is made of it: reading some
// hundred megabytes of JSON takes many seconds, and protobuf cannot be told to stop.
//
// Thread safety: belongs to one thread.
#ifndef CELLAR_SERVER_API_WANTED_INPUT_H_
#define CELLAR_SERVER_API_WANTED_INPUT_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/engine/step_runner.h"

namespace cellar {

class WantedInput final : public google::protobuf::io::ZeroCopyInputStream {
 public:
  // `wanted` is asked before each piece of the file; both outlive the input. REQUIRES: the file
  // has less than 2^31 bytes.
  WantedInput(absl::string_view file, WantedCheck wanted)
      : pieces_(file.data(), static_cast<int>(file.size()), kPieceBytes), wanted_(wanted) {}

  // Why it ended before the file did; OK if it did not. Whatever was made of it then is worthless.
  const absl::Status& status() const { return status_; }

  // ZeroCopyInputStream.
  bool Next(const void** data, int* size) override {
    if (status_.ok()) status_ = wanted_();
    return status_.ok() && pieces_.Next(data, size);
  }
  void BackUp(int count) override { pieces_.BackUp(count); }
  bool Skip(int count) override { return pieces_.Skip(count); }
  int64_t ByteCount() const override { return pieces_.ByteCount(); }

 private:
  static constexpr int kPieceBytes = 64 << 10;  // a few milliseconds of JSON

  google::protobuf::io::ArrayInputStream pieces_;
  const WantedCheck wanted_;
  absl::Status status_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_WANTED_INPUT_H_
