#include "retort/train/training_state.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstring>
#include <fstream>

#include "retort/base/file.h"
#include "retort/base/random.h"
#include "retort/formats/temporary_folder.h"

namespace retort::train {
namespace {

namespace fs = std::filesystem;

std::vector<StateTensor> make_tensors(uint64_t seed) {
  std::vector<StateTensor> tensors = {{"master.w", Tensor::owned(DType::f32, {7, 5})},
                                      {"adam.m.w", Tensor::owned(DType::f32, {7, 5})},
                                      {"master.norm", Tensor::owned(DType::f32, {3})}};
  Random random(seed);
  for (auto& t : tensors)
    for (int64_t i = 0; i < t.tensor.shape().elements(); ++i) t.tensor.f32()[i] = random.normal();
  return tensors;
}

bool equal(const std::vector<StateTensor>& a, const std::vector<StateTensor>& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(a[i].tensor.bytes(), b[i].tensor.bytes(), a[i].tensor.view().bytes()) != 0) return false;
  return true;
}

const TrainingProgress kProgress{
    .step = 12, .seed = 345, .tokens = 6789, .recipe_hash = "abc", .notes = "{\"a\": 1}"};

class TrainingState : public TemporaryFolder {};

TEST_F(TrainingState, ComesBackAsItWas) {
  const auto written = make_tensors(1);
  write_training_state(dir / "state.safetensors", kProgress, written);
  const auto read = make_tensors(2);
  const TrainingProgress progress = read_training_state(dir / "state.safetensors", read);
  EXPECT_TRUE(equal(read, written));
  EXPECT_EQ(progress.step, 12);
  EXPECT_EQ(progress.seed, 345u);
  EXPECT_EQ(progress.tokens, 6789);
  EXPECT_EQ(progress.recipe_hash, "abc");
  EXPECT_EQ(progress.notes, "{\"a\": 1}");
}

TEST_F(TrainingState, EveryDamagedByteIsRefusedByName) {
  const fs::path path = dir / "state.safetensors";
  write_training_state(path, kProgress, make_tensors(1));
  const std::string good = read_file(path);
  const auto into = make_tensors(2), before = make_tensors(2);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 4);
    std::ofstream(path, std::ios::binary) << bad;
    const std::string message = error_message([&] { read_training_state(path, into); });
    // Spaces pad the header: what stands there is part of nothing.
    if (message.empty()) {
      ASSERT_EQ(good[i], ' ') << "byte " << i;
      continue;
    }
    ASSERT_EQ(message.find(path.string()), 0u) << message;
    ASSERT_TRUE(equal(into, before)) << "byte " << i << " was taken in part";
  }
  for (size_t size : {size_t{0}, size_t{4}, good.size() / 2, good.size() - 1}) {
    std::ofstream(path, std::ios::binary) << good.substr(0, size);
    EXPECT_NE(error_message([&] { read_training_state(path, into); }), "") << size;
  }
}

TEST_F(TrainingState, OfAnotherModelIsRefused) {
  const fs::path path = dir / "state.safetensors";
  write_training_state(path, kProgress, make_tensors(1));
  auto other = make_tensors(2);
  other[0].tensor = Tensor::owned(DType::f32, {7, 6});
  EXPECT_THAT(error_message([&] { read_training_state(path, other); }),
              ::testing::HasSubstr("tensor 'master.w' of shape [7, 6] is expected, the file has [7, 5]"));
  auto fewer = make_tensors(2);
  fewer.pop_back();
  EXPECT_THAT(error_message([&] { read_training_state(path, fewer); }),
              ::testing::HasSubstr("of another model"));
}

TEST_F(TrainingState, AFolderKeepsTheNewestAndLoadsTheLast) {
  TrainingFolder folder(dir / "run", 2);
  EXPECT_FALSE(folder.load(make_tensors(0)));
  for (int64_t step : {5, 10, 100}) {
    TrainingProgress progress = kProgress;
    progress.step = step;
    folder.save(progress, make_tensors(static_cast<uint64_t>(step)));
  }
  ASSERT_EQ(folder.states().size(), 2u);
  EXPECT_EQ(folder.states()[1].filename(), "step-00000100.safetensors");
  const auto into = make_tensors(0);
  EXPECT_EQ(folder.load(into)->step, 100);
  EXPECT_TRUE(equal(into, make_tensors(100)));
}

TEST_F(TrainingState, ADamagedStateNamesTheOneBeforeIt) {
  TrainingFolder folder(dir, 2);
  for (int64_t step : {1, 2}) {
    TrainingProgress progress = kProgress;
    progress.step = step;
    folder.save(progress, make_tensors(1));
  }
  std::fstream file(dir / "step-00000002.safetensors", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-3, std::ios::end);
  file.put('!');
  file.close();
  const std::string message = error_message([&] { folder.load(make_tensors(1)); });
  EXPECT_THAT(message, ::testing::HasSubstr("step-00000002.safetensors: damaged: its checksum is"));
  EXPECT_THAT(message, ::testing::HasSubstr("the state before it is step-00000001.safetensors"));
  fs::remove(dir / "step-00000002.safetensors");
  EXPECT_EQ(folder.load(make_tensors(1))->step, 1);
}

TEST_F(TrainingState, TwoRunsDoNotShareAFolder) {
  TrainingFolder folder(dir, 2);
  EXPECT_THAT(error_message([&] { TrainingFolder(dir, 2); }),
              ::testing::HasSubstr("another run is training"));
}

TEST_F(TrainingState, LeftoversOfAKilledRunAreRemoved) {
  std::ofstream(dir / "step-00000003.safetensors.aB3dE6") << "half";
  std::ofstream(dir / "step-notes.txt") << "mine";
  TrainingFolder folder(dir, 2);
  EXPECT_FALSE(fs::exists(dir / "step-00000003.safetensors.aB3dE6"));
  EXPECT_TRUE(fs::exists(dir / "step-notes.txt"));
}

TEST_F(TrainingState, AFullDiskLeavesTheLastGoodState) {
  TrainingFolder folder(dir, 1);
  folder.save(kProgress, make_tensors(1));
  // A limit on file sizes stands for the full disk: writes fail likewise.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  TrainingProgress later = kProgress;
  later.step = 13;
  const std::string message = error_message([&] { folder.save(later, make_tensors(2)); });
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_THAT(message, ::testing::HasSubstr("step-00000013.safetensors: cannot make room"));
  const auto into = make_tensors(0);
  EXPECT_EQ(folder.load(into)->step, 12);
  EXPECT_TRUE(equal(into, make_tensors(1)));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace retort::train
