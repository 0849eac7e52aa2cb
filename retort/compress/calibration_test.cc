#include "retort/compress/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/compress/calibration_fixture.h"
#include "retort/compress/calibration_text.h"
#include "retort/compress/tiny_model.h"
#include "retort/formats/temporary_folder.h"
#include "retort/infer/gguf_export.h"
#include "retort/infer/model_text.h"
#include "retort/model/architecture.h"
#include "retort/model/decoder.h"

namespace retort::compress {
namespace {

using fixture::Machine;
using ::testing::HasSubstr;

Calibration::Documents random_documents(std::initializer_list<int64_t> lengths) {
  Random random(5);
  Calibration::Documents documents;
  for (int64_t n : lengths) {
    auto& document = documents.emplace_back();
    for (int64_t i = 0; i < n; ++i) document.push_back(static_cast<int32_t>(random.below(300)));
  }
  return documents;
}

class CalibrationTest : public TemporaryFolder {
 protected:
  Checkpoint model_of(const char* architecture) {
    write_tiny_model(make_tiny_model(tiny_config(architecture)), dir / architecture);
    return Checkpoint::open(dir / architecture);
  }

  std::string write(const std::string& name, const std::string& text) {
    write_file_atomic(dir / name, text);
    return (dir / name).string();
  }

