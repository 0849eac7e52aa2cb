#include "retort/formats/model_names.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/temporary_folder.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

class ModelNames : public TemporaryFolder {
 protected:
  void make_model(const fs::path& folder) {
    fs::create_directories(folder);
    write_file_atomic(folder / "config.json", "{}");
    write_file_atomic(folder / "model.safetensors", "weights");
  }
  std::string refusal(const std::string& model) {
    return error_message([&] { find_model(model, here, {family}); });
  }

  void SetUp() override {
    TemporaryFolder::SetUp();
    here = dir / "here";
    family = dir / "family";
  }

  fs::path here, family;
};

TEST_F(ModelNames, AMemberIsFoundWhereItsWeightsAre) {
  make_model(family / "micro-13");
  EXPECT_EQ(find_model("micro-13", here, {dir / "none", family}), family / "micro-13");
}

TEST_F(ModelNames, WhatIsInTheFolderComesFirst) {
  make_model(family / "micro-13");
  make_model(here / "micro-13");
  EXPECT_EQ(find_model("micro-13", here, {family}), here / "micro-13");
}

TEST_F(ModelNames, PathsAreGivenBack) {
  for (const std::string path : {"a/micro-13", "./micro-13", "../x", "model.gguf", "m.safetensors"})
    EXPECT_EQ(find_model(path, here, {family}), (here / path).lexically_normal());
  EXPECT_EQ(find_model("/there/micro-13", here, {family}), "/there/micro-13");
  EXPECT_EQ(find_model("a//b", {}, {family}), "a/b");
}

TEST_F(ModelNames, AMemberWithoutWeightsSaysHowToMakeThem) {
  fs::create_directories(family / "recipes");
  write_file_atomic(family / "recipes/micro-3.json", "{}");
  EXPECT_EQ(refusal("micro-3"),
            fmt::format("micro-3: its weights are not here ({0}/micro-3 has none); make them: retort distill "
                        "{0}/recipes/micro-3.json --output {0}/micro-3",
                        family.string()));
  EXPECT_NE(refusal("micro-7").find("neither its weights nor its recipe"), std::string::npos);
}

TEST_F(ModelNames, AnUnknownNameListsTheKnown) {
  std::string text = refusal("micro-14");
  EXPECT_NE(text.find("micro-14: no such file or folder"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean 'micro-1"), std::string::npos) << text;
  EXPECT_NE(text.find("micro-lite, micro-1.5, micro-3, micro-7, micro-13, micro-pro, micro-teacher"),
            std::string::npos)
      << text;
}

TEST_F(ModelNames, TheCheckoutHasTheFamily) {
  std::vector<fs::path> folders = model_folders();
  EXPECT_NE(std::find(folders.begin(), folders.end(), fs::path(RETORT_SOURCE_DIR) / "models/micro"),
            folders.end());
}

}  // namespace
}  // namespace retort
