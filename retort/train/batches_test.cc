#include "retort/train/batches.h"

#include <gtest/gtest.h>

#include <set>

#include "retort/base/error.h"
#include "retort/base/random.h"

namespace retort::train {
namespace {

/// Sequence i has 2 + i % 13 tokens, the first of which is i.
Dataset make_dataset(int64_t n, int top_k = 0) {
  Dataset dataset(100000, top_k);
  for (int64_t i = 0; i < n; ++i) {
    TokenSequence s;
    for (int64_t j = 0; j < 2 + i % 13; ++j) s.tokens.push_back(static_cast<int32_t>(i + 1000 * j));
    for (size_t j = 0; j < s.tokens.size(); ++j) {
      s.predicted.push_back(j % 2 == 1);
      for (int k = 0; k < top_k; ++k) {
        s.top_ids.push_back(s.tokens[j] + k);
        s.top_log_probs.push_back(-1.0f - static_cast<float>(k));
      }
    }
    dataset.add(s);
  }
  return dataset;
}

std::vector<int32_t> first_tokens(const StepBatch& batch) {
  std::vector<int32_t> first;
  for (const auto& shard : batch.shards)
    for (const MicroBatch& micro : shard)
      for (size_t d = 0; d + 1 < micro.document_begins.size(); ++d)
        first.push_back(micro.tokens[static_cast<size_t>(micro.document_begins[d])]);
  return first;
}

TEST(Batches, EveryEpochHasEverySequenceOnceInAnotherOrder) {
  const Dataset dataset = make_dataset(60);
  Batches batches(dataset, {.seed = 5, .sequences = 12});
  std::vector<std::vector<int32_t>> epochs(3);
  for (int64_t step = 0; step < 15; ++step)
    for (int32_t token : first_tokens(batches.at(step)))
      epochs[static_cast<size_t>(step / 5)].push_back(token);
  for (const auto& epoch : epochs) EXPECT_EQ(std::set<int32_t>(epoch.begin(), epoch.end()).size(), 60u);
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_NE(epochs[1], epochs[2]);
}

TEST(Batches, DependOnSeedAndStepOnly) {
  const Dataset dataset = make_dataset(37, 2);
  const BatchOptions options{.seed = 9, .sequences = 10, .micro_batch_rows = 20, .virtual_shards = 2};
  Batches in_order(dataset, options), jumping(dataset, options);
  for (int64_t step : {11, 3, 4, 0, 25}) {
    StepBatch a;
    for (int64_t s = 0; s <= step; ++s) a = in_order.at(s);
    const StepBatch b = jumping.at(step);
    ASSERT_EQ(a.shards.size(), b.shards.size());
    for (size_t s = 0; s < a.shards.size(); ++s) EXPECT_TRUE(a.shards[s] == b.shards[s]) << step;
    EXPECT_EQ(a.predicted, b.predicted);
  }
  EXPECT_NE(first_tokens(in_order.at(0)),
            first_tokens(Batches(dataset, {.seed = 10, .sequences = 10}).at(0)));
}

TEST(Batches, RowsPredictTheNextTokenOfTheirDocument) {
  const Dataset dataset = make_dataset(26, 3);
  Batches batches(dataset, {.seed = 2, .sequences = 26, .micro_batch_rows = 30, .virtual_shards = 4});
  const StepBatch batch = batches.at(0);
  int64_t rows = 0, predicted = 0;
  for (const auto& shard : batch.shards) {
    for (const MicroBatch& micro : shard) {
      EXPECT_LE(micro.rows(), 30);
      for (size_t i = 0; i < micro.tokens.size(); ++i) {
        EXPECT_EQ(micro.targets[i], micro.tokens[i] + 1000);
        EXPECT_EQ(micro.predicted[i], micro.targets[i] / 1000 % 2 == 1);
        for (size_t k = 0; k < 3; ++k)
          EXPECT_EQ(micro.top_ids[3 * i + k], micro.targets[i] + static_cast<int>(k));
        predicted += micro.predicted[i];
      }
      rows += micro.rows();
      EXPECT_EQ(micro.document_begins.back(), micro.rows());
    }
  }
  EXPECT_EQ(rows, dataset.tokens() - dataset.size());
  EXPECT_EQ(rows, batch.rows);
  EXPECT_EQ(predicted, batch.predicted);
}

TEST(Batches, MoreShardsThanSequencesLeaveSomeEmpty) {
  const Dataset dataset = make_dataset(3);
  const StepBatch batch = Batches(dataset, {.sequences = 3, .virtual_shards = 8}).at(0);
  ASSERT_EQ(batch.shards.size(), 8u);
  EXPECT_EQ(first_tokens(batch).size(), 3u);
}

std::string message_of(Dataset dataset, const TokenSequence& sequence) {
  try {
    dataset.add(sequence);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(Dataset, RefusesWhatCannotBeLearned) {
  const Dataset plain(10), taught(10, 2);
  EXPECT_EQ(message_of(plain, {.tokens = {1}}), "sequence 0: 1 tokens; at least 2 are needed");
  EXPECT_EQ(message_of(plain, {.tokens = {1, 10}}),
            "sequence 0: token 1 is 10, outside the vocabulary of 10");
  EXPECT_EQ(message_of(plain, {.tokens = {1, -1}}),
            "sequence 0: token 1 is -1, outside the vocabulary of 10");
  EXPECT_EQ(message_of(plain, {.tokens = {1, 2}, .predicted = {1}}), "sequence 0: 2 tokens but a mask of 1");
  EXPECT_EQ(message_of(plain, {.tokens = {1, 2}, .predicted = {1, 0}}),
            "sequence 0: its mask leaves nothing to learn");
  EXPECT_EQ(message_of(taught, {.tokens = {1, 2}}),
            "sequence 0: 0 teacher's tokens with 0 log-probabilities; 2 x 2 are expected");
  TokenSequence s{.tokens = {1, 2}, .top_ids = {0, 0, 4, 4}, .top_log_probs = {0, 0, -1, -2}};
  EXPECT_EQ(message_of(taught, s), "sequence 0: the teacher's tokens at 1 repeat");
  s.top_ids[3] = 10;
  EXPECT_EQ(message_of(taught, s), "sequence 0: the teacher's tokens at 1 are outside the vocabulary");
  s.top_ids[3] = 5;
  s.top_log_probs[2] = 0.5f;
  EXPECT_EQ(message_of(taught, s), "sequence 0: the teacher's log-probability 0.5 at 1 is impossible");
  s.top_log_probs[2] = -0.5f;
  EXPECT_EQ(message_of(taught, s), "");
}

TEST(Dataset, ItsChecksumSeesEveryPart) {
  const TokenSequence base{
      .tokens = {1, 2, 3}, .predicted = {0, 1, 1}, .top_ids = {0, 4, 5}, .top_log_probs = {0, -1, -2}};
  const auto checksum = [&](auto change) {
    TokenSequence s = base;
    change(s);
    Dataset dataset(10, 1);
    dataset.add(s);
    return dataset.checksum();
  };
  const std::string before = checksum([](TokenSequence&) {});
  EXPECT_EQ(before, checksum([](TokenSequence&) {}));
  EXPECT_NE(before, checksum([](TokenSequence& s) { s.tokens[1] = 3; }));
  EXPECT_NE(before, checksum([](TokenSequence& s) { s.predicted[1] = 0; }));
  EXPECT_NE(before, checksum([](TokenSequence& s) { s.top_ids[1] = 3; }));
  EXPECT_NE(before, checksum([](TokenSequence& s) { s.top_log_probs[1] = -3; }));
}

}  // namespace
}  // namespace retort::train
