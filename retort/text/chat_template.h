// A model's chat template: messages in, prompt out, with what R1-style models ask for found out from the
// template itself (does the prompt open the thought, does the history drop old thoughts).
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/base/json.h"
#include "retort/text/jinja/template.h"
#include "retort/text/marked_text.h"

namespace retort {

struct ChatTemplateSource {
  /// By name. One template alone is "default"; "tool_use" is taken when tools are given.
  std::vector<std::pair<std::string, std::string>> templates;
  std::optional<std::string> bos_token;  // the texts, where the model has them
  std::optional<std::string> eos_token;

  /// From tokenizer_config.json: `chat_template` is a string or a list of {name, template}; bos_token and
  /// eos_token are strings or added tokens. `where` names the file in errors. Without a template the
  /// result has none; see default_chat_template.
  static ChatTemplateSource from_tokenizer_config(const Json& config, std::string_view where);
};

/// For a model that ships no template: plain ChatML if its vocabulary has both of ChatML's marks.
/// Otherwise an Error that says how to give one: a guessed format would silently cost quality.
std::string default_chat_template(bool has_im_start, bool has_im_end, std::string_view where);

struct ChatOptions {
  const Json* tools = nullptr;  // an array, or none
  bool add_generation_prompt = true;
  std::optional<bool> enable_thinking;  // undefined to the template unless set
  /// Open the thought where the template leaves that to the model; see ChatTemplate::can_open_thought.
  bool open_thought = false;
  const Json* extra = nullptr;          // an object of further variables (chat_template_kwargs)
  std::chrono::local_seconds now = {};  // for strftime_now
};

/// To be encoded by Tokenizer::encode(const MarkedText&): what the caller's messages say is not trusted.
struct ChatPrompt : MarkedText {
  bool in_thought = false;  // it ends inside <think>, so generation starts in the thought
};

class ChatTemplate {
 public:
  /// `where` names the model's file in errors.
  ChatTemplate(const ChatTemplateSource& source, std::string where);

  /// `messages` is an array of {role, content, ...}. No system prompt is added, and thoughts of earlier
  /// turns are dropped: by the template, or if it does not, before it runs. Trusted are the template's own
  /// text, BOS and EOS, the names of roles, and in the assistant's messages the marks that models write
  /// themselves (<think>, <tool_call>); nothing else that messages, tools and further variables say.
  ChatPrompt render(const Json& messages, const ChatOptions& options = {}) const;

  /// A prompt that ends in `<think>` for a lone user message.
  bool opens_thought() const { return opens_thought_; }
  /// The template knows of thoughts but leaves their opening to the model (old revisions of R1's), so
  /// ChatOptions::open_thought has an effect.
  bool can_open_thought() const { return mentions_thought_ && !opens_thought_; }
  /// The template itself drops the thoughts of earlier turns.
  bool drops_old_thoughts() const { return drops_old_thoughts_; }
  bool has_tool_template() const { return tool_use_.has_value(); }

 private:
  const jinja::Template& pick(const ChatOptions& options) const;
  MarkedText run(const Json& messages, const ChatOptions& options) const;
  bool probe_opens_thought() const;
  bool probe_drops_old_thoughts() const;

  std::string where_;
  std::optional<std::string> bos_token_;
  std::optional<std::string> eos_token_;
  std::optional<jinja::Template> default_;
  std::optional<jinja::Template> tool_use_;
  bool mentions_thought_ = false;
  bool opens_thought_ = false;
  bool drops_old_thoughts_ = false;
};

/// The content after its last `</think>`, without the newlines that separate it from the thought.
std::string_view without_thought(std::string_view content);

}  // namespace retort
