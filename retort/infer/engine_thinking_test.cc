// The engine with text: thoughts and their budgets, stop strings, characters that tokens cut.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "retort/infer/engine.h"
#include "retort/infer/fake_causal_lm.h"

namespace retort {
namespace {

constexpr int32_t kEos = 0, kThinkEnd = 1, kThink = 2;

/// Words, tags, and the bytes of characters one by one.
const std::vector<std::string> kPieces = {
    "",   "</think>", "<think>", "\xe6", "\x97", "\xa5",  "\xc3", "\xa4", " the", " answer", " is", "\n\n",
    "42", ".",        "ST",      "OP",   " so",  " wait", "</",   "<",    "x",    "yz",      "!",   "?"};
constexpr int64_t kVocab = 24;

int32_t id_of(std::string_view piece) {
  return static_cast<int32_t>(std::ranges::find(kPieces, piece) - kPieces.begin());
}
std::vector<int32_t> ids_of(std::initializer_list<const char*> pieces) {
  std::vector<int32_t> ids;
  for (const char* piece : pieces) ids.push_back(id_of(piece));
  return ids;
}

struct Bench {
  explicit Bench(EngineOptions options = {}, int64_t n_pages = 256)
      : pool(2),
        table(kernels::kernel_table(kernels::Isa::scalar)),
        cache(FakeCausalLM::layout(), 1, n_pages),
        engine(
            model, cache, Context{pool, arena, table},
            [](int32_t id) -> std::string_view { return kPieces[static_cast<size_t>(id)]; }, options) {}

  Completion run(Request request) {
    RequestId id = engine.add(std::move(request));
    engine.run_until_idle();
    return engine.take(id).value();
  }

  /// The model says these after a prompt of one token, then EOS.
  void say(std::vector<int32_t> script) {
    model.shape_logits = [script = std::move(script)](int64_t position, float* logits) {
      auto at = static_cast<size_t>(position);
      logits[at < script.size() ? script[at] : kEos] = 100.0f;
    };
  }

