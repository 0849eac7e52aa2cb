// The tokenizer and the chat template of a checkpoint, from whichever of its texts has them.
#pragma once

#include "retort/formats/checkpoint.h"
#include "retort/text/chat_template.h"
#include "retort/text/tokenizer.h"

namespace retort {

/// From tokenizer.json, or from the metadata of a GGUF file. Throws Error not_found, bad_input or
/// unsupported.
Tokenizer load_tokenizer(const Checkpoint& checkpoint);

/// From chat_template.jinja, tokenizer_config.json or the metadata of a GGUF file; ChatML for a model that
/// has its marks and no template. Throws Error bad_input or unsupported.
ChatTemplate load_chat_template(const Checkpoint& checkpoint, const Tokenizer& tokenizer);

}  // namespace retort
