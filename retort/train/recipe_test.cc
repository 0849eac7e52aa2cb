#include "retort/train/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/train/recipe_keys.h"
#include "retort/train/recipe_reference.h"

namespace retort::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Json small() {
  return parse_json(R"({
    "output": "out",
    "student": {"hidden_size": 64, "intermediate_size": 192, "num_hidden_layers": 4,
                "num_attention_heads": 4, "num_key_value_heads": 2},
    "data": {"families": {"arithmetic": 2}},
    "stages": [{"kind": "gold_traces"}],
    "budget": {"tokens": 1e6}
  })",
                    "small");
}

Recipe parse(const Json& json) {
  return parse_recipe(json.dump(), "/recipes/recipe.json");
}

std::string error_of(const std::string& text) {
  try {
    parse_recipe(text, "/recipes/recipe.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::bad_input);
    EXPECT_EQ(error.message().find('\n'), std::string::npos);
    return error.message();
  }
  return "no error";
}

/// The error when the member at a JSON pointer is set to a value.
std::string error_with(const char* pointer, Json value) {
  Json json = small();
  json[Json::json_pointer(pointer)] = std::move(value);
  return error_of(json.dump());
}

std::string error_without(const char* section, const char* key) {
  Json json = small();
  (*section == '\0' ? json : json[section]).erase(key);
  return error_of(json.dump());
}

TEST(Recipe, StatesWhatTheFileStatesAndDefaultsElsewhere) {
  Recipe r = parse(small());
  EXPECT_EQ(r.student.hidden_size, 64);
  EXPECT_EQ(r.student.head_dim, 16);
  EXPECT_EQ(r.budget.tokens, 1'000'000);
  EXPECT_EQ(r.optimizer.adam_beta2, 0.95);
  EXPECT_EQ(r.stages.at(0).parsed_kind(), StageKind::gold_traces);
  EXPECT_THAT(r.evaluation.families, ElementsAre("arithmetic"));
}

TEST(Recipe, TextsNeedFilesAndNoProblems) {
  Json json = small();
  json.erase("data");
  json["stages"] = Json::array({Json{{"kind", "texts"}}});
  EXPECT_THAT(error_of(json.dump()), HasSubstr("texts.files: is missing"));
  json["texts"] = {{"files", {"a.txt", "../b.jsonl"}}};
  Recipe r = parse(json);
  EXPECT_TRUE(r.uses_texts());
  EXPECT_FALSE(r.uses_problems());
  EXPECT_EQ(r.text_files().at(1).string(), "/b.jsonl");
  EXPECT_TRUE(r.evaluation.families.empty());

  json["data"] = {{"families", {{"arithmetic", 1}}}};
  EXPECT_THAT(error_of(json.dump()), HasSubstr("data.families: has no effect: all stages learn from texts"));
  json["stages"].push_back({{"kind", "gold_traces"}});
  EXPECT_THAT(parse(json).evaluation.families, ElementsAre("arithmetic"));
  json["stages"][0]["levels"] = {1};
  EXPECT_THAT(error_of(json.dump()), HasSubstr("stages[0].levels: has no effect on 'texts'"));
  EXPECT_THAT(error_with("/texts", {{"files", {"a.txt"}}}), HasSubstr("no stage of kind 'texts'"));
}

TEST(Recipe, PathsAreRelativeToItsFolder) {
  Recipe r = parse(small());
  EXPECT_EQ(r.resolve("../out").string(), "/out");
  EXPECT_EQ(r.resolve("/elsewhere").string(), "/elsewhere");
}

TEST(Recipe, WrittenOutItHasEveryDefault) {
  Json full = to_json(parse(small()));
  EXPECT_EQ(full["optimizer"]["adam_beta1"], 0.9);
  EXPECT_EQ(full["data"]["levels"], Json::array({1, 2}));
  EXPECT_EQ(full["student"]["head_dim"], 16);
}

TEST(Recipe, DifferingKeysAreNamedButForThoseThatDoNotMatter) {
  Json json = small();
  json["output"] = "elsewhere";
  json["notes"] = "another run";
  EXPECT_THAT(differing_keys(to_json(parse(small())), to_json(parse(json))), ElementsAre());
  json["stages"][0]["share"] = 2;
  json["optimizer"]["learning_rate"] = 0.01;
  json["student"]["num_hidden_layers"] = 5;
  EXPECT_THAT(differing_keys(to_json(parse(small())), to_json(parse(json))),
              ElementsAre("student.num_hidden_layers", "stages[0].share", "optimizer.learning_rate"));
}

TEST(Recipe, UnknownKeysAreRefusedWithTheNearestName) {
  EXPECT_EQ(error_with("/optimizer/learning_rat", 1),
            "recipe.json: optimizer.learning_rat: unknown key; did you mean 'learning_rate'?; see: retort "
            "distill --explain");
  EXPECT_THAT(error_with("/optimiser", Json::object()), HasSubstr("did you mean 'optimizer'?"));
  EXPECT_THAT(error_with("/schedule/learning_rate", 1), HasSubstr("it belongs in 'optimizer'"));
  EXPECT_THAT(error_with("/budget/seed", 1), HasSubstr("it belongs outside"));
  EXPECT_THAT(error_with("/stages/0/knd", "x"),
              HasSubstr("stages[0].knd: unknown key; did you mean 'kind'?"));
}

TEST(Recipe, UnknownNamesAreRefusedWithTheirChoices) {
  EXPECT_THAT(error_with("/stages/0/kind", "gold_trace"),
              AllOf(HasSubstr("recipe.json: stages[0].kind: 'gold_trace' is none of gold_traces, "),
                    HasSubstr("did you mean 'gold_traces'?")));
  EXPECT_THAT(error_with("/student/architecture", "gpt2"),
              HasSubstr("'gpt2' is none of llama, qwen2, mixtral"));
}

TEST(Recipe, TypesAndRangesAreChecked) {
  EXPECT_EQ(error_with("/optimizer/learning_rate", 30),
            "recipe.json: optimizer.learning_rate: 30 is outside 1e-08 to 1");
  EXPECT_EQ(error_with("/optimizer/learning_rate", "fast"),
            "recipe.json: optimizer.learning_rate: is \"fast\", expected a number");
  EXPECT_THAT(error_with("/seed", -1), HasSubstr("seed: -1 is outside 0 to"));
  EXPECT_THAT(error_with("/seed", 1.5), HasSubstr("seed: is 1.5, expected an integer"));
  EXPECT_THAT(error_with("/seed", nullptr), HasSubstr("seed: is null"));
  EXPECT_THAT(error_with("/data/levels", Json::array({1, 7})),
              HasSubstr("data.levels[1]: 7 is outside 1 to 6"));
  EXPECT_THAT(error_with("/data/levels", Json::array({1, 1})), HasSubstr("data.levels: 1 stands twice"));
  EXPECT_THAT(error_with("/data/levels", Json::array()), HasSubstr("data.levels: is empty"));
  EXPECT_THAT(error_with("/data/families/arithmetic", 0),
              HasSubstr("data.families.arithmetic: 0 is outside"));
  EXPECT_THAT(error_with("/student/tie_word_embeddings", 1), HasSubstr("expected true or false"));
  EXPECT_THAT(error_with("/stages", Json::object()), HasSubstr("stages: is an object, expected a list"));
  EXPECT_THAT(error_with("/stages/0", 3), HasSubstr("stages[0]: is 3, expected an object"));
  EXPECT_THAT(error_of("[]"), HasSubstr("recipe.json: is a list, expected an object"));
}

TEST(Recipe, WhatIsMissingIsNamed) {
  EXPECT_THAT(error_without("", "output"), HasSubstr("recipe.json: output: is missing"));
  EXPECT_THAT(error_without("", "stages"), HasSubstr("stages: is missing"));
  EXPECT_THAT(error_without("", "budget"), HasSubstr("budget: is missing: either tokens or minutes"));
  EXPECT_THAT(error_without("", "student"), HasSubstr("student.hidden_size: is missing"));
  EXPECT_THAT(error_without("data", "families"), HasSubstr("data.families: is missing"));
  EXPECT_THAT(error_with("/stages/0", Json::object()), HasSubstr("stages[0]: kind is missing"));
}

TEST(Recipe, KeysMustFitEachOther) {
  EXPECT_THAT(error_with("/student/num_key_value_heads", 3),
              HasSubstr("student.num_key_value_heads: 3 does not divide num_attention_heads 4"));
  EXPECT_THAT(error_with("/student/head_dim", 15), HasSubstr("student.head_dim: 15 is odd"));
  EXPECT_THAT(error_with("/student/hidden_size", 66), HasSubstr("4 does not divide hidden_size 66"));
  EXPECT_THAT(error_with("/student/from", "base"),
              HasSubstr("student.hidden_size: has no effect beside student.from"));
  EXPECT_THAT(error_with("/budget/minutes", 3), HasSubstr("has both tokens and minutes"));
  EXPECT_THAT(error_with("/budget/tokens", 100), HasSubstr("budget.tokens: 100 leave 100"));
  EXPECT_THAT(error_with("/schedule", {{"max_length", 1024}}),
              HasSubstr("schedule.max_length: 1024 is more than student.max_position_embeddings 512"));
  EXPECT_THAT(
      error_with("/schedule", {{"batch_tokens", 128}}),
      HasSubstr("schedule.batch_tokens: 128 leave no room for a sequence of schedule.max_length 256"));
  EXPECT_THAT(error_with("/schedule", {{"decay_ratio", 0.6}, {"warmup_ratio", 0.5}}),
              HasSubstr("are more than 1 together"));
  EXPECT_THAT(error_with("/tokenizer", {{"from", "x"}, {"vocabulary_size", 512}}),
              HasSubstr("tokenizer.vocabulary_size: has no effect beside tokenizer.from"));
}

TEST(Recipe, TeachersAreNamedWhereTheyAreNeededAndOnlyThere) {
  EXPECT_THAT(error_with("/stages/0/kind", "verified_traces"),
              HasSubstr("stages[0].kind: 'verified_traces' needs a teacher"));
  EXPECT_THAT(error_with("/teacher", "x"), HasSubstr("teacher: has no effect"));
  EXPECT_THAT(error_with("/traces", {{"problems", 5}}), HasSubstr("traces.problems: has no effect"));
  EXPECT_THAT(error_with("/stages/0/hard_weight", 0.3),
              HasSubstr("stages[0].hard_weight: has no effect on 'gold_traces'"));
  Json json = small();
  json["teacher"] = "../teacher";
  json["stages"][0]["kind"] = "logits";
  EXPECT_THAT(error_of(json.dump()), HasSubstr("traces.problems: is missing"));
  json["traces"]["problems"] = 1000;
  EXPECT_TRUE(parse(json).uses_traces());
  EXPECT_EQ(parse(json).teacher_part(), TeacherPart::top_tokens);
  json["stages"][0]["levels"] = {1};
  EXPECT_THAT(error_of(json.dump()), HasSubstr("stages[0].levels: has no effect on 'logits'"));
}

TEST(Recipe, AStageMayRoundWeightsToAFormatOfTheTable) {
  EXPECT_EQ(parse(small()).stages[0].grid(), nullptr);
  Json json = small();
  json["stages"][0]["quantise"] = "int4-g64";
  EXPECT_EQ(parse(json).stages[0].grid(), find_weight_grid("int4-g64"));
  EXPECT_EQ(error_with("/stages/0/quantise", "int4-g46"),
            "recipe.json: stages[0].quantise: 'int4-g46' is none of fp8, int8, int4-g32, int4-g64, "
            "int4-g128; did you "
            "mean 'int4-g64'?");
}

TEST(Recipe, RoundingIsExaminedBeforeItsFirstStepAndAtTheEnd) {
  Json json = small();
  json["evaluation"] = {{"points", 2}};
  EXPECT_EQ(parse(json).examinations(), 2);
  json["stages"] = {{{"kind", "gold_traces"}},
                    {{"kind", "gold_traces"}, {"quantise", "fp8"}},
                    {{"kind", "drills"}, {"quantise", "fp8"}}};
  const Recipe recipe = parse(json);
  EXPECT_FALSE(recipe.examined_before(0));
  EXPECT_TRUE(recipe.examined_before(1));
  EXPECT_FALSE(recipe.examined_before(2));
  EXPECT_EQ(recipe.examinations(), 2 + 2 + 1);
  json["evaluation"] = {{"points", 0}};
  EXPECT_EQ(parse(json).examinations(), 0);
}

Json mixture() {
  Json json = small();
  json["student"]["architecture"] = "mixtral";
  json["student"]["num_local_experts"] = 4;
  return json;
}

TEST(Recipe, AMixtureHasExpertsAndADenseStudentHasNone) {
  Recipe r = parse(mixture());
  EXPECT_EQ(r.student.num_experts_per_tok, 2);
  EXPECT_FALSE(r.student.router_aux_loss_coef.has_value());
  Json json = mixture();
  json["student"]["num_experts_per_tok"] = 5;
  EXPECT_EQ(error_of(json.dump()),
            "recipe.json: student.num_experts_per_tok: 5 is more than num_local_experts 4");
  json["student"].erase("num_local_experts");
  EXPECT_THAT(error_of(json.dump()), HasSubstr("student.num_local_experts: is missing"));
  for (const char* key :
       {"num_local_experts", "num_experts_per_tok", "router_aux_loss_coef", "router_z_loss_coef"})
    EXPECT_EQ(error_with((std::string("/student/") + key).c_str(), 1),
              fmt::format("recipe.json: student.{}: has no effect on 'llama', only on 'mixtral'", key));
}

/// A recipe whose student has these members only.
Json with_student(const char* student) {
  Json json = small();
  json["student"] = parse_json(student, "student");
  return json;
}

TEST(Recipe, AnUpcycledStudentNamesItsExpertsOnly) {
  Recipe r = parse(with_student(R"({"upcycle_from": "../base", "num_local_experts": 8})"));
  EXPECT_EQ(r.student.architecture, "mixtral");
  EXPECT_EQ(r.student.num_experts_per_tok, 2);
  EXPECT_EQ(r.student.start_key(), "student.upcycle_from");
  const std::pair<const char*, const char*> bad[] = {
      {R"({"upcycle_from": "b"})", "student.num_local_experts: is missing"},
      {R"({"upcycle_from": "b", "num_local_experts": 7})", "student.num_local_experts: 7 is odd"},
      {R"({"upcycle_from": "b", "num_local_experts": 8, "num_experts_per_tok": 3})",
       "student.num_experts_per_tok: 3: an upcycled student uses 2"},
      {R"({"upcycle_from": "b", "num_local_experts": 8, "architecture": "llama"})",
       "student.architecture: 'llama': student.upcycle_from makes a 'mixtral'"},
      {R"({"upcycle_from": "b", "num_local_experts": 8, "hidden_size": 128})",
       "student.hidden_size: has no effect beside student.upcycle_from, whose config.json has the shape"},
      {R"({"upcycle_from": "b", "num_local_experts": 8, "prune_from": "c"})",
       "student.prune_from: has no effect beside student.upcycle_from"},
  };
  for (const auto& [student, message] : bad)
    EXPECT_THAT(error_of(with_student(student).dump()), HasSubstr(message));
  EXPECT_THAT(error_with("/student/upcycle_noise", 0.1),
              HasSubstr("student.upcycle_noise: has no effect without student.upcycle_from"));
}

TEST(Recipe, APrunedStudentMayLeaveSizesOut) {
  Recipe r = parse(with_student(R"({"prune_from": "../base", "num_hidden_layers": 3})"));
  EXPECT_EQ(r.student.num_hidden_layers, 3);
  EXPECT_EQ(r.student.hidden_size, 0);
  EXPECT_EQ(r.student.architecture, "");
  const std::pair<const char*, const char*> bad[] = {
      {R"({"prune_from": "b", "rope_theta": 5})",
       "student.rope_theta: has no effect beside student.prune_from"},
      {R"({"prune_from": "b", "architecture": "mixtral"})",
       "student.architecture: 'mixtral' cannot be pruned to"},
      {R"({"prune_from": "b", "router_aux_loss_coef": 0})",
       "student.router_aux_loss_coef: has no effect beside"},
  };
  for (const auto& [student, message] : bad)
    EXPECT_THAT(error_of(with_student(student).dump()), HasSubstr(message));
  Json json = with_student(R"({"prune_from": "b"})");
  json["tokenizer"]["from"] = "c";
  EXPECT_THAT(error_of(json.dump()),
              HasSubstr("tokenizer.from: has no effect beside student.prune_from, whose tokenizer is used"));
}

TEST(Recipe, AGrownStudentNamesWhatGetsLarger) {
  Recipe r = parse(with_student(R"({"grow_from": "../base", "intermediate_size": 768})"));
  EXPECT_EQ(r.student.start_key(), "student.grow_from");
  EXPECT_EQ(r.student.start_folder(), "../base");
  EXPECT_EQ(r.student.intermediate_size, 768);
  EXPECT_THAT(error_of(with_student(R"({"grow_from": "b", "hidden_size": 512})").dump()),
              HasSubstr("student.hidden_size: has no effect beside student.grow_from"));
  EXPECT_THAT(error_of(with_student(R"({"grow_from": "b", "prune_from": "c"})").dump()),
              HasSubstr("has no effect beside student.prune_from"));
}

TEST(Recipe, InductionHeadsNeedTwoLayersAndRoomInTheResidualStream) {
  const auto with = [](const char* sizes) {
    return with_student(
        (std::string(R"({"first_heads": "induction", "intermediate_size": 64, )") + sizes + "}").c_str());
  };
  EXPECT_EQ(parse(with(R"("hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4)"))
                .student.first_heads,
            "induction");
  EXPECT_THAT(
      error_of(with(R"("hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4)").dump()),
      HasSubstr(
          "recipe.json: student.num_hidden_layers: 1: student.first_heads 'induction' needs at least 2"));
  EXPECT_THAT(
      error_of(with(R"("hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2)").dump()),
      HasSubstr("recipe.json: student.hidden_size: 64: student.first_heads 'induction' needs more than 3 "
                "head_dim = 96"));
}

TEST(Recipe, CommentsAreRefusedWithTheWayOut) {
  EXPECT_THAT(error_of("{\n  // fast\n  \"seed\": 1}"),
              AllOf(HasSubstr("recipe.json: line 2"), HasSubstr("JSON has no comments: the key `notes`")));
  EXPECT_THAT(error_of("{\"seed\": 1, \"seed\": 2}"), HasSubstr("seed"));
}

TEST(Recipe, EveryMutationOfARecipeIsReadOrRefusedInOneLine) {
  const std::string text = small().dump();
  for (size_t i = 0; i < text.size(); ++i)
    for (char c : {'9', '"', '{', ']', '\0', '\xff'}) {
      std::string changed = text;
      changed[i] = c;
      try {
        parse_recipe(changed, "recipe.json");
      } catch (const Error& error) {
        ASSERT_EQ(error.message().find('\n'), std::string::npos) << error.message();
      }
    }
}

TEST(Recipe, ThoseThatShipAreValid) {
  int n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(RETORT_SOURCE_DIR) /
                                                               "models/micro/recipes")) {
    EXPECT_NO_THROW(read_recipe(entry.path())) << entry.path();
    ++n;
  }
  EXPECT_GE(n, 4);
}

TEST(RecipeReference, ExplainsEveryKeyAndKind) {
  Recipe recipe;
  StageRecipe stage;
  std::string all = explain();
  for (const RecipeSection& section : recipe_sections(recipe, stage))
    for (const RecipeKey& key : section.keys) {
      EXPECT_THAT(all, HasSubstr(std::string(key.doc)));
      EXPECT_THAT(
          explain(std::string(section.name) + (section.name.empty() ? "" : ".") + std::string(key.name)),
          HasSubstr(std::string(key.doc)));
    }
  for (StageKind kind : all_stage_kinds()) EXPECT_THAT(all, HasSubstr(std::string(documentation(kind))));
}

TEST(RecipeReference, ExplainsOneKeyOrSection) {
  EXPECT_EQ(explain("learning_rate"), explain("optimizer.learning_rate"));
  EXPECT_THAT(explain("optimizer.learning_rate"), HasSubstr("number, 1e-08 to 1, default 0.001"));
  EXPECT_THAT(explain("stages[1].kind"), AllOf(HasSubstr("gold_traces"), HasSubstr("required")));
  EXPECT_THAT(explain("budget"), AllOf(HasSubstr("budget.tokens"), HasSubstr("budget.minutes")));
}

TEST(RecipeReference, RefusesUnknownKeysWithTheNearest) {
  try {
    explain("optimizer.learning_rat");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("did you mean 'optimizer.learning_rate'?"));
  }
}

TEST(RecipeReference, ThePageOfTheDocumentationIsCurrent) {
  constexpr std::string_view kBegin = "<!-- keys -->\n", kEnd = "<!-- end of keys -->";
  std::string page = read_file(std::filesystem::path(RETORT_SOURCE_DIR) / "docs/recipes.md");
  size_t begin = page.find(kBegin), end = page.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  begin += kBegin.size();
  if (page.substr(begin, end - begin) == markdown_reference()) return;
  std::string current = testing::TempDir() + "recipes.md";
  std::ofstream(current) << page.replace(begin, end - begin, markdown_reference());
  FAIL() << "the keys have changed: look at " << current << " and copy it to docs/recipes.md";
}

}  // namespace
}  // namespace retort::train
