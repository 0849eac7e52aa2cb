// Text lessons: the recipe's own files as sequences to learn from, with a part held out to measure by.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "retort/base/progress.h"
#include "retort/base/thread_pool.h"
#include "retort/train/chat_text.h"
#include "retort/train/dataset.h"

namespace retort::train {

struct TextLessonOptions {
  std::vector<std::filesystem::path> files;
  double held_out = 0;     // share of documents' pieces and of chats; decided by a hash of what they say
  int64_t max_length = 0;  // tokens of a sequence
  int64_t vocab_size = 0;
};

struct TextLessons {
  Dataset dataset;        // to learn from
  Dataset held_out;       // to measure by; what is the same text is on the same side
  int64_t left_out = 0;   // turns of chats that are longer than max_length
  int64_t documents = 0;  // texts
  int64_t chats = 0;
};

/// Documents are tokens, with the BOS that the model wants and its EOS, cut into pieces of max_length that
/// overlap by the one token that a piece's first prediction needs; short ones stay whole. A chat is what
/// ChatText makes of it; a turn that is too long is left out. The same for every number of threads. Throws
/// Error naming file, line and message, and bad_input if nothing is left to learn from.
TextLessons read_text_lessons(ThreadPool& pool, const TextLessonOptions& options, const Tokenizer& tokenizer,
                              const ChatText& chat, const ProgressFn& progress = {});

/// Texts to train a tokenizer on: documents, and what messages say. `use` is called for each until it returns
/// false.
void read_plain_texts(const std::vector<std::filesystem::path>& files,
                      const std::function<bool(std::string_view)>& use);

}  // namespace retort::train
