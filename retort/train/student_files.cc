#include "retort/train/student_files.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/checkpoint.h"
#include "retort/formats/hf_config_writer.h"
#include "retort/formats/json_fields.h"
#include "retort/text/bpe_trainer.h"
#include "retort/text/micro_family.h"

namespace retort::train {
namespace {

constexpr uint64_t kTokenizerLessons = 20'000;  // texts that a tokenizer is trained on
constexpr uint64_t kMaxText = uint64_t{64} << 20;

constexpr std::array kAllFiles{"config.json", "generation_config.json", "tokenizer.json",
                               "tokenizer_config.json", "chat_template.jinja"};
constexpr std::array kTokenizerFiles{"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"};

std::optional<std::string> find(const ModelFiles& texts, std::string_view name) {
  for (const auto& [file, content] : texts)
    if (file == name) return content;
  return std::nullopt;
}

ModelFiles trained_tokenizer(const Recipe& recipe, const ProblemStream& stream, const ProgressFn& progress) {
  BpeTrainerOptions options = micro_tokenizer_options(static_cast<int32_t>(recipe.tokenizer.vocabulary_size));
  options.progress = progress;
  BpeTrainer trainer(std::move(options));
  for (uint64_t place = 0; place < kTokenizerLessons; ++place) {
    Lesson lesson = stream.at(place);
    for (const problems::Turn& turn : lesson.problem.turns) {
      trainer.add(turn.user);
      trainer.add(problems::completion(turn, lesson.style));
    }
    if (progress && place % 1024 == 0) progress("reading lessons", place, kTokenizerLessons);
  }
  TrainedTokenizer tokenizer = trainer.train();
  return {{"tokenizer.json", write_tokenizer_json(tokenizer)},
          {"tokenizer_config.json", write_tokenizer_config_json(tokenizer, kMicroChatTemplate,
                                                                recipe.student.max_position_embeddings)}};
}

/// Those of the files that the folder has.
ModelFiles copied(const Checkpoint& checkpoint, std::span<const char* const> files) {
  ModelFiles texts;
  for (const char* file : files)
    if (auto content = checkpoint.text(file)) texts.emplace_back(file, std::move(*content));
  return texts;
}

Checkpoint open_model(const Recipe& recipe, const std::string& key, const std::string& path) {
  Checkpoint checkpoint = [&] {
    try {
      return Checkpoint::open(recipe.resolve_model(path));
    } catch (const Error& error) {
      throw error.with_context(fmt::format("{}: {}", recipe.file.filename().string(), key));
    }
  }();
  if (checkpoint.layout() != Layout::hugging_face)
    fail(ErrorCode::unsupported, "{}: {}: '{}' is a GGUF file; training starts from a Hugging Face folder",
         recipe.file.filename().string(), key, path);
  return checkpoint;
}

Tokenizer tokenizer_of(const ModelFiles& texts, const std::string& where) {
  auto json = find(texts, "tokenizer.json");
  if (!json) fail(ErrorCode::not_found, "{}: there is no tokenizer.json", where);
  return Tokenizer::from_json(*json, where + "/tokenizer.json", find(texts, "tokenizer_config.json"));
}

/// The configuration of a shape, with all the checks of a file's. Without a tokenizer it has no special
/// tokens.
ModelConfig config_of(const Recipe& recipe, int64_t vocab_size, const Tokenizer* tokenizer) {
  const StudentRecipe& s = recipe.student;
  ModelConfig config;
  config.architecture = s.architecture;
  config.vocab_size = vocab_size;
  config.hidden_size = s.hidden_size;
  config.intermediate_size = s.intermediate_size;
  config.num_hidden_layers = s.num_hidden_layers;
  config.num_attention_heads = s.num_attention_heads;
  config.num_key_value_heads = s.num_key_value_heads;
  config.head_dim = s.head_dim;
  config.max_position_embeddings = s.max_position_embeddings;
  config.rms_norm_eps = s.rms_norm_eps;
  config.rope_theta = s.rope_theta;
  config.tie_word_embeddings = s.tie_word_embeddings;
  config.torch_dtype = "bfloat16";
  if (tokenizer != nullptr && tokenizer->bos_id()) config.bos_token_id = *tokenizer->bos_id();
  if (tokenizer != nullptr && tokenizer->eos_id()) config.eos_token_ids = {*tokenizer->eos_id()};
  return parse_hf_config(to_hf_config(config), recipe.file.filename().string() + ": student");
}

ModelFiles files_of_new_student(const Recipe& recipe, ModelFiles files) {
  Tokenizer tokenizer = tokenizer_of(files, recipe.file.filename().string());
  ModelConfig config = config_of(recipe, tokenizer.vocabulary_size(), &tokenizer);
  files.emplace_back("config.json", to_hf_config(config).dump(2) + "\n");
  // The sampling that DeepSeek advises for R1's students; see LoadedModel::default_sampling.
  files.emplace_back("generation_config.json", generation_config_json(config, 0.6, 0.95));
  return files;
}

/// Its own files, and a config.json for what it will be written as.
ModelFiles files_of_old_student(const Checkpoint& checkpoint) {
  ModelFiles files = copied(checkpoint, std::span(kAllFiles).subspan(1));
  ModelConfig config = read_model_config(checkpoint);
  config.quantization = {};
  config.torch_dtype = "bfloat16";
  files.emplace_back("config.json", to_hf_config(config).dump(2) + "\n");
  return files;
}

ChatTemplate chat_template_of(const ModelFiles& texts, const std::string& where) {
  auto config = find(texts, "tokenizer_config.json");
  if (!config) fail(ErrorCode::not_found, "{}: there is no tokenizer_config.json", where);
  std::string name = where + "/tokenizer_config.json";
  ChatTemplateSource source = ChatTemplateSource::from_tokenizer_config(parse_json(*config, name), name);
  if (auto text = find(texts, "chat_template.jinja")) source.templates = {{"default", *text}};
  if (source.templates.empty())
    fail(ErrorCode::unsupported, "{}: no chat template: add a chat_template.jinja", where);
  return ChatTemplate(source, where);
}

}  // namespace

ModelFiles make_student_files(const Recipe& recipe, const ProblemStream& stream, const ProgressFn& progress) {
  if (!recipe.student.from.empty()) {
    return files_of_old_student(open_model(recipe, "student.from", recipe.student.from));
  }
  if (!recipe.tokenizer.from.empty())
    return files_of_new_student(
        recipe, copied(open_model(recipe, "tokenizer.from", recipe.tokenizer.from), kTokenizerFiles));
  return files_of_new_student(recipe, trained_tokenizer(recipe, stream, progress));
}

void write_student_files(const std::filesystem::path& folder, const ModelFiles& texts) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) fail(ErrorCode::resource, "{}: cannot make the folder: {}", folder.string(), error.message());
  for (const auto& [file, content] : texts) write_file_atomic(folder / file, content);
}