  ThreadPool pool;
  Arena arena;
  kernels::KernelTable table;
  FakeCausalLM model{kVocab};
  KvCache cache;
  Engine engine;
};

Request request_in_thought(int64_t max_new_tokens = 50) {
  Request request;
  request.prompt = {kThink};
  request.max_new_tokens = max_new_tokens;
  request.sampling.temperature = 0.0f;
  request.stop_tokens = {kEos};
  request.thinking.starts_in_thought = true;
  request.thinking.think_end = {kThinkEnd};
  return request;
}

TEST(EngineThinking, ANaturalThoughtIsSplitFromTheAnswer) {
  Bench bench;
  bench.say(ids_of({" so", " wait", "</think>", "\n\n", "42", "."}));
  std::string reasoning, content;
  Request request = request_in_thought();
  request.on_token = [&](const TokenEvent& e) {
    reasoning += e.reasoning;
    content += e.content;
    return true;
  };
  Completion c = bench.run(request);
  EXPECT_EQ(c.reasoning, " so wait");
  EXPECT_EQ(c.content, "42.");
  EXPECT_EQ(reasoning, c.reasoning);
  EXPECT_EQ(content, c.content);
  EXPECT_EQ(c.finish_reason, FinishReason::stop);
  EXPECT_EQ(c.thought_end, ThoughtEnd::natural);
  EXPECT_EQ(c.usage.reasoning_tokens, 3);
  EXPECT_EQ(c.usage.completion_tokens, 7);  // the stop token too
  EXPECT_EQ(c.usage.forced_tokens, 0);
}

TEST(EngineThinking, AnUnclosedThoughtStaysReasoning) {
  Bench bench;
  bench.say(std::vector<int32_t>(100, id_of(" wait")));
  Completion c = bench.run(request_in_thought(5));
  EXPECT_EQ(c.reasoning, " wait wait wait wait wait");
  EXPECT_EQ(c.content, "");
  EXPECT_EQ(c.finish_reason, FinishReason::length);
  EXPECT_EQ(c.thought_end, ThoughtEnd::none);
  EXPECT_EQ(c.usage.reasoning_tokens, 5);
}

TEST(EngineThinking, TheBudgetForcesTheEndAndTheAnswerGoesOn) {
  Bench bench;
  bench.say(ids_of({" wait", " wait", " wait", "x", "x", "42", "."}));
  Request request = request_in_thought();
  request.thinking.budget = 3;
  request.thinking.transition = ids_of({"!"});
  std::vector<int32_t> forced;
  request.on_token = [&](const TokenEvent& e) {
    if (e.forced) forced.push_back(e.token);
    return true;
  };
  Completion c = bench.run(request);
  EXPECT_EQ(c.reasoning, " wait wait wait!");
  EXPECT_EQ(c.content, "42.");
  EXPECT_EQ(forced, ids_of({"!", "</think>"}));
  EXPECT_EQ(c.thought_end, ThoughtEnd::budget);
  EXPECT_EQ(c.usage.forced_tokens, 2);
  EXPECT_EQ(c.usage.reasoning_tokens, 5);
}

TEST(EngineThinking, BudgetZeroAnswersAtOnce) {
  Bench bench;
  bench.say(ids_of({" wait", "42", "."}));
  Request request = request_in_thought();
  request.thinking.budget = 0;
  Completion c = bench.run(request);
  EXPECT_EQ(c.reasoning, "");
  EXPECT_EQ(c.content, "42.");
  EXPECT_EQ(c.tokens.front(), kThinkEnd);
}

TEST(EngineThinking, TheEndIsNotForcedIntoACharacter) {
  Bench bench;
  bench.say(ids_of({"x", "\xe6", "\x97", "\xa5", " wait", "42"}));
  Request request = request_in_thought();
  request.thinking.budget = 2;
  Completion c = bench.run(request);
  EXPECT_EQ(c.reasoning, "x日");
  EXPECT_EQ(c.content, "42");
}

TEST(EngineThinking, AModelThatOpensTheThoughtItselfIsBudgetedToo) {
  Bench bench;
  bench.say(ids_of({"<think>", " wait", " wait", "x", "42"}));
  Request request = request_in_thought();
  request.prompt = {id_of("x")};
  request.thinking.starts_in_thought = false;
  request.thinking.budget = 2;
  Completion c = bench.run(request);
  EXPECT_EQ(c.reasoning, " wait wait");
  EXPECT_EQ(c.content, "42");
  EXPECT_EQ(c.usage.reasoning_tokens, 3);
}

TEST(EngineThinking, TheReserveLeavesRoomForTheAnswer) {
  Bench bench;
  std::vector<int32_t> script(15, id_of(" wait"));
  script.insert(script.end(), 50, id_of("42"));
  bench.say(script);
  Request request = request_in_thought(20);
  request.thinking.answer_reserve = 4;
  Completion c = bench.run(request);
  EXPECT_EQ(c.content, "42424242");
  EXPECT_EQ(c.finish_reason, FinishReason::length);
  EXPECT_EQ(c.thought_end, ThoughtEnd::answer_reserve);
  EXPECT_EQ(c.usage.reasoning_tokens, 16);
}

TEST(EngineThinking, AThoughtThatRepeatsItselfIsClosed) {
  Bench bench;
  std::vector<int32_t> script;
  for (int i = 0; i < 3000; ++i) script.push_back(id_of(i % 2 == 0 ? " so" : " wait"));
  bench.say(script);
  Request request = request_in_thought(600);
  EXPECT_EQ(bench.run(request).thought_end, ThoughtEnd::none);
  request.thinking.stop_loops = true;
  Completion c = bench.run(request);
  EXPECT_EQ(c.thought_end, ThoughtEnd::loop);
  EXPECT_EQ(c.usage.forced_tokens, 1);
  EXPECT_LT(c.usage.reasoning_tokens, 600);
}

TEST(EngineThinking, StopStringsApplyToTheContent) {
  Bench bench;
  bench.say(ids_of({"ST", "OP", "</think>", " so", "ST", "OP", " wait"}));
  Request request = request_in_thought();
  request.stop_strings = {"STOP"};
  Completion c = bench.run(request);
  EXPECT_EQ(c.reasoning, "STOP");
  EXPECT_EQ(c.content, " so");
  EXPECT_EQ(c.finish_reason, FinishReason::stop_string);
  EXPECT_EQ(c.stop_string, "STOP");
  EXPECT_EQ(c.tokens.size(), 6u);
  request.stop_in_reasoning = true;
  c = bench.run(request);
  EXPECT_EQ(c.reasoning, "");
  EXPECT_EQ(c.tokens.size(), 2u);
}

TEST(EngineThinking, TextThatWaitedForAStopStringComesOutAtTheEnd) {
  Bench bench;
  bench.say(ids_of({"</think>", "42", "ST"}));
  Request request = request_in_thought();
  request.stop_strings = {"STOP"};
  std::string streamed;
  request.on_token = [&](const TokenEvent& e) {
    streamed += e.content;
    return true;
  };
  Completion c = bench.run(request);
  EXPECT_EQ(c.content, "42ST");
  EXPECT_EQ(streamed, "42ST");
}

TEST(EngineThinking, RefusesEmptyStopStrings) {
  Bench bench;
  Request request = request_in_thought();
  request.stop_strings = {"a", ""};
  EXPECT_THROW(bench.engine.add(request), Error);
  EXPECT_FALSE(bench.engine.step());  // nothing was left behind
}

Request random_request(Random& random) {
  Request request;
  Random family(random.below(3));
  auto shared = static_cast<int64_t>(random.below(100)), own = 1 + static_cast<int64_t>(random.below(20));
  for (int64_t i = 0; i < shared + own; ++i)
    request.prompt.push_back(8 + static_cast<int32_t>((i < shared ? family : random).below(kVocab - 8)));
  request.max_new_tokens = 1 + static_cast<int64_t>(random.below(120));
  request.sampling.seed = random.bits();
  if (random.below(2) == 0) request.stop_tokens = {kEos};
  if (random.below(2) == 0) request.stop_strings = {"STOP", " the answer", "日", "x<"};
  request.stop_in_reasoning = random.below(4) == 0;
  ThinkingOptions& t = request.thinking;
  t.starts_in_thought = random.below(3) != 0;
  t.think_end = {kThinkEnd};
  if (random.below(2) == 0) t.transition = ids_of({"\n\n", " so"});
  if (random.below(2) == 0) t.budget = static_cast<int64_t>(random.below(60));
  if (random.below(2) == 0) t.answer_reserve = static_cast<int64_t>(random.below(40));
  t.stop_loops = random.below(2) == 0;
  return request;
}

class EngineThinkingWorkload : public ::testing::TestWithParam<int> {};

TEST_P(EngineThinkingWorkload, ThoughtsAndTextDoNotDependOnTheCompany) {
  Random random(static_cast<uint64_t>(GetParam()) + 1000);
  Bench bench({.max_running = 1 + static_cast<int>(random.below(10)),
               .step_tokens = 1 + static_cast<int>(random.below(99))},
              9 + static_cast<int64_t>(random.below(10)));
  std::map<RequestId, Request> requests;
  std::map<RequestId, std::string> streamed;
  for (int i = 0; i < 25; ++i) {
    Request request = random_request(random);
    Request copy = request;
    request.on_token = [&streamed](const TokenEvent& e) {
      (streamed[e.id] += e.reasoning) += e.content;
      return true;
    };
    requests[bench.engine.add(request)] = copy;
    for (uint64_t steps = random.below(12); steps > 0; --steps) bench.engine.step();
  }
  bench.engine.run_until_idle();
  Bench alone({.share_prefixes = false});
  for (auto& [id, request] : requests) {
    Completion c = bench.engine.take(id).value(), expected = alone.run(request);
    EXPECT_EQ(c.tokens, expected.tokens);
    EXPECT_EQ(c.reasoning, expected.reasoning);
    EXPECT_EQ(c.content, expected.content);
    EXPECT_EQ(streamed[id], c.reasoning + c.content);
    EXPECT_EQ(c.finish_reason, expected.finish_reason);
    EXPECT_EQ(c.stop_string, expected.stop_string);
    EXPECT_EQ(c.thought_end, expected.thought_end);
    EXPECT_EQ(c.usage.reasoning_tokens, expected.usage.reasoning_tokens);
    EXPECT_EQ(c.usage.forced_tokens, expected.usage.forced_tokens);
    if (request.thinking.budget && request.thinking.starts_in_thought)
      EXPECT_LE(c.usage.reasoning_tokens,
                *request.thinking.budget + 4 + 2 + 1);  // wait, transition, </think>
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineThinkingWorkload, ::testing::Range(0, 12));

}  // namespace
}  // namespace retort
