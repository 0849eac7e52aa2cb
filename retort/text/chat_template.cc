#include "retort/text/chat_template.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"

namespace retort {
namespace {

constexpr std::string_view kOpen = "<think>";
constexpr std::string_view kClose = "</think>";

/// A special token in tokenizer_config.json: a string, an added token's object, or null.
std::optional<std::string> token_text(const Json& config, const char* name) {
  auto it = config.find(name);
  if (it == config.end()) return std::nullopt;
  if (it->is_string()) return it->get<std::string>();
  if (!it->is_object()) return std::nullopt;
  auto content = it->find("content");
  if (content == it->end() || !content->is_string()) return std::nullopt;
  return content->get<std::string>();
}

std::string required_string(const Json& object, const char* key, std::string_view where) {
  auto it = object.is_object() ? object.find(key) : object.end();
  if (it == object.end() || !it->is_string())
    fail(ErrorCode::bad_input, "{}: chat_template: each of the list needs a string '{}'", where, key);
  return it->get<std::string>();
}

std::string_view trim_end(std::string_view text) {
  auto last = text.find_last_not_of(" \t\r\n");
  return last == text.npos ? std::string_view() : text.substr(0, last + 1);
}

/// A user who writes <think> at the end opens no thought.
bool ends_in_thought(const MarkedText& prompt) {
  auto text = trim_end(prompt.text);
  return text.ends_with(kOpen) && all_trusted(prompt.trusted, {text.size() - kOpen.size(), text.size()});
}

// --- trust

// Names that templates put between the marks of a turn ('<|' + role + '|>').
constexpr std::string_view kRoles[] = {"system", "user",     "assistant", "tool",
                                       "tools",  "function", "developer", "model"};
// Marks within a turn that models write themselves, and that come back with the history.
constexpr std::string_view kOwnMarks[] = {kOpen, kClose, "<tool_call>", "</tool_call>"};

void trust_all(const Json& string, jinja::TrustedStrings& trusted) {
  trusted[&string] = {{0, string.get_ref<const std::string&>().size()}};
}

void trust_own_marks(const Json& string, jinja::TrustedStrings& trusted) {
  std::string_view text = string.get_ref<const std::string&>();
  TrustedSpans spans;
  for (size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1))
    for (auto mark : kOwnMarks)
      if (text.substr(at).starts_with(mark)) add_trusted(spans, {at, at + mark.size()});
  if (!spans.empty()) trusted[&string] = std::move(spans);
}

const Json* string_member(const Json& object, const char* key) {
  auto it = object.find(key);
  return it != object.end() && it->is_string() && !it->get_ref<const std::string&>().empty() ? &*it : nullptr;
}

void trust_message(const Json& message, jinja::TrustedStrings& trusted) {
  if (!message.is_object()) return;
  auto* role = string_member(message, "role");
  if (!role) return;
  if (std::ranges::find(kRoles, role->get_ref<const std::string&>()) != std::end(kRoles))
    trust_all(*role, trusted);
  if (*role != "assistant") return;
  for (auto key : {"content", "reasoning_content"})
    if (auto* text = string_member(message, key)) trust_own_marks(*text, trusted);
}

/// Further variables may have taken a token's place: then it is the caller's text.
void trust_token(const Json& context, const char* name, const std::optional<std::string>& token,
                 jinja::TrustedStrings& trusted) {
  auto* text = string_member(context, name);
  if (token && text && *text == *token) trust_all(*text, trusted);
}

}  // namespace

ChatTemplateSource ChatTemplateSource::from_tokenizer_config(const Json& config, std::string_view where) {
  if (!config.is_object()) fail(ErrorCode::bad_input, "{}: not a JSON object", where);
  ChatTemplateSource source;
  source.bos_token = token_text(config, "bos_token");
  source.eos_token = token_text(config, "eos_token");
  auto it = config.find("chat_template");
  if (it == config.end() || it->is_null()) return source;
  if (it->is_string()) {
    source.templates.emplace_back("default", it->get<std::string>());
  } else if (it->is_array()) {
    for (const Json& each : *it)
      source.templates.emplace_back(required_string(each, "name", where),
                                    required_string(each, "template", where));
  } else {
    fail(ErrorCode::bad_input, "{}: chat_template is neither a string nor a list of {{name, template}}",
         where);
  }
  return source;
}

std::string default_chat_template(bool has_im_start, bool has_im_end, std::string_view where) {
  if (!has_im_start || !has_im_end)
    fail(ErrorCode::not_found,
         "{}: the model has no chat template, and its vocabulary lacks ChatML's <|im_start|> and <|im_end|>: "
         "give the model's own template as a file, or send plain prompts",
         where);
  return "{% for message in messages %}"
         "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
         "{% endfor %}"
         "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
}

