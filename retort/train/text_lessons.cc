#include "retort/train/text_lessons.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/train/text_files.h"

namespace retort::train {
namespace {

constexpr size_t kChunk = 256;  // records encoded at once

/// What a record says, before it is known on which side it stands.
struct Encoded {
  std::vector<int32_t> document;  // tokens of a document, or of a part of one
  std::vector<TokenSequence> turns;
  std::string key;  // of a chat: what decides its side
  bool is_chat = false, ends = true;
  std::optional<Error> error;
};

/// Uniform in [0, 1), from what is said alone: the same text is held out from every run and every seed.
double place_of(std::span<const std::byte> bytes) {
  Checksum sum;
  sum.add(bytes);
  return static_cast<double>(std::strtoull(sum.hex().substr(0, 13).c_str(), nullptr, 16)) * 0x1.0p-52;
}

const Json& single_member(const Json& line, const std::string& where) {
  const bool chat = line.is_object() && line.contains("messages");
  const bool text = line.is_object() && line.contains("text");
  if (chat == text)
    fail(ErrorCode::bad_input, "{}: {}: a line is {{\"text\": ...}} or {{\"messages\": [...]}}", where,
         chat ? "has both text and messages" : "has neither text nor messages");
  const Json& member = line[chat ? "messages" : "text"];
  if (chat || (member.is_string() && !member.get_ref<const std::string&>().empty())) return member;
  fail(ErrorCode::bad_input, "{}: text: {}, expected a text", where,
       member.is_string() ? "is empty" : std::string("is ") + member.type_name());
}

/// Documents are put together again from their parts, cut into pieces, and dealt to both sides.
class TextReader {
 public:
  TextReader(ThreadPool& pool, const TextLessonOptions& options, const Tokenizer& tokenizer,
             const ChatText& chat)
      : pool_(pool),
        options_(options),
        tokenizer_(tokenizer),
        chat_(chat),
        lessons_{Dataset(options.vocab_size), Dataset(options.vocab_size)} {}

  TextLessons read(const ProgressFn& progress) {
    for (size_t i = 0; i < options_.files.size(); ++i) {
      const TextFile file(options_.files[i]);
      const std::vector<TextRecord> records = file.records();
      for (size_t begin = 0; begin < records.size(); begin += kChunk) {
        add(std::span(records).subspan(begin, std::min(kChunk, records.size() - begin)));
        if (progress)
          progress(options_.files[i].filename().string(), std::min(begin + kChunk, records.size()),
                   records.size());
      }
    }
    check();
    return std::move(lessons_);
  }

 private:
  void add(std::span<const TextRecord> records) {
    std::vector<Encoded> encoded(records.size());
    pool_.parallel_dynamic(std::ssize(records), [&](int64_t i, int) {
      const auto at = static_cast<size_t>(i);
      try {
        encoded[at] = encode(records[at]);
      } catch (const Error& error) {
        encoded[at].error = error;
      }
    });
    for (Encoded& one : encoded) {
      if (one.error) throw *one.error;  // the first of the file, whatever thread met it
      if (one.is_chat)
        add_chat(one);
      else
        add_part(one);
    }
  }

  Encoded encode(const TextRecord& record) const {
    Encoded out;
    out.ends = record.ends;
    if (record.kind == TextRecord::Kind::document) {
      out.document = tokenizer_.encode(record.bytes);
      return out;
    }
    const Json line = parse_json(record.bytes, record.where);
    const Json& member = single_member(line, record.where);
    if (member.is_string()) {
      out.document = tokenizer_.encode(member.get_ref<const std::string&>());
      return out;
    }
    out.is_chat = true;
    out.key = member.dump();
    try {
      out.turns = chat_.sequences(member, options_.max_length);
    } catch (const Error& error) {
      throw error.with_context(record.where);
    }
    return out;
  }

  Dataset& side_of(std::span<const std::byte> bytes) {
    return place_of(bytes) < options_.held_out ? lessons_.held_out : lessons_.dataset;
  }

  void add_chat(const Encoded& chat) {
    ++lessons_.chats;
    Dataset& side = side_of(std::as_bytes(std::span(chat.key)));
    for (const TokenSequence& turn : chat.turns) {
      if (static_cast<int64_t>(turn.tokens.size()) > options_.max_length)
        ++lessons_.left_out;
      else
        side.add(turn);
    }
  }

  void add_part(const Encoded& part) {
    if (document_.empty()) document_ = tokenizer_.encode("", {.add_special_tokens = true});  // BOS, if any
    document_.insert(document_.end(), part.document.begin(), part.document.end());
    if (part.ends) document_.push_back(chat_.text_end());
    cut(part.ends);
    if (!part.ends) return;
    document_.clear();
    ++lessons_.documents;
  }

  /// Takes whole pieces from the document's front; at its end, all that is there.
  void cut(bool all) {
    const auto length = static_cast<size_t>(options_.max_length);
    size_t begin = 0;
    while (document_.size() - begin >= (all ? 2 : length)) {
      TokenSequence piece;
      const size_t end = std::min(document_.size(), begin + length);
      piece.tokens.assign(document_.begin() + static_cast<ptrdiff_t>(begin),
                          document_.begin() + static_cast<ptrdiff_t>(end));
      side_of(std::as_bytes(std::span(piece.tokens))).add(piece);
      begin = end - 1;  // predicted there, and predicts here
    }
    document_.erase(document_.begin(), document_.begin() + static_cast<ptrdiff_t>(begin));
  }

  void check() const {
    if (lessons_.dataset.size() > 0) return;
    if (lessons_.left_out > 0 && lessons_.held_out.size() == 0)
      fail(ErrorCode::bad_input,
           "schedule.max_length: all {} turns of the chats are longer than {} tokens; raise it",
           lessons_.left_out, options_.max_length);
    fail(ErrorCode::bad_input,
         "texts.files: nothing is left to learn from: {} sequences are held out, {} are too long; give more "
         "texts, or lower texts.held_out",
         lessons_.held_out.size(), lessons_.left_out);
  }

  ThreadPool& pool_;
  const TextLessonOptions& options_;
  const Tokenizer& tokenizer_;
  const ChatText& chat_;
  TextLessons lessons_;
  std::vector<int32_t> document_;  // the tokens of the open document that are in no piece yet
};

}  // namespace

TextLessons read_text_lessons(ThreadPool& pool, const TextLessonOptions& options, const Tokenizer& tokenizer,
                              const ChatText& chat, const ProgressFn& progress) {
  return TextReader(pool, options, tokenizer, chat).read(progress);
}

void read_plain_texts(const std::vector<std::filesystem::path>& files,
                      const std::function<bool(std::string_view)>& use) {
  for (const auto& path : files) {
    const TextFile file(path);
    for (const TextRecord& record : file.records()) {
      if (record.kind == TextRecord::Kind::document) {
        if (!use(record.bytes)) return;
        continue;
      }
      const Json line = parse_json(record.bytes, record.where);
      const Json& member = single_member(line, record.where);
      if (member.is_string() && !use(member.get_ref<const std::string&>())) return;
      if (!member.is_array()) continue;
      for (const Json& message : member)
        if (message.is_object() && message.contains("content") && message["content"].is_string() &&
            !use(message["content"].get_ref<const std::string&>()))
          return;
    }
  }
}

}  // namespace retort::train
