#include "retort/cli/conversation.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/topology.h"

namespace retort::cli {
namespace {

constexpr int64_t kDefaultContext = 32768;  // as long as R1's makers let it think
constexpr int kStepTokens = 128;            // of a prompt at a time: Ctrl-C is heard between steps
constexpr int kSettlingSteps = 8;           // the first steps, which take turns with copying float weights
// Said in the model's name when its thought has to end.
constexpr std::string_view kTransition = "\n\nTime to answer.\n";

/// What is asked for; else the model's own limit, as far as the cache fits into half of the free memory.
int64_t context_length(const RunOptions& options, const Session& session) {
  int64_t most = session.loaded.config.max_position_embeddings;
  if (options.context && *options.context > most)
    fail(ErrorCode::bad_input, "run: --context {} is beyond the model's {} positions", *options.context,
         most);
  if (options.context) return *options.context;
  auto layers = static_cast<size_t>(session.loaded.config.num_hidden_layers);
  uint64_t page_bytes = session.kv_layout().page_bytes() * layers;
  auto fits = static_cast<int64_t>(read_memory_status().available / 2 / page_bytes) * kernels::kPageTokens;
  return std::clamp<int64_t>(fits, std::min<int64_t>(most, 512), std::min(most, kDefaultContext));
}

}  // namespace

Conversation::Conversation(Session& session, const RunOptions& options, Interrupts& interrupts)
    : session_(session),
      options_(options),
      interrupts_(interrupts),
      model_(session.loaded),
      sampling_(sampling_of(options, session.loaded)),
      think_budget_(options.think_budget),
      messages_(std::make_unique<Json>()) {
  if (!options.raw && !model_.chat_template)
    fail(ErrorCode::unsupported, "run: {}; --raw continues a text without a template",
         model_.chat_template_problem);
  int64_t context = context_length(options, session);
  cache_ = model_.make_cache(session.kv, context);
  engine_ = std::make_unique<Engine>(
      *model_.model, *cache_, session.context,
      [this](int32_t token) { return model_.tokenizer.piece(token); },
      EngineOptions{.max_running = 1, .step_tokens = kStepTokens, .max_context = context});
  reset();
}

Conversation::~Conversation() = default;

void Conversation::reset() {
  *messages_ = Json::array();
  if (options_.system) messages_->push_back({{"role", "system"}, {"content", *options_.system}});
  tokens_used_ = 0;
}

Conversation::Prompt Conversation::make_prompt(std::string_view message) const {
  if (options_.raw) return {model_.tokenizer.encode(message, {.add_special_tokens = true}), false};
  ChatPrompt prompt = model_.chat_template->render(*messages_);
  return {model_.tokenizer.encode(prompt), prompt.in_thought};
}

ThinkingOptions Conversation::thinking(bool in_thought) const {
  ThinkingOptions thinking = model_.thinking(in_thought);
  thinking.transition = model_.tokenizer.encode(kTransition);
  thinking.budget = think_budget_;
  thinking.stop_loops = !options_.raw;
  return thinking;
}

Request Conversation::make_request(Prompt prompt, const TextSink& sink) {
  if (prompt.tokens.empty()) fail(ErrorCode::bad_input, "run: the prompt is empty");
  Request request;
  request.prompt = std::move(prompt.tokens);
  request.sampling = sampling_;
  request.max_new_tokens = options_.max_new_tokens;
  request.stop_tokens = model_.stop_tokens();
  request.stop_strings = options_.stop;
  request.thinking = thinking(prompt.in_thought);
  request.on_token = [&sink](const TokenEvent& event) {
    sink(event.reasoning, event.content);
    return true;
  };
  return request;
}

Completion Conversation::complete(Request request) {
  auto prompt_tokens = static_cast<uint64_t>(request.prompt.size());
  int64_t before = engine_->metrics().computed_tokens, generated = engine_->metrics().generated_tokens;
  RequestId id = engine_->add(std::move(request));
  ProgressBar bar(stderr, ProgressUnit::count);
  while (engine_->step()) {
    model_.model->settle(session_.context, model_.model->weight_bytes() / kSettlingSteps);
    if (interrupts_.take()) engine_->cancel(id);
    EngineMetrics now = engine_->metrics();
    if (now.generated_tokens == generated)
      bar.update("reading the prompt", static_cast<uint64_t>(now.computed_tokens - before), prompt_tokens);
    else
      bar.finish();
  }
  auto completion = engine_->take(id);
  if (!completion) fail(ErrorCode::internal, "run: the engine lost request {}", id);
  if (completion->error) throw *completion->error;
  return std::move(*completion);
}

Completion Conversation::ask(std::string_view message, const TextSink& sink) {
  if (!options_.raw) messages_->push_back({{"role", "user"}, {"content", message}});
  try {
    // The engine holds back text that may belong to a tag; what the events left out comes at the end.
    size_t reasoning = 0, content = 0;
    TextSink counting = [&](std::string_view r, std::string_view c) {
      reasoning += r.size();
      content += c.size();
      sink(r, c);
    };
    Completion done = complete(make_request(make_prompt(message), counting));
    sink(std::string_view(done.reasoning).substr(std::min(reasoning, done.reasoning.size())),
         std::string_view(done.content).substr(std::min(content, done.content.size())));
    tokens_used_ = done.usage.prompt_tokens + done.usage.completion_tokens;
    if (!options_.raw) messages_->push_back({{"role", "assistant"}, {"content", done.content}});
    return done;
  } catch (const Error&) {
    if (!options_.raw) messages_->erase(messages_->size() - 1);
    throw;
  }
}

}  // namespace retort::cli
