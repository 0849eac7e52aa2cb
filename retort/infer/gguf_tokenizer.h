// A tokenizer and its chat template as the metadata of a GGUF file: the way back of load_tokenizer.
#pragma once

#include "retort/formats/gguf_writer.h"
#include "retort/text/chat_template.h"
#include "retort/text/tokenizer_definition.h"

namespace retort {

/// Adds `tokenizer.ggml.*` and `tokenizer.chat_template`. The definition is that of read_tokenizer_json;
/// `where` names its file in errors. Ids without a token, and those up to `vocab_size` (the model's, padded),
/// are written as unused. Throws unsupported for what GGUF has no word for: a pre-tokenizer without a name,
/// a normalizer that its name does not imply, tokens around the text other than BOS before and EOS behind;
/// bad_input for a `vocab_size` smaller than the vocabulary.
void add_gguf_tokenizer(GgufFields& fields, const TokenizerDefinition& tokenizer,
                        const ChatTemplateSource& chat, int64_t vocab_size, std::string_view where);

}  // namespace retort