Student Student::open(const std::filesystem::path& folder) {
  ModelFiles texts;
  for (const char* file : kAllFiles)
    if (std::filesystem::exists(folder / file)) texts.emplace_back(file, read_file(folder / file, kMaxText));
  std::string where = folder.string();
  auto config = find(texts, "config.json");
  if (!config) fail(ErrorCode::not_found, "{}: there is no config.json", where);
  std::string name = where + "/config.json";
  Student student{parse_hf_config(parse_config_json(*config, name), name),
                  tokenizer_of(texts, where),
                  chat_template_of(texts, where),
                  {}};
  if (student.tokenizer.vocabulary_size() > student.config.vocab_size)
    fail(ErrorCode::bad_input, "{}: the tokenizer has {} tokens, the model {}", where,
         student.tokenizer.vocabulary_size(), student.config.vocab_size);
  student.files = std::move(texts);
  return student;
}

ModelConfig planned_config(const Recipe& recipe) {
  if (!recipe.student.from.empty())
    return read_model_config(open_model(recipe, "student.from", recipe.student.from));
  int64_t vocabulary = recipe.tokenizer.vocabulary_size;
  if (!recipe.tokenizer.from.empty()) {
    Checkpoint checkpoint = open_model(recipe, "tokenizer.from", recipe.tokenizer.from);
    vocabulary =
        tokenizer_of(copied(checkpoint, kTokenizerFiles), checkpoint.path().string()).vocabulary_size();
  }
  return config_of(recipe, vocabulary, nullptr);
}

}  // namespace retort::train