std::string_view without_thought(std::string_view content) {
  auto close = content.rfind(kClose);
  if (close == content.npos) return content;
  content.remove_prefix(close + kClose.size());
  auto start = content.find_first_not_of('\n');
  return start == content.npos ? std::string_view() : content.substr(start);
}

ChatTemplate::ChatTemplate(const ChatTemplateSource& source, std::string where)
    : where_(std::move(where)), bos_token_(source.bos_token), eos_token_(source.eos_token) {
  for (const auto& [name, text] : source.templates) {
    auto& slot = name == "tool_use" ? tool_use_ : default_;
    if (name != "default" && name != "tool_use") continue;
    slot.emplace(text, fmt::format("{}: chat template '{}'", where_, name));
  }
  if (!default_)
    fail(ErrorCode::not_found, "{}: there is no chat template named 'default' among its {}", where_,
         source.templates.size());
  mentions_thought_ = default_->source().find(kClose) != std::string::npos;
  opens_thought_ = probe_opens_thought();
  drops_old_thoughts_ = probe_drops_old_thoughts();
}

bool ChatTemplate::probe_opens_thought() const {
  Json messages = Json::array({Json{{"role", "user"}, {"content", "probe"}}});
  try {
    return ends_in_thought(run(messages, {}));
  } catch (const Error&) {
    return false;  // it wants something else of its messages; each render looks again
  }
}

bool ChatTemplate::probe_drops_old_thoughts() const {
  Json messages = Json::array({
      Json{{"role", "user"}, {"content", "probe"}},
      Json{{"role", "assistant"}, {"content", "<think>\nprobed thought\n</think>\n\nprobed answer"}},
      Json{{"role", "user"}, {"content", "probe"}},
  });
  try {
    return run(messages, {}).text.find("probed thought") == std::string::npos;
  } catch (const Error&) {
    return false;
  }
}

const jinja::Template& ChatTemplate::pick(const ChatOptions& options) const {
  bool tools = options.tools && options.tools->is_array() && !options.tools->empty();
  return tools && tool_use_ ? *tool_use_ : *default_;
}

MarkedText ChatTemplate::run(const Json& messages, const ChatOptions& options) const {
  Json context = {{"messages", messages},
                  {"tools", options.tools ? *options.tools : Json()},
                  {"documents", Json()},
                  {"add_generation_prompt", options.add_generation_prompt}};
  if (bos_token_) context["bos_token"] = *bos_token_;
  if (eos_token_) context["eos_token"] = *eos_token_;
  if (options.enable_thinking) context["enable_thinking"] = *options.enable_thinking;
  if (options.extra) {
    if (!options.extra->is_object())
      fail(ErrorCode::bad_input, "{}: the chat template's further variables must be a JSON object", where_);
    for (const auto& [name, value] : options.extra->items()) context[name] = value;
  }
  jinja::TrustedStrings trusted;
  trust_token(context, "bos_token", bos_token_, trusted);
  trust_token(context, "eos_token", eos_token_, trusted);
  for (auto& message : context.at("messages")) trust_message(message, trusted);
  return pick(options).render_marked(context, options.now, trusted);
}

namespace {

/// The last message stays whole where it is to be continued: its thought is not history.
Json with_old_thoughts_dropped(Json messages, bool keep_last) {
  for (size_t i = 0; i < messages.size(); ++i) {
    Json& message = messages[i];
    bool history = i + 1 < messages.size() || !keep_last;
    if (!history || !message.is_object() || message.value("role", Json()) != "assistant") continue;
    auto content = message.find("content");
    if (content == message.end() || !content->is_string()) continue;
    *content = std::string(without_thought(content->get_ref<const std::string&>()));
  }
  return messages;
}

}  // namespace

ChatPrompt ChatTemplate::render(const Json& messages, const ChatOptions& options) const {
  if (!messages.is_array() || messages.empty())
    fail(ErrorCode::bad_input, "{}: messages must be a list with at least one message", where_);
  ChatPrompt prompt{drops_old_thoughts_
                        ? run(messages, options)
                        : run(with_old_thoughts_dropped(messages, !options.add_generation_prompt), options)};
  prompt.in_thought = ends_in_thought(prompt);
  bool closed = trim_end(prompt.text).ends_with(kClose);  // thinking was switched off
  if (options.open_thought && options.add_generation_prompt && mentions_thought_ && !prompt.in_thought &&
      !closed) {
    constexpr std::string_view kOpened = "<think>\n";
    add_trusted(prompt.trusted, {prompt.text.size(), prompt.text.size() + kOpened.size()});
    prompt.text += kOpened;
    prompt.in_thought = true;
  }
  return prompt;
}

}  // namespace retort
