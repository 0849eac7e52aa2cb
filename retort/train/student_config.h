// The config.json of a student that a recipe describes by its shape.
#pragma once

#include <cstdint>
#include <string>

#include "retort/base/json.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// What the tokenizer decides.
struct TokenFacts {
  int64_t vocab_size = 0;
  int64_t bos = -1, eos = -1, pad = -1;  // -1: none
};

/// With the members that Hugging Face's LlamaConfig or Qwen2Config want. parse_hf_config reads it.
Json student_config(const StudentRecipe& student, const TokenFacts& tokens);

}  // namespace retort::train