  std::string refusal(const Checkpoint& checkpoint, const std::string& file) {
    const Tokenizer tokenizer = load_tokenizer(checkpoint);
    const ChatTemplate chat_template = load_chat_template(checkpoint, tokenizer);
    try {
      read_calibration_text(file, tokenizer, &chat_template);
    } catch (const Error& error) {
      return error.message();
    }
    return "";
  }
};

/// mean_square of each column of rows [begin, end).
std::vector<double> mean_squares(const Tensor& x, int64_t begin, int64_t end) {
  std::vector<double> mean(static_cast<size_t>(x.columns()));
  for (int64_t r = begin; r < end; ++r)
    for (int64_t c = 0; c < x.columns(); ++c)
      mean[static_cast<size_t>(c)] += static_cast<double>(x.row(r)[c]) * static_cast<double>(x.row(r)[c]);
  for (double& m : mean) m /= static_cast<double>(end - begin);
  return mean;
}

void expect_close(const std::vector<double>& a, const std::vector<double>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-9 + 1e-6 * std::fabs(b[i])) << what << i;
}

TEST_F(CalibrationTest, LayerByLayerIsWhatTheWholeModelReads) {
  Machine machine(2);
  for (const char* architecture : {"qwen2", "llama", "mixtral"}) {
    const Checkpoint checkpoint = model_of(architecture);
    const Calibration::Documents documents = random_documents({40, 25, 3});
    const Statistics all = calibrate(machine.context, checkpoint, documents);

    const auto model = load_causal_lm(machine.context, checkpoint, read_model_config(checkpoint));
    const auto& decoder = dynamic_cast<const Decoder&>(*model);
    const std::vector<std::span<const int32_t>> spans(documents.begin(), documents.end());
    std::vector<LayerTrace> trace;
    const Tensor last = decoder.hidden_states(machine.context, spans, &trace);
    for (size_t i = 0; i < trace.size(); ++i) {
      const std::string at = "model.layers." + std::to_string(i) + ".";
      const auto of = [&](const std::string& module) { return all.at(at + module)->mean_square; };
      expect_close(of("self_attn.k_proj"), mean_squares(trace[i].attention_norm, 0, 68), architecture);
      expect_close(of("self_attn.o_proj"), mean_squares(trace[i].mixed, 0, 68), architecture);
      if (std::string(architecture) != "mixtral") {
        expect_close(of("mlp.up_proj"), mean_squares(trace[i].mlp_norm, 0, 68), architecture);
        expect_close(of("mlp.down_proj"), mean_squares(trace[i].activated, 0, 68), architecture);
        continue;
      }
      const MoeRouting& routing = trace[i].experts.routing;
      for (size_t e = 0; e < 3; ++e) {
        const std::string expert = "block_sparse_moe.experts." + std::to_string(e) + ".";
        EXPECT_EQ(all.at(at + expert + "w1")->tokens, routing.load(static_cast<int64_t>(e)));
        if (routing.load(static_cast<int64_t>(e)) == 0) continue;
        expect_close(of(expert + "w2"),
                     mean_squares(trace[i].experts.activated, routing.starts[e], routing.starts[e + 1]),
                     architecture);
      }
    }
    expect_close(all.at("lm_head")->mean_square, mean_squares(last, 0, 68), "head");
  }
}

TEST_F(CalibrationTest, HessiansAreTheMeanOfOuterProducts) {
  Machine machine(2);
  const Checkpoint checkpoint = model_of("llama");
  Calibration pass(machine.context, checkpoint, random_documents({50, 14}), {.hessians = true});
  const Statistics layer = pass.next();
  for (const char* module : {"self_attn.q_proj", "self_attn.o_proj", "mlp.down_proj"}) {
    const InputStatistics& s = *layer.at(std::string("model.layers.0.") + module);
    ASSERT_EQ(std::ssize(s.hessian), s.columns * s.columns);
    for (int64_t i = 0; i < s.columns; ++i) {
      const double d = s.hessian[static_cast<size_t>(i * (s.columns + 1))];
      // The products round their inputs to BF16, as the model's own do.
      EXPECT_NEAR(d, s.mean_square[static_cast<size_t>(i)], 0.01 * s.mean_square[static_cast<size_t>(i)]);
      for (int64_t j = 0; j < i; ++j) {
        const float h = s.hessian[static_cast<size_t>(i * s.columns + j)];
        EXPECT_EQ(h, s.hessian[static_cast<size_t>(j * s.columns + i)]);
        EXPECT_LE(std::fabs(h), 1.02 * std::sqrt(d * s.mean_square[static_cast<size_t>(j)]));
      }
    }
  }
}

TEST_F(CalibrationTest, IsTheSameForAnyNumberOfThreads) {
  const Checkpoint checkpoint = model_of("mixtral");
  std::vector<Statistics> results;
  for (int threads : {1, 3}) {
    Machine machine(threads);
    Calibration pass(machine.context, checkpoint, random_documents({60, 20}), {.hessians = true});
    pass.next();
    results.push_back(pass.next());
  }
  ASSERT_EQ(results[0].size(), results[1].size());
  for (const auto& [module, s] : results[0]) {
    const InputStatistics& other = *results[1].at(module);
    EXPECT_EQ(s->mean_square, other.mean_square) << module;
    EXPECT_EQ(s->mean_abs, other.mean_abs) << module;
    EXPECT_EQ(s->max_abs, other.max_abs) << module;
    EXPECT_EQ(s->magnitude_quantiles, other.magnitude_quantiles) << module;
    EXPECT_EQ(s->hessian, other.hessian) << module;
  }
}

TEST_F(CalibrationTest, QuantilesOrderTheMagnitudes) {
  Machine machine(2);
  const Statistics layer = Calibration(machine.context, model_of("qwen2"), random_documents({64})).next();
  const InputStatistics& s = *layer.at("model.layers.0.mlp.down_proj");
  EXPECT_TRUE(std::is_sorted(s.magnitude_quantiles.begin(), s.magnitude_quantiles.end()));
  const float most = *std::max_element(s.max_abs.begin(), s.max_abs.end());
  EXPECT_NEAR(s.magnitude_quantiles[100], most, 0.01f * most);
  EXPECT_GT(s.magnitude_quantiles[50], 0.0f);
  EXPECT_LT(s.magnitude_quantiles[50], s.magnitude_quantiles[90]);
}

TEST_F(CalibrationTest, RefusesTokensThatTheModelDoesNotHave) {
  Machine machine(1);
  try {
    Calibration(machine.context, model_of("llama"), {{1, 2, 320}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("token 320 is not one of the model's 320"));
  }
}

TEST_F(CalibrationTest, RefusesTextThatIsNoneOrInAnotherScript) {
  const Checkpoint checkpoint = model_of("llama");
  EXPECT_THAT(refusal(checkpoint, write("empty.txt", "")), HasSubstr("there is no text in it"));
  EXPECT_THAT(refusal(checkpoint, write("blank.txt", " \n\t\n")), HasSubstr("there is no text in it"));
  EXPECT_THAT(refusal(checkpoint, write("zeros.bin", std::string("ab\0cd", 5))), HasSubstr("1 zero bytes"));
  std::string chinese;
  for (int i = 0; i < 50; ++i) chinese += "\u6a21\u578b\u91cf\u5316\u540e\u7684\u8bef\u5dee";
  EXPECT_THAT(refusal(checkpoint, write("zh.txt", chinese)), HasSubstr("tokens are fragments of characters"));
  EXPECT_THAT(refusal(checkpoint, write("no.jsonl", "{\"messages\": []}\n")),
              HasSubstr("no.jsonl:1: a chat"));
  EXPECT_THAT(refusal(checkpoint, write("broken.jsonl", "{\n")), HasSubstr("broken.jsonl:1"));
  EXPECT_THAT(refusal(checkpoint, (dir / "absent.txt").string()), HasSubstr("absent.txt"));
  EXPECT_EQ(refusal(checkpoint, write("good.txt", "the trainer took the texts, 12 + 30 = 42")), "");
}

TEST_F(CalibrationTest, ChatsAreRenderedWithTheModelsTemplate) {
  const Checkpoint checkpoint = model_of("llama");
  const Tokenizer tokenizer = load_tokenizer(checkpoint);
  const ChatTemplate chat_template = load_chat_template(checkpoint, tokenizer);
  const std::string file = write("chats.jsonl",
                                 "{\"messages\": [{\"role\": \"user\", \"content\": \"the tests\"}]}\n\n"
                                 "{\"messages\": [{\"role\": \"user\", \"content\": \"the trainer\"}]}\n");
  const CalibrationText text = read_calibration_text(file, tokenizer, &chat_template);
  ASSERT_EQ(text.documents.size(), 2u);
  const Json messages = Json::array({{{"role", "user"}, {"content", "the trainer"}}});
  EXPECT_EQ(text.documents[1],
            tokenizer.encode(chat_template.render(messages, {.add_generation_prompt = false})));
}

TEST(CalibrationText, TakesDocumentsEvenlyUpToTheLimit) {
  std::vector<std::vector<int32_t>> documents;
  for (int32_t i = 0; i < 40; ++i) documents.push_back(std::vector<int32_t>(30, i));
  const CalibrationText text = calibration_text("numbers", documents, {.tokens = 300, .document = 20});
  EXPECT_LE(text.tokens(), 300);
  EXPECT_GE(text.tokens(), 280);
  EXPECT_LT(text.documents.front()[0], 4);
  EXPECT_GT(text.documents.back()[0], 36);
  for (const auto& document : text.documents) EXPECT_LE(document.size(), 20u);
  EXPECT_EQ(calibration_text("all", documents).tokens(), 1200);
  EXPECT_EQ(calibration_text("one", documents, {.tokens = 5}).tokens(), 5);
}

}  // namespace
}  // namespace retort::compress
