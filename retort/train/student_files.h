// The texts that make a folder of weights a model: config.json, the tokenizer, the chat template, how to
// sample. Written when a run begins and read again when it resumes.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "retort/base/progress.h"
#include "retort/formats/model_config.h"
#include "retort/text/chat_template.h"
#include "retort/text/tokenizer.h"
#include "retort/train/export.h"
#include "retort/train/problem_stream.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// Makes them as the recipe says: taken from a folder, or with a tokenizer trained on the stream's texts.
ModelFiles make_student_files(const Recipe& recipe, const ProblemStream& stream,
                              const ProgressFn& progress = {});

/// Makes the folder if need be. Each file appears whole.
void write_student_files(const std::filesystem::path& folder, const ModelFiles& files);

/// What they say, ready for use.
struct Student {
  ModelConfig config;
  Tokenizer tokenizer;
  ChatTemplate chat_template;

  ModelFiles files;  // for the export

  /// Reads what write_student_files wrote.
  static Student open(const std::filesystem::path& folder);
};

/// The configuration of a recipe's student before anything has been made: with the vocabulary that is asked
/// for, or that the folder has.
ModelConfig planned_config(const Recipe& recipe);

}  // namespace retort::train
