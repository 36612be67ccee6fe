// Resources in words, for people.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_DESCRIBE_H_
#define CELLAR_CLIENT_DESCRIBE_H_

#include <cstdint>
#include <string>

#include "cellar/v1/model.pb.h"
#include "cellar/v1/numerics.pb.h"
#include "cellar/v1/session.pb.h"
#include "client/number_text.h"

namespace cellar {

// "float32, exact activations, h not rounded".
std::string NumericsText(const v1::Numerics& numerics);

// "float32" or "float64".
std::string PrecisionText(v1::Precision precision);

// "LSTM 1 -> 2", "GRU (reset after) 3 -> 4 -> 4, bidirectional": cells and sizes, as far as the
// shapes are known.
std::string LayersText(const v1::Model& model);

// How many numbers make a step, as far as the shapes are known; else 0.
int64_t InputSize(const v1::Model& model);

// All fields, a line each, with a final newline.
std::string ModelText(const v1::Model& model);
std::string SessionText(const v1::Session& session);

// Whether the server keeps the session beyond its own end, as far as its durable step.
bool IsKept(const v1::Session& session);

// h and c of every layer, a line each: "layer 1  h  0 0.5".
std::string StateText(const v1::State& state, const NumberFormat& format);

// "2026-01-31 12:00:00 UTC".
std::string TimeText(const google::protobuf::Timestamp& time);

}  // namespace cellar

#endif  // CELLAR_CLIENT_DESCRIBE_H_
