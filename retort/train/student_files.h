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

/// Makes them as the recipe says: taken from a folder, or with a tokenizer trained on the stream's texts
/// (where there is one) and the recipe's files. A folder's config.json keeps all members that training does
/// not change.
ModelFiles make_student_files(const Recipe& recipe, const ProblemStream* stream,
                              const ProgressFn& progress = {});

/// Makes the folder if need be. Each file appears whole.
void write_student_files(const std::filesystem::path& folder, const ModelFiles& files);

/// What they say, ready for use.
struct Student {
  ModelConfig config;
  Tokenizer tokenizer;
  ChatTemplate chat_template;  // of a model without one: each use is an Error that says so

  ModelFiles files;  // for the export

  /// From the texts of such a folder; `where` names it in errors.
  static Student of(ModelFiles files, const std::string& where);
  /// Reads what write_student_files wrote.
  static Student open(const std::filesystem::path& folder);

  /// Every token at which its generation stops: of config, generation config and tokenizer.
  std::vector<int32_t> stop_tokens() const;
};

/// The configuration of a recipe's student before anything has been made: with the vocabulary that is asked
/// for, or that the folder has; of a folder to start from, its config.json alone will do. Throws Error
/// unsupported for what cannot be trained.
ModelConfig planned_config(const Recipe& recipe);

}  // namespace retort::train
