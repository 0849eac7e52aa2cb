// What the run of a recipe says of itself. The program's verb shows it; libraries never print.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/formats/model_config.h"
#include "retort/train/examination.h"
#include "retort/train/forecast.h"
#include "retort/train/held_out.h"
#include "retort/train/run_forecast.h"
#include "retort/train/text_lessons.h"
#include "retort/train/traces.h"
#include "retort/train/trainer.h"

namespace retort::train {

/// Before anything is trained. All is predicted but the rate.
struct CostReport {
  ModelConfig config;
  ModelCost cost;
  int64_t tokens = 0;
  double flops_per_token = 0;
  MemoryForecast memory;
  double flops_per_second = 0;            // measured on a cut of the student
  double answering_flops_per_second = 0;  // the same, while it answers
  uint64_t available_memory = 0;
  AnswerForecast traces, examinations;

  double seconds() const { return static_cast<double>(tokens) * flops_per_token / flops_per_second; }
  /// At most: answers are as long as they may be.
  double seconds_of(const AnswerForecast& answers) const {
    return answers.operations > 0 ? answers.operations / answering_flops_per_second : 0;
  }
};

struct StageReport {
  std::string kind;
  std::string quantise;  // the format that weights are rounded to; empty: none
  int64_t first_step = 0, steps = 0;
  int64_t sequences = 0;  // different ones
  int64_t tokens = 0;     // in them
  int64_t left_out = 0;   // longer than schedule.max_length
  double epochs = 0;      // how often each is seen
  int64_t batch_sequences = 0;
};

/// How a student got its first weights from a folder.
struct StartReport {
  std::string key;     // "student.prune_from"; empty: from no folder
  std::string folder;  // as the recipe has it
  std::string summary;
  // Of a pruned one:
  int64_t sequences = 0, tokens = 0;     // that importance was measured on
  std::vector<double> layer_importance;  // of each layer of the folder's model
  std::vector<int64_t> layers_kept;
  double energy_kept = 0;  // of the residual stream, mean over the norms' inputs; 1: all
};

struct ExaminationReport {
  int64_t step = 0;
  int64_t tokens = 0;
  ExaminationResult result;
  std::optional<HeldOutLoss> held_out;  // where the recipe's own texts have a part for it
  std::string quantise;                 // the format that weights were rounded to; empty: as exported
};

Json to_json(const CostReport& report);
Json to_json(const TraceSet& traces);
Json to_json(const StartReport& report);
Json to_json(const TextLessons& texts);
Json to_json(const StageReport& report);
Json to_json(const std::string& stage, const StepReport& report);
Json to_json(const ExaminationReport& report);

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// Work before training: making lessons, training a tokenizer.
  virtual void progress(std::string_view what, uint64_t done, uint64_t total) = 0;
  virtual void costs(const CostReport& report) = 0;
  virtual void taught(const TraceSet& traces) = 0;
  virtual void started(const StartReport& report) = 0;
  virtual void read(const TextLessons& texts) = 0;
  virtual void stage(const StageReport& report) = 0;
  virtual void step(const std::string& stage, const StepReport& report) = 0;
  virtual void examined(const ExaminationReport& report) = 0;
  /// Asked before every step; true ends the run, which can then be resumed.
  virtual bool interrupted() = 0;
};

}  // namespace retort::train
