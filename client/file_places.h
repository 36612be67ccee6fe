// Where in a file stands what the server refused of a request that was made of it.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_FILE_PLACES_H_
#define CELLAR_CLIENT_FILE_PLACES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cellar {

// `status` with "FILE:LINE:COLUMN: " before each field that the server refused and the file has:
// "inline_model.layers[0].rnn" becomes "a.textproto:7:5: model.layers[0].rnn". Where the field
// itself is missing, the place is that of the message it is missing in. The status stays as it is
// if it refuses no fields, and if the file is no Exercise or Model in text format or JSON.
absl::Status AtPlacesIn(const std::string& path, const absl::Status& status);

// The same, of a file with these contents.
absl::Status AtPlacesIn(absl::string_view file_name, absl::string_view contents,
                        const absl::Status& status);

}  // namespace cellar

#endif  // CELLAR_CLIENT_FILE_PLACES_H_
