#include "retort/compress/automatic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/error.h"
#include "retort/compress/calibration_fixture.h"
#include "retort/compress/tiny_model.h"
#include "retort/formats/temporary_folder.h"
#include "retort/infer/gguf_export.h"

namespace retort::compress {
namespace {

using ::testing::HasSubstr;

class AutomaticTest : public TemporaryFolder {
 protected:
  SourceModel model_of(const std::string& architecture) {
    write_tiny_model(make_tiny_model(tiny_config(architecture)), dir / architecture);
    return SourceModel(Checkpoint::open(dir / architecture));
  }

  static Calibration::Documents text() {
    Random random(2);
    Calibration::Documents documents(2);
    for (auto& document : documents)
      for (int i = 0; i < 48; ++i) document.push_back(static_cast<int32_t>(random.below(300)));
    return documents;
  }

  AutomaticChoice choose(const SourceModel& source, uint64_t budget) {
    const Statistics statistics = calibrate(machine.context, source.checkpoint(), text());
    DivergenceProbe probe(machine.context, source, text());
    return choose_formats(machine.context, source, statistics, probe,
                          {.formats = {DType::q4_0, DType::q8_0, DType::bf16},
                           .budget = budget,
                           .encode = [](DType dtype, const float* row, std::byte* out, int64_t n,
                                        const double*) { encode_row(dtype, row, out, n); }});
  }

  fixture::Machine machine{2};
};

uint64_t bytes_as(const SourceModel& source, DType format) {
  uint64_t bytes = 0;
  for (const SourceTensor& t : source.tensors())
    if (t.role != TensorRole::vector && t.role != TensorRole::router)
      bytes += static_cast<uint64_t>(t.rows * row_bytes(format, t.columns));
  return bytes;
}

TEST_F(AutomaticTest, FitsTheBudgetAndLosesLessWithMore) {
  const SourceModel source = model_of("qwen2");
  const uint64_t least = bytes_as(source, DType::q4_0), most = bytes_as(source, DType::bf16);
  double before = INFINITY;
  for (uint64_t budget : {least, least * 5 / 4, least * 3 / 2, most}) {
    const AutomaticChoice choice = choose(source, budget);
    EXPECT_LE(choice.bytes, budget);
    EXPECT_LT(choice.measured_kl, before);
    before = choice.measured_kl;
    uint64_t sum = 0;
    for (const AutomaticRow& row : choice.rows) sum += row.bytes;
    EXPECT_EQ(sum, choice.bytes);
    // The prediction is a sum over groups of a measured loss: right in size.
    if (budget < most) {
      EXPECT_LT(choice.predicted_kl, 2.5 * choice.measured_kl);
      EXPECT_GT(choice.predicted_kl, choice.measured_kl / 2.5);
    }
  }
  EXPECT_LT(before, 1e-4);  // BF16 throughout is the source
}

TEST_F(AutomaticTest, SaysWhatTheSmallestFormatsNeed) {
  const SourceModel source = model_of("llama");
  try {
    choose(source, bytes_as(source, DType::q4_0) - 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr(std::to_string(bytes_as(source, DType::q4_0))));
  }
}

TEST_F(AutomaticTest, MeasuresTheSameThroughAGgufFile) {
  for (const char* architecture : {"llama", "mixtral"}) {
    const SourceModel folder = model_of(architecture);
    export_gguf(folder.checkpoint(), dir / "m.gguf");
    const SourceModel file(Checkpoint::open(dir / "m.gguf"));
    const uint64_t budget = bytes_as(folder, DType::q4_0) * 3 / 2;
    const AutomaticChoice a = choose(folder, budget), b = choose(file, budget);
    EXPECT_NEAR(b.measured_kl / a.measured_kl, 1, 0.02) << architecture;
    EXPECT_NEAR(b.predicted_kl / a.predicted_kl, 1, 0.02) << architecture;
    std::filesystem::remove(dir / "m.gguf");
  }
}

}  // namespace
}  // namespace retort::compress
