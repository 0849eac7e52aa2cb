#include "retort/text/micro_family.h"

#include <fmt/core.h>

namespace retort {
namespace {

constexpr int kReserved = 9;

}  // namespace

std::vector<SpecialToken> micro_special_tokens() {
  // <think> and </think> are not special, as in R1's own files: decoding shows them.
  std::vector<SpecialToken> tokens = {
      {std::string(kMicroBos)}, {std::string(kMicroEos)},       {std::string(kMicroPad)},       {"<|user|>"},
      {"<|assistant|>"},        {"<think>", /*special=*/false}, {"</think>", /*special=*/false}};
  for (int i = 0; i < kReserved; ++i) tokens.push_back({fmt::format("<|reserved_{}|>", i)});
  return tokens;
}

BpeTrainerOptions micro_tokenizer_options(int32_t vocabulary_size) {
  BpeTrainerOptions options;
  options.vocabulary_size = vocabulary_size;
  options.special_tokens = micro_special_tokens();
  options.bos = kMicroBos;
  options.eos = kMicroEos;
  options.pad = kMicroPad;
  return options;
}

constinit const std::string_view kMicroChatTemplate = R"jinja({{- bos_token }}
{%- set ns = namespace(system='') %}
{%- for message in messages if message.role == 'system' %}
  {%- set ns.system = ns.system + ('\n\n' if ns.system else '') + message.content %}
{%- endfor %}
{{- ns.system }}
{%- for message in messages %}
  {%- if message.role == 'user' %}
    {{- '<|user|>' + message.content }}
  {%- elif message.role == 'assistant' %}
    {%- set content = message.content or '' %}
    {%- if not loop.last or add_generation_prompt %}
      {%- if '</think>' in content %}
        {%- set content = content.split('</think>')[-1].lstrip('\n') %}
      {%- endif %}
    {%- elif message.reasoning_content %}
      {%- set content = '<think>\n' + message.reasoning_content.strip('\n') + '\n</think>\n\n' + content %}
    {%- endif %}
    {{- '<|assistant|>' + content + eos_token }}
  {%- elif message.role != 'system' %}
    {{- raise_exception("the roles are system, user and assistant, not '" + message.role + "'") }}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
  {{- '<|assistant|><think>\n' }}
{%- endif %}
)jinja";

}  // namespace retort
