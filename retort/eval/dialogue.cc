#include "retort/eval/dialogue.h"

#include <map>
#include <utility>

#include "retort/base/random.h"

namespace retort::eval {

bool Dialogue::done() const {
  return turn == item->turns.size();
}

SampleKey Dialogue::key() const {
  return {item->id, sample, static_cast<int64_t>(turn)};
}

Json Dialogue::asking() const {
  Json all = messages;
  all.push_back({{"role", "user"}, {"content", item->turns[turn]}});
  return all;
}

void Dialogue::follow(const Sample& answer) {
  say("user", item->turns[turn]);
  say("assistant", answer.content);
  full = full || answer.status == SampleStatus::too_long;
  ++turn;
}

void Dialogue::say(std::string_view role, const std::string& content) {
  messages.push_back({{"role", role}, {"content", content}});
}

LineUp line_up(std::span<const Item> items, int64_t samples, std::vector<Sample> known) {
  std::map<SampleKey, Sample> answers;
  for (Sample& sample : scorable(std::move(known))) answers.emplace(sample.key, std::move(sample));
  LineUp out;
  for (int64_t n = 0; n < samples; ++n)
    for (const Item& item : items) {
      Dialogue dialogue{.item = &item, .sample = n};
      out.total += item.turns.size();
      for (auto at = answers.find(dialogue.key()); !dialogue.done() && at != answers.end();
           at = answers.find(dialogue.key())) {
        dialogue.follow(at->second);
        ++out.answered;
      }
      if (!dialogue.done()) out.dialogues.push_back(std::move(dialogue));
    }
  return out;
}

uint64_t seed_of(uint64_t run_seed, const SampleKey& key) {
  uint64_t hash = run_seed;
  for (char c : key.item) hash = splitmix64(hash ^ static_cast<unsigned char>(c));
  return splitmix64(splitmix64(hash) + static_cast<uint64_t>(key.sample) * 0x10001 +
                    static_cast<uint64_t>(key.turn));
}

}  // namespace retort::eval
