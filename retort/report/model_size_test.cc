#include "retort/report/model_size.h"

#include <gtest/gtest.h>

namespace retort::report {
namespace {

/// What the family ships; the sizes are those of its recipes.
ModelSize size_of(const char* name) {
  const Checkpoint checkpoint =
      Checkpoint::open(std::filesystem::path(RETORT_SOURCE_DIR) / "models/micro" / name);
  return model_size(checkpoint, read_model_config(checkpoint));
}

TEST(ModelSize, CountsWeightsAndBytesByPart) {
  // micro-3: hidden 128, feed-forward 256, 3 layers, 4 and 2 heads of 32, tied.
  const ModelSize size = size_of("micro-3");
  EXPECT_EQ(size.matrices.weights, 3 * (128 * (128 + 64 + 64 + 128) + 3 * 128 * 256));
  EXPECT_EQ(size.matrices.bytes, 2 * static_cast<uint64_t>(size.matrices.weights));
  EXPECT_EQ(size.embeddings.weights % 128, 0);
  EXPECT_EQ(size.embeddings.bytes, 2 * static_cast<uint64_t>(size.embeddings.weights));
  EXPECT_EQ(size.rest.weights, (2 * 3 + 1) * 128);
  EXPECT_DOUBLE_EQ(size.matrices.bits(), 16);
  EXPECT_DOUBLE_EQ(size.all().bits(), 16);
  EXPECT_EQ(types_text(size), "BF16");
  EXPECT_GT(size.file_bytes, size.all().bytes);
}

TEST(ModelSize, KnowsExpertsFromRouters) {
  const ModelSize size = size_of("micro-7");
  EXPECT_EQ(size.matrices.bytes, 2 * static_cast<uint64_t>(size.matrices.weights));
  EXPECT_GT(size.matrices.weights, size.embeddings.weights);
}

TEST(TypesText, GivesSharesOfMixtures) {
  ModelSize size;
  size.matrix_types = {{"q4_k", 780}, {"q6_k", 220}};
  EXPECT_EQ(types_text(size), "q4_k 78 %, q6_k 22 %");
}

}  // namespace
}  // namespace retort::report
