#include "retort/infer/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "retort/infer/fake_causal_lm.h"

namespace retort {
namespace {

constexpr int64_t kVocab = 97;
constexpr int32_t kEos = 0;

/// An engine over the fake model with all that it needs.
struct Bench {
  explicit Bench(EngineOptions options = {}, int64_t n_pages = 256, int threads = 1)
      : pool(threads),
        table(kernels::kernel_table(kernels::Isa::scalar)),
        cache(FakeCausalLM::layout(), 1, n_pages),
        engine(model, cache, Context{pool, arena, table}, {}, options) {}

  Completion run(Request request) {
    RequestId id = engine.add(std::move(request));
    engine.run_until_idle();
    return engine.take(id).value();
  }

  ThreadPool pool;
  Arena arena;
  kernels::KernelTable table;
  FakeCausalLM model{kVocab};
  KvCache cache;
  Engine engine;
};

std::vector<int32_t> random_tokens(Random& random, int64_t n) {
  std::vector<int32_t> tokens(static_cast<size_t>(n));
  for (int32_t& t : tokens) t = 2 + static_cast<int32_t>(random.below(kVocab - 2));
  return tokens;
}

Request simple_request(int64_t prompt_tokens, int64_t max_new_tokens, uint64_t seed = 1) {
  Random random(seed);
  Request request;
  request.prompt = random_tokens(random, prompt_tokens);
  request.max_new_tokens = max_new_tokens;
  request.sampling.seed = seed;
  request.sampling.logprobs = true;
  return request;
}

/// What a request must give, without engine, pages or batches.
struct Expected {
  std::vector<int32_t> tokens;
  std::vector<float> logprobs;
  FinishReason reason = FinishReason::length;
};
Expected generate_plainly(const FakeCausalLM& model, const Request& request) {
  Expected expected;
  std::vector<int32_t> tokens = request.prompt;
  Penalties penalties(request.sampling, kVocab, request.prompt);
  Sampler sampler(kernels::elementwise_kernels(kernels::Isa::scalar));
  std::vector<TokenLogprob> top;
  while (static_cast<int64_t>(expected.tokens.size()) < *request.max_new_tokens) {
    SampledToken s =
        sampler.sample(model.logits_after(tokens), {request.sampling, penalties, tokens.size(), {}}, top);
    penalties.count(s.token);
    tokens.push_back(s.token);
    expected.tokens.push_back(s.token);
    expected.logprobs.push_back(s.logprob);
    if (std::ranges::find(request.stop_tokens, s.token) != request.stop_tokens.end()) {
      expected.reason = FinishReason::stop;
      break;
    }
  }
  return expected;
}

SamplingParameters random_sampling(Random& random) {
  SamplingParameters p;
  p.temperature = random.below(3) == 0 ? 0.0f : random.uniform(0.3f, 1.5f);
  p.top_k = random.below(2) == 0 ? 0 : static_cast<int32_t>(1 + random.below(20));
  p.top_p = random.below(2) == 0 ? 1.0f : random.uniform(0.5f, 1.0f);
  p.repetition_penalty = random.below(3) == 0 ? 1.2f : 1.0f;
  p.frequency_penalty = random.below(3) == 0 ? 0.2f : 0.0f;
  p.seed = random.bits();
  p.logprobs = true;
  return p;
}

/// Prompts that often share a prefix, of one of a few families, and sometimes are equal.
Request random_request(Random& random) {
  Random family(random.below(3));
  Request request;
  request.prompt = random_tokens(family, static_cast<int64_t>(random.below(150)));
  if (random.below(4) != 0)
    for (int32_t t : random_tokens(random, 1 + static_cast<int64_t>(random.below(60))))
      request.prompt.push_back(t);
  if (request.prompt.empty()) request.prompt.push_back(5);
  request.sampling = random_sampling(random);
  request.max_new_tokens = 1 + static_cast<int64_t>(random.below(70));
  if (random.below(2) == 0) request.stop_tokens = {kEos};
  return request;
}

TEST(Engine, OneRequestGivesWhatAPlainLoopGives) {
  Bench bench;
  Request request = simple_request(70, 100);
  Expected expected = generate_plainly(bench.model, request);
  Completion completion = bench.run(request);
  EXPECT_EQ(completion.tokens, expected.tokens);
  EXPECT_EQ(completion.logprobs, expected.logprobs);
  EXPECT_EQ(completion.finish_reason, FinishReason::length);
  EXPECT_EQ(completion.usage.prompt_tokens, 70);
  EXPECT_EQ(completion.usage.completion_tokens, 100);
  EXPECT_EQ(bench.engine.metrics().pages_used, 0);
}

class EngineWorkload : public ::testing::TestWithParam<int> {};

/// Arrivals and cancellations at random steps, in engines from roomy to so tight that requests are preempted
/// and pages evicted all the time: every request gets what it would have got alone.
TEST_P(EngineWorkload, EveryRequestGetsWhatItWouldGetAlone) {
  Random random(static_cast<uint64_t>(GetParam()));
  EngineOptions options;
  options.max_running = 1 + static_cast<int>(random.below(12));
  options.step_tokens = 1 + static_cast<int>(random.below(200));
  options.share_prefixes = random.below(5) != 0;
  int64_t n_pages = 9 + static_cast<int64_t>(random.below(GetParam() % 3 == 0 ? 200 : 12));
  Bench bench(options, n_pages, 1 + GetParam() % 3);
  std::map<RequestId, Request> requests;
  std::map<RequestId, bool> cancelled;
  for (int round = 0; round < 200 || bench.engine.metrics().running > 0; ++round) {
    if (round < 120 && random.below(3) == 0) {
      Request request = random_request(random);
      requests[bench.engine.add(request)] = request;
    }
    if (!requests.empty() && random.below(40) == 0) {
      RequestId id = 1 + random.below(requests.size());
      if (bench.engine.cancel(id)) cancelled[id] = true;
    }
    bench.engine.step();
  }
  bench.engine.run_until_idle();
  for (auto& [id, request] : requests) {
    Completion completion = bench.engine.take(id).value();
    Expected expected = generate_plainly(bench.model, request);
    ASSERT_FALSE(completion.error) << completion.error->message();
    if (completion.finish_reason == FinishReason::cancelled) {
      EXPECT_TRUE(cancelled[id]);
      ASSERT_LE(completion.tokens.size(), expected.tokens.size());
      expected.tokens.resize(completion.tokens.size());
      expected.logprobs.resize(completion.tokens.size());
    } else {
      EXPECT_EQ(completion.finish_reason, expected.reason);
    }
    EXPECT_EQ(completion.tokens, expected.tokens) << "request " << id;
    EXPECT_EQ(completion.logprobs, expected.logprobs) << "request " << id;
  }
  EngineMetrics metrics = bench.engine.metrics();
  EXPECT_EQ(metrics.pages_used, 0);
  EXPECT_EQ(metrics.pages_cached + metrics.pages_free, n_pages);
  EXPECT_EQ(metrics.finished_requests, static_cast<int64_t>(requests.size()));
  EXPECT_EQ(metrics.running + metrics.waiting, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EngineWorkload, ::testing::Range(0, 36));

TEST(Engine, ATightCacheDoesPreemptAndEvict) {
  Bench bench({.max_running = 8}, 12);
  std::vector<RequestId> ids;
  for (uint64_t i = 0; i < 8; ++i) ids.push_back(bench.engine.add(simple_request(40, 120, i + 1)));
  bench.engine.run_until_idle();
  EXPECT_GT(bench.engine.metrics().preemptions, 0);
  int64_t preemptions = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    Completion completion = bench.engine.take(ids[i]).value();
    EXPECT_EQ(completion.tokens, generate_plainly(bench.model, simple_request(40, 120, i + 1)).tokens);
    preemptions += completion.timings.preemptions;
  }
  EXPECT_EQ(preemptions, bench.engine.metrics().preemptions);
}

TEST(Engine, ASharedPrefixIsComputedOnce) {
  Bench bench;
  bench.run(simple_request(100, 4));
  int64_t computed = bench.engine.metrics().computed_tokens;
  Completion second = bench.run(simple_request(100, 4));
  EXPECT_EQ(second.usage.cached_tokens, 96);
  EXPECT_EQ(bench.engine.metrics().computed_tokens - computed,
            4 + 3);  // the rest of the prompt; three tokens fed back
}

TEST(Engine, SamplesOfOnePromptAddedTogetherShareIt) {
  Bench bench;
  std::vector<RequestId> ids;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    Request request = simple_request(100, 10);
    request.sampling.seed = seed;
    ids.push_back(bench.engine.add(std::move(request)));
  }
  bench.engine.run_until_idle();
  EXPECT_EQ(bench.engine.metrics().computed_tokens, 100 + 3 * 4 + 4 * 9);
  std::vector<std::vector<int32_t>> outputs;
  for (RequestId id : ids) outputs.push_back(bench.engine.take(id)->tokens);
  EXPECT_NE(outputs[0], outputs[1]);
}

TEST(Engine, StreamsDoNotStallWhileALongPromptIsRead) {
  Bench bench({.step_tokens = 64});
  int n_tokens = 0;
  Request stream = simple_request(5, 1000);
  stream.on_token = [&](const TokenEvent&) { return ++n_tokens, true; };
  RequestId id = bench.engine.add(stream);
  bench.engine.step();
  bench.engine.add(simple_request(2000, 1, 2));
  for (int i = 0; i < 20; ++i) bench.engine.step();
  EXPECT_EQ(n_tokens, 21);
  bench.engine.cancel(id);
  bench.engine.run_until_idle();
}

TEST(Engine, CancellationTakesEffectAtTheNextStep) {
  Bench bench;
  RequestId id = bench.engine.add(simple_request(10, 1000));
  for (int i = 0; i < 5; ++i) bench.engine.step();
  EXPECT_TRUE(bench.engine.cancel(id));
  EXPECT_FALSE(bench.engine.step());
  Completion completion = bench.engine.take(id).value();
  EXPECT_EQ(completion.finish_reason, FinishReason::cancelled);
  EXPECT_EQ(completion.tokens.size(), 5u);
  EXPECT_FALSE(bench.engine.cancel(id));
  EXPECT_FALSE(bench.engine.take(id));
  EXPECT_EQ(bench.engine.metrics().pages_used, 0);
}

TEST(Engine, AWaitingRequestCanBeCancelled) {
  Bench bench({.max_running = 1});
  bench.engine.add(simple_request(10, 20));
  RequestId second = bench.engine.add(simple_request(10, 20, 2));
  bench.engine.step();
  bench.engine.cancel(second);
  bench.engine.run_until_idle();
  Completion completion = bench.engine.take(second).value();
  EXPECT_EQ(completion.finish_reason, FinishReason::cancelled);
  EXPECT_TRUE(completion.tokens.empty());
}

TEST(Engine, ACallbackThatReturnsFalseCancels) {
  Bench bench;
  Request request = simple_request(10, 1000);
  int n = 0;
  request.on_token = [&](const TokenEvent&) { return ++n < 7; };
  Completion completion = bench.run(request);
  EXPECT_EQ(completion.finish_reason, FinishReason::cancelled);
  EXPECT_EQ(completion.tokens.size(), 7u);
}

TEST(Engine, AThrowingCallbackEndsItsRequestOnly) {
  Bench bench;
  Request request = simple_request(10, 50);
  request.on_token = [](const TokenEvent&) -> bool { throw std::runtime_error("the socket is closed"); };
  RequestId bad = bench.engine.add(request);
  RequestId good = bench.engine.add(simple_request(10, 50, 2));
  bench.engine.run_until_idle();
  Completion completion = bench.engine.take(bad).value();
  EXPECT_EQ(completion.finish_reason, FinishReason::error);
  EXPECT_EQ(completion.error->message(), "on_token: the socket is closed");
  EXPECT_EQ(bench.engine.take(good)->finish_reason, FinishReason::length);
}

TEST(Engine, EventsTellTokensAndLogprobs) {
  Bench bench;
  Request request = simple_request(10, 20);
  request.sampling.top_logprobs = 3;
  std::vector<int32_t> tokens;
  std::vector<float> logprobs;
  request.on_token = [&](const TokenEvent& e) {
    tokens.push_back(e.token);
    logprobs.push_back(e.logprob);
    EXPECT_EQ(e.top_logprobs.size(), 3u);
    EXPECT_FALSE(e.forced);
    return true;
  };
  std::optional<Completion> completion;
  request.on_finish = [&](Completion c) { completion = std::move(c); };
  RequestId id = bench.engine.add(request);
  bench.engine.run_until_idle();
  ASSERT_TRUE(completion);
  EXPECT_EQ(completion->id, id);
  EXPECT_EQ(completion->tokens, tokens);
  EXPECT_EQ(completion->logprobs, logprobs);
  EXPECT_FALSE(bench.engine.take(id));  // it went to on_finish
}

TEST(Engine, CallbacksMayAddAndCancel) {
  Bench bench;
  RequestId endless = bench.engine.add(simple_request(10, 3000, 5));
  std::optional<RequestId> next;
  Request first = simple_request(10, 3);
  first.on_finish = [&](Completion) {
    next = bench.engine.add(simple_request(10, 4, 2));
    bench.engine.cancel(endless);
  };
  bench.engine.add(std::move(first));
  bench.engine.run_until_idle();
  ASSERT_TRUE(next);
  EXPECT_EQ(bench.engine.take(*next)->tokens.size(), 4u);
  EXPECT_EQ(bench.engine.take(endless)->finish_reason, FinishReason::cancelled);
}

TEST(Engine, AnErrorOfTheModelEndsTheStepsRequestsAndNotTheEngine) {
  Bench bench;
  int calls = 0;
  bench.model.before_forward = [&](auto) {
    if (++calls == 3) throw Error(ErrorCode::resource, "no memory for activations");
  };
  Completion completion = bench.run(simple_request(10, 50));
  EXPECT_EQ(completion.finish_reason, FinishReason::error);
  EXPECT_EQ(completion.error->message(), "no memory for activations");
  EXPECT_EQ(completion.tokens.size(), 2u);
  EXPECT_EQ(bench.engine.metrics().pages_used, 0);
  EXPECT_EQ(bench.run(simple_request(10, 50)).tokens.size(), 50u);
}

TEST(Engine, NaNLogitsEndOneRequestWithAnError) {
  Bench bench;
  Request bad = simple_request(10, 50), good = simple_request(10, 50, 2);
  auto logits = bench.model.logits_after(bad.prompt);
  bench.model.shape_logits = [first = logits[3]](int64_t, float* l) {
    if (l[3] == first) l[3] = NAN;
  };
  RequestId id = bench.engine.add(bad), other = bench.engine.add(good);
  bench.engine.run_until_idle();
  Completion completion = bench.engine.take(id).value();
  EXPECT_EQ(completion.finish_reason, FinishReason::error);
  EXPECT_THAT(completion.error->message(), ::testing::HasSubstr("1 of 97 logits are NaN"));
  EXPECT_EQ(bench.engine.take(other)->finish_reason, FinishReason::length);
}

TEST(Engine, TheContextEndsAGeneration) {
  Bench bench({.max_context = 50});
  Request request = simple_request(40, 1000);
  Completion completion = bench.run(request);
  EXPECT_EQ(completion.finish_reason, FinishReason::length);
  EXPECT_EQ(completion.tokens.size(), 10u);
  request.max_context = 45;
  EXPECT_EQ(bench.run(request).tokens.size(), 5u);
  request.max_new_tokens = std::nullopt;
  EXPECT_EQ(bench.run(request).tokens.size(), 5u);
}

std::string error_of(Engine& engine, Request request) {
  try {
    engine.add(std::move(request));
  } catch (const Error& error) {
    return error.message();
  }
  return "accepted";
}

TEST(Engine, RefusesWhatCannotFitWithNumbers) {
  Bench bench({.max_context = 500}, 10);
  EXPECT_EQ(error_of(bench.engine, simple_request(500, 1)),
            "request: the prompt has 500 tokens and the context holds 500, which leaves none for an answer; "
            "shorten "
            "the prompt or raise max_context");
  EXPECT_EQ(
      error_of(bench.engine, simple_request(200, 122)),
      "request: 200 prompt tokens and up to 122 new ones need 11 pages of the key-value cache, which has 10; "
      "lower max_new_tokens or enlarge the cache");
  EXPECT_EQ(bench.run(simple_request(200, 121)).tokens.size(), 121u);
  EXPECT_THAT(error_of(bench.engine, simple_request(400, 1)), ::testing::HasSubstr("need 13 pages"));
  Request open = simple_request(200, 1);
  open.max_new_tokens = std::nullopt;
  EXPECT_EQ(bench.run(open).tokens.size(), 121u);  // as many as the cache holds
}

TEST(Engine, RefusesInvalidRequests) {
  Bench bench;
  auto refuses = [&](auto set, const char* says) {
    Request request = simple_request(10, 10);
    set(request);
    EXPECT_THAT(error_of(bench.engine, request), ::testing::HasSubstr(says));
  };
  refuses([](Request& r) { r.prompt.clear(); }, "the prompt has no tokens");
  refuses([](Request& r) { r.prompt[3] = kVocab; }, "prompt[3] is token 97; the vocabulary has 97");
  refuses([](Request& r) { r.prompt[3] = -1; }, "prompt[3] is token -1");
  refuses([](Request& r) { r.max_new_tokens = 0; }, "max_new_tokens is 0");
  refuses([](Request& r) { r.max_context = -5; }, "max_context is -5");
  refuses([](Request& r) { r.stop_tokens = {kVocab}; }, "stop_tokens[0]");
  refuses([](Request& r) { r.stop_tokens.assign(65, 3); }, "at most 64");
  refuses([](Request& r) { r.stop_strings = {"x"}; }, "need a tokenizer");
  refuses([](Request& r) { r.sampling.temperature = NAN; }, "temperature is nan");
  refuses([](Request& r) { r.thinking.budget = 5; }, "needs the tokens of </think>");
  refuses([](Request& r) { r.thinking = {.think_end = {1}, .budget = -1}; }, "budget is -1");
  refuses([](Request& r) { r.thinking = {.think_end = {-3}}; }, "think_end holds token -3");
  EXPECT_EQ(bench.engine.metrics().waiting, 0);
}

TEST(Engine, RefusesMoreRequestsThanItMayHold) {
  Bench bench({.max_running = 2, .max_waiting = 3});
  for (int i = 0; i < 5; ++i) bench.engine.add(simple_request(10, 5));
  EXPECT_EQ(error_of(bench.engine, simple_request(10, 5)),
            "engine: 5 requests are running or waiting, the most that may; try again later");
  bench.engine.run_until_idle();
  EXPECT_EQ(error_of(bench.engine, simple_request(10, 5)), "accepted");
}

TEST(Engine, RefusesOptionsOutOfRange) {
  EXPECT_THROW(Bench({.max_running = 0}), Error);
  EXPECT_THROW(Bench({.step_tokens = 0}), Error);
  EXPECT_THROW(Bench({.max_context = 5000}), Error);  // the model was made for 4096
}

TEST(Engine, TimingsAddUp) {
  Bench bench;
  auto begin = std::chrono::steady_clock::now();
  Completion completion = bench.run(simple_request(100, 50));
  double all = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const Timings& t = completion.timings;
  EXPECT_GE(t.queue_seconds, 0.0);
  EXPECT_GT(t.prefill_seconds, 0.0);
  EXPECT_GT(t.decode_seconds, 0.0);
  EXPECT_LE(t.queue_seconds + t.prefill_seconds + t.decode_seconds, all);
  EXPECT_NEAR(t.decode_tokens_per_second(completion.usage) * t.decode_seconds, 49.0, 1e-6);
  EXPECT_NEAR(t.prefill_tokens_per_second(completion.usage) * t.prefill_seconds, 100.0, 1e-6);
}

TEST(Engine, ManyThreadsAddAndCancelWhileOneSteps) {
  Bench bench({.max_running = 6, .step_tokens = 64}, 24, 2);
  constexpr int kThreads = 3, kEach = 25;
  std::atomic<int> finished{0}, wrong{0};
  std::atomic<bool> adding{true};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random(static_cast<uint64_t>(t) + 77);
      for (int i = 0; i < kEach; ++i) {
        Request request = random_request(random);
        Request copy = request;
        request.on_finish = [&, copy](Completion c) {
          Expected expected = generate_plainly(bench.model, copy);
          bool partial = c.finish_reason == FinishReason::cancelled;
          if (partial && c.tokens.size() <= expected.tokens.size()) expected.tokens.resize(c.tokens.size());
          if (c.error || c.tokens != expected.tokens) ++wrong;
          ++finished;
        };
        RequestId id = bench.engine.add(std::move(request));
        if (random.below(4) == 0) bench.engine.cancel(id);
        bench.engine.metrics();
        if (random.below(4) == 0) std::this_thread::yield();
      }
    });
  }
  std::thread stepper([&] {
    while (adding || finished < kThreads * kEach)
      if (bench.engine.wait_for_work(std::chrono::milliseconds(5))) bench.engine.step();
  });
  for (std::thread& t : threads) t.join();
  adding = false;
  stepper.join();
  EXPECT_EQ(finished, kThreads * kEach);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(bench.engine.metrics().pages_used, 0);
}

}  // namespace
}  // namespace retort
