#include "tests/bench/cell/peer_onednn.h"

#include <cmath>
#include <random>
#include <unordered_map>

#include "dnnl.hpp"

namespace cellar {

using Arguments = std::unordered_map<int, dnnl::memory>;
using Tag = dnnl::memory::format_tag;
constexpr auto kFloat = dnnl::memory::data_type::f32;
constexpr auto kForward = dnnl::prop_kind::forward_inference;
constexpr auto kDirection = dnnl::rnn_direction::unidirectional_left2right;

struct OneDnnCell::Primitive {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::mt19937 generator{1};
  double scale = 1;
  dnnl::primitive run;
  Arguments arguments[2];  // the state goes from one buffer to the other and back
  bool back = false;

  dnnl::memory::desc Any(const dnnl::memory::dims& dims) { return {dims, kFloat, Tag::any}; }

  dnnl::memory Random(const dnnl::memory::desc& desc) {
    dnnl::memory memory(desc, engine);
    auto* numbers = static_cast<float*>(memory.get_data_handle());
    std::uniform_real_distribution<float> uniform(static_cast<float>(-scale),
                                                  static_cast<float>(scale));
    for (size_t i = 0; i < desc.get_size() / sizeof(float); ++i) numbers[i] = uniform(generator);
    return memory;
  }

  // Random weights given plainly and brought into the layout that the primitive asks for.
  dnnl::memory Weights(const dnnl::memory::dims& dims, const dnnl::memory::desc& wanted) {
    dnnl::memory plain = Random({dims, kFloat, Tag::ldigo});
    dnnl::memory packed(wanted, engine);
    dnnl::reorder(plain, packed).execute(stream, plain, packed);
    stream.wait();
    return packed;
  }

  template <class Description>
  void Fill(const Description& primitive, int64_t hidden, int64_t gates) {
    const dnnl::memory::dims weights = {1, 1, hidden, gates, hidden};
    const dnnl::memory x = Random(primitive.src_layer_desc());
    const dnnl::memory W = Weights(weights, primitive.weights_layer_desc());
    const dnnl::memory U = Weights(weights, primitive.weights_iter_desc());
    const dnnl::memory bias = Random(primitive.bias_desc());
    const dnnl::memory out(primitive.dst_layer_desc(), engine);
    const dnnl::memory h[2] = {Random(primitive.src_iter_desc()),
                               Random(primitive.dst_iter_desc())};
    for (int side = 0; side < 2; ++side) {
      arguments[side] = {{DNNL_ARG_SRC_LAYER, x},         {DNNL_ARG_WEIGHTS_LAYER, W},
                         {DNNL_ARG_WEIGHTS_ITER, U},      {DNNL_ARG_BIAS, bias},
                         {DNNL_ARG_DST_LAYER, out},       {DNNL_ARG_SRC_ITER, h[side]},
                         {DNNL_ARG_DST_ITER, h[1 - side]}};
    }
  }
};

OneDnnCell::OneDnnCell(CellKind kind, int64_t hidden, int64_t batch, int64_t steps)
    : primitive_(std::make_unique<Primitive>()) {
  Primitive& p = *primitive_;
  p.scale = 1 / std::sqrt(static_cast<double>(hidden));
  const int64_t gates = kind == CellKind::kLstm ? 4 : (kind == CellKind::kRnn ? 1 : 3);
  const int64_t biases = kind == CellKind::kGruResetAfter ? 4 : gates;
  const auto x = dnnl::memory::desc({steps, batch, hidden}, kFloat, Tag::tnc);
  const auto h = dnnl::memory::desc({1, 1, batch, hidden}, kFloat, Tag::ldnc);
  const auto weights = p.Any({1, 1, hidden, gates, hidden});
  const auto bias = dnnl::memory::desc({1, 1, biases, hidden}, kFloat, Tag::ldgo);
  switch (kind) {
    case CellKind::kLstm: {
      const dnnl::lstm_forward::primitive_desc made(
          {kForward, kDirection, x, h, h, weights, weights, bias, x, h, h}, p.engine);
      p.Fill(made, hidden, gates);
      const dnnl::memory c[2] = {p.Random(made.src_iter_c_desc()),
                                 p.Random(made.dst_iter_c_desc())};
      for (int side = 0; side < 2; ++side) {
        p.arguments[side][DNNL_ARG_SRC_ITER_C] = c[side];
        p.arguments[side][DNNL_ARG_DST_ITER_C] = c[1 - side];
      }
      p.run = dnnl::lstm_forward(made);
      return;
    }
    case CellKind::kGruResetBefore: {
      const dnnl::gru_forward::primitive_desc made(
          {kForward, kDirection, x, h, weights, weights, bias, x, h}, p.engine);
      p.Fill(made, hidden, gates);
      p.run = dnnl::gru_forward(made);
      return;
    }
    case CellKind::kGruResetAfter: {
      const dnnl::lbr_gru_forward::primitive_desc made(
          {kForward, kDirection, x, h, weights, weights, bias, x, h}, p.engine);
      p.Fill(made, hidden, gates);
      p.run = dnnl::lbr_gru_forward(made);
      return;
    }
    case CellKind::kRnn: {
      const dnnl::vanilla_rnn_forward::primitive_desc made(
          {kForward, dnnl::algorithm::eltwise_tanh, kDirection, x, h, weights, weights, bias, x, h},
          p.engine);
      p.Fill(made, hidden, gates);
      p.run = dnnl::vanilla_rnn_forward(made);
      return;
    }
  }
}

OneDnnCell::~OneDnnCell() = default;

void OneDnnCell::Run() {
  Primitive& p = *primitive_;
  p.run.execute(p.stream, p.arguments[p.back ? 1 : 0]);
  p.stream.wait();
  p.back = !p.back;
}

}  // namespace cellar
