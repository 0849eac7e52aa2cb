#include "retort/train/student_files.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/checkpoint.h"
#include "retort/formats/generation_config.h"
#include "retort/formats/hf_config_writer.h"
#include "retort/formats/json_fields.h"
#include "retort/text/bpe_trainer.h"
#include "retort/text/micro_family.h"
#include "retort/train/student_start.h"
#include "retort/train/text_lessons.h"

namespace retort::train {
namespace {

constexpr uint64_t kTokenizerLessons = 20'000;  // texts that a tokenizer is trained on
constexpr uint64_t kMaxText = uint64_t{64} << 20;

constexpr uint64_t kTokenizerText = uint64_t{64} << 20;  // bytes of files, at most
constexpr std::array kAllFiles{
    "config.json",         "generation_config.json",  "tokenizer.json",    "tokenizer_config.json",
    "chat_template.jinja", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt"};
constexpr std::array kTokenizerFiles{"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"};

std::optional<std::string> find(const ModelFiles& texts, std::string_view name) {
  for (const auto& [file, content] : texts)
    if (file == name) return content;
  return std::nullopt;
}

void add_lessons(BpeTrainer& trainer, const ProblemStream& stream, const ProgressFn& progress) {
  for (uint64_t place = 0; place < kTokenizerLessons; ++place) {
    Lesson lesson = stream.at(place);
    for (const problems::Turn& turn : lesson.problem.turns) {
      trainer.add(turn.user);
      trainer.add(problems::completion(turn, lesson.style));
    }
    if (progress && place % 1024 == 0) progress("reading lessons", place, kTokenizerLessons);
  }
}

void add_files(BpeTrainer& trainer, const std::vector<std::filesystem::path>& files) {
  uint64_t bytes = 0;
  read_plain_texts(files, [&](std::string_view text) {
    trainer.add(text);
    return (bytes += text.size()) < kTokenizerText;
  });
}

ModelFiles trained_tokenizer(const Recipe& recipe, const ProblemStream* stream, const ProgressFn& progress) {
  BpeTrainerOptions options = micro_tokenizer_options(static_cast<int32_t>(recipe.tokenizer.vocabulary_size));
  options.progress = progress;
  BpeTrainer trainer(std::move(options));
  if (stream != nullptr) add_lessons(trainer, *stream, progress);
  if (recipe.uses_texts()) add_files(trainer, recipe.text_files());
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
  config.num_local_experts = s.num_local_experts;
  config.num_experts_per_tok = s.num_experts_per_tok;
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

Checkpoint open_start(const Recipe& recipe) {
  return open_model(recipe, std::string(recipe.student.start_key()), recipe.student.start_folder());
}

/// Those of the folder that it goes on from; config.json says what it will be written as, and is the folder's
/// in all else.
ModelFiles files_of_old_student(const Checkpoint& checkpoint) {
  ModelFiles files = copied(checkpoint, kAllFiles);
  for (auto& [file, content] : files) {
    if (file != "config.json") continue;
    Json config = parse_config_json(content, "config.json");
    config.erase("dtype");  // the newer name
    config["torch_dtype"] = "bfloat16";
    content = config.dump(2) + "\n";
  }
  return files;
}

/// Those of the folder that it is made of, and a config.json of its own.
ModelFiles files_of_remade_student(const Recipe& recipe, const Checkpoint& checkpoint) {
  ModelFiles files = copied(checkpoint, std::span(kAllFiles).subspan(1));
  ModelConfig config = started_config(recipe, read_model_config(checkpoint));
  config.quantization = {};
  config.torch_dtype = "bfloat16";
  files.emplace_back("config.json", to_hf_config(config).dump(2) + "\n");
  return files;
}

/// The configuration in a folder; the weights may still be missing.
ModelConfig config_in(const Recipe& recipe, const std::string& key, const std::string& path) {
  const std::filesystem::path file = recipe.resolve_model(path) / "config.json";
  const std::string where = fmt::format("{}: {}: {}", recipe.file.filename().string(), key, file.string());
  if (!std::filesystem::exists(file)) return read_model_config(open_model(recipe, key, path));
  return parse_hf_config(parse_config_json(read_file(file, kMaxText), where), where);
}

/// An Error, when somebody asks for it, that says what is missing.
ChatTemplate missing_template(const std::string& where) {
  return ChatTemplate({.templates = {{"default",
                                      "{{ raise_exception('the model has no chat template: add a "
                                      "chat_template.jinja to its folder') }}"}},
                       .bos_token = {},
                       .eos_token = {}},
                      where);
}

ChatTemplate chat_template_of(const ModelFiles& texts, const Tokenizer& tokenizer, const std::string& where) {
  ChatTemplateSource source;
  const std::string name = where + "/tokenizer_config.json";
  if (auto config = find(texts, "tokenizer_config.json"))
    source = ChatTemplateSource::from_tokenizer_config(parse_json(*config, name), name);
  if (auto text = find(texts, "chat_template.jinja")) source.templates = {{"default", *text}};
  if (source.templates.empty()) {
    const auto known = [&](const char* mark) { return tokenizer.id_of(mark).has_value(); };
    if (!known("<|im_start|>") || !known("<|im_end|>")) return missing_template(where);
    source.templates = {{"default", default_chat_template(true, true, where)}};
  }
  return ChatTemplate(source, where);
}

}  // namespace

ModelFiles make_student_files(const Recipe& recipe, const ProblemStream* stream, const ProgressFn& progress) {
  if (!recipe.student.from.empty()) return files_of_old_student(open_start(recipe));
  if (!recipe.student.start_key().empty()) return files_of_remade_student(recipe, open_start(recipe));
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
  return of(std::move(texts), folder.string());
}

Student Student::of(ModelFiles texts, const std::string& where) {
  auto config = find(texts, "config.json");
  if (!config) fail(ErrorCode::not_found, "{}: there is no config.json", where);
  std::string name = where + "/config.json";
  Tokenizer tokenizer = tokenizer_of(texts, where);
  ChatTemplate chat_template = chat_template_of(texts, tokenizer, where);
  Student student{parse_hf_config(parse_config_json(*config, name), name),
                  std::move(tokenizer),
                  std::move(chat_template),
                  {}};
  if (student.tokenizer.vocabulary_size() > student.config.vocab_size)
    fail(ErrorCode::bad_input, "{}: the tokenizer has {} tokens, the model {}", where,
         student.tokenizer.vocabulary_size(), student.config.vocab_size);
  student.files = std::move(texts);
  return student;
}

std::vector<int32_t> Student::stop_tokens() const {
  std::vector<int64_t> ids = config.eos_token_ids;
  if (auto text = find(files, "generation_config.json")) {
    const auto more =
        parse_generation_config(parse_config_json(*text, "generation_config.json"), "generation_config.json")
            .eos_token_ids;
    ids.insert(ids.end(), more.begin(), more.end());
  }
  if (auto id = tokenizer.eos_id()) ids.push_back(*id);
  std::erase_if(ids, [&](int64_t id) { return id >= config.vocab_size; });
  return {ids.begin(), ids.end()};
}

ModelConfig planned_config(const Recipe& recipe) {
  if (const std::string key(recipe.student.start_key()); !key.empty())
    return started_config(recipe, config_in(recipe, key, recipe.student.start_folder()));
  int64_t vocabulary = recipe.tokenizer.vocabulary_size;
  if (!recipe.tokenizer.from.empty()) {
    Checkpoint checkpoint = open_model(recipe, "tokenizer.from", recipe.tokenizer.from);
    vocabulary =
        tokenizer_of(copied(checkpoint, kTokenizerFiles), checkpoint.path().string()).vocabulary_size();
  }
  return config_of(recipe, vocabulary, nullptr);
}

}  // namespace retort::train
