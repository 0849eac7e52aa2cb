// Distillation: the objective that teaches a decoder, from tokens alone or with a teacher, by its answers'
// probabilities and layer by layer.
#pragma once

#include <optional>
#include <vector>

#include "retort/model/trainable.h"
#include "retort/train/matching.h"
#include "retort/train/objective.h"

namespace retort::train {

struct LayerPair {
  int64_t student = 0, teacher = 0;
};

/// TinyBERT's map: student layer m of M, counted from 1, learns from teacher layer round(m N / M).
std::vector<LayerPair> uniform_layer_map(int64_t student_layers, int64_t teacher_layers);

struct DistillationOptions {
  /// Losses of the answers' probabilities; absent: layers alone are matched.
  std::optional<LossMix> mix = LossMix{};
  /// Where the mix needs a teacher and batches carry no stored lists, and for all matching of layers.
  const Decoder* teacher = nullptr;

  // Weights of layer-wise losses, each first scaled to count as much as the loss of the answers'
  // probabilities (without one: the relations as much as the hidden states). 0: off.
  double hidden_weight = 0;
  std::vector<LayerPair> hidden_layers;  // whose outputs are matched
  double relation_weight = 0;
  LayerPair relation_layer;    // MiniLMv2: the student's last, an upper middle one of the teacher
  int64_t relation_heads = 0;  // divides heads x head_dim of both
  uint64_t seed = 1;           // of the projection's first values

  // Weights of what keeps a mixture's experts evenly loaded, of each layer; see RouterLoss. Without effect on
  // a dense student.
  double router_aux_loss_coef = 0.01;
  double router_z_loss_coef = 0.001;
};

class Distillation : public Objective {
 public:
  /// The student must outlive it. Throws Error bad_input for options that do not fit the models: layers that
  /// are not there, vocabularies of different sizes, relation heads that do not divide.
  Distillation(Context& ctx, TrainableDecoder& student, const DistillationOptions& options);

  /// The student's, then the projection [teacher's hidden_size, student's hidden_size] if hidden states are
  /// matched, which no export contains.
  ParameterGroups parameters() override;
  LossReport run(Context& ctx, const MicroBatch& batch, double denominator) override;
  double flops(const MicroBatch& batch) const override;
  std::string first_not_finite(Context& ctx, const MicroBatch& batch) override;

 private:
  struct Step;
  bool uses_layers() const { return options_.hidden_weight > 0 || options_.relation_weight > 0; }
  bool runs_teacher(const MicroBatch& batch) const;
  /// Hidden states with what they are watched by: their routers' losses and the load of their experts.
  Tensor student_states(Context& ctx, const MicroBatch& batch, double denominator, Step& step,
                        LossReport& report) const;
  double head_losses(Context& ctx, const Step& step, const MicroBatch& batch, double denominator,
                     LossReport& report) const;
  void match_layers(Context& ctx, const Step& step, const MicroBatch& batch, double denominator,
                    double reference, LossReport& report) const;

  std::vector<PendingLoss> hidden_losses(Context& ctx, const Step& step, const MicroBatch& batch,
                                         double denominator) const;

  TrainableDecoder& student_;
  DistillationOptions options_;
  std::vector<Parameter> projection_;  // none or one
  std::optional<Linear> projection_layer_;
};

}  // namespace retort::train
