#include "retort/train/recipe_checks.h"

#include <algorithm>
#include <numeric>

#include "retort/base/error.h"

namespace retort::train {
namespace {

class RecipeChecks {
 public:
  RecipeChecks(Recipe& recipe, const GivenKeys& given, const std::string& where)
      : r_(recipe), given_(given), where_(where) {}

  void run() {
    require(!r_.output.empty(), "output", "is missing: the folder that the student is written to");
    check_student();
    check_tokenizer();
    check_stages();
    check_data();
    check_texts();
    check_schedule();
    check_budget();
    complete_evaluation();
  }

 private:
  template <typename... Args>
  void require(bool holds, std::string_view key, fmt::format_string<Args...> message, Args&&... args) const {
    if (holds) return;
    fail(ErrorCode::bad_input, "{}: {}: {}", where_, key, fmt::format(message, std::forward<Args>(args)...));
  }
  bool given(const std::string& key) const { return given_.contains(key); }

  void check_student() {
    StudentRecipe& s = r_.student;
    if (!s.start_key().empty()) {
      check_start(s);
      return;
    }
    require(!given("student.upcycle_noise"), "student.upcycle_noise",
            "has no effect without student.upcycle_from");
    struct Size {
      const char* key;
      int64_t value;
    };
    for (auto [key, value] : {Size{"student.hidden_size", s.hidden_size},
                              {"student.intermediate_size", s.intermediate_size},
                              {"student.num_hidden_layers", s.num_hidden_layers},
                              {"student.num_attention_heads", s.num_attention_heads}})
      require(value > 0, key, "is missing: a student is a shape, or starts from a folder (student.from)");
    if (s.num_key_value_heads == 0) s.num_key_value_heads = s.num_attention_heads;
    check_heads(s);
    check_first_heads(s);
    check_experts(s);
  }

  /// A student that starts from a folder: what else may be said of it.
  void check_start(StudentRecipe& s) const {
    const std::string key(s.start_key());
    std::vector<std::string_view> beside = {"router_aux_loss_coef", "router_z_loss_coef"};
    if (key == "student.upcycle_from")
      beside.insert(beside.end(),
                    {"architecture", "num_local_experts", "num_experts_per_tok", "upcycle_noise"});
    if (key == "student.prune_from")
      beside = {"architecture",        "hidden_size",         "intermediate_size", "num_hidden_layers",
                "num_attention_heads", "num_key_value_heads", "head_dim"};
    if (key == "student.grow_from") beside = {"intermediate_size", "num_hidden_layers"};
    for (const auto& other : given_) {
      if (!other.starts_with("student.") || other == key) continue;
      const bool allowed = std::find(beside.begin(), beside.end(), other.substr(8)) != beside.end();
      require(allowed, other,
              "has no effect beside {}, whose config.json has the shape; remove one of the two", key);
    }
    if (key == "student.upcycle_from") check_upcycled(s);
    if (key == "student.prune_from") check_pruned(s);
  }

  void check_upcycled(StudentRecipe& s) const {
    require(!given("student.architecture") || s.architecture == "mixtral", "student.architecture",
            "'{}': student.upcycle_from makes a 'mixtral'", s.architecture);
    s.architecture = "mixtral";
    check_experts(s);
    require(s.num_local_experts % 2 == 0, "student.num_local_experts",
            "{} is odd: as many experts start from one half of a feed-forward as from the other",
            s.num_local_experts);
    require(s.num_experts_per_tok == 2, "student.num_experts_per_tok",
            "{}: an upcycled student uses 2 for a token, one of each half", s.num_experts_per_tok);
  }

  /// What is left out is the folder's.
  void check_pruned(StudentRecipe& s) const {
    require(s.architecture != "mixtral", "student.architecture",
            "'mixtral' cannot be pruned to; prune the dense model, then start from that with "
            "student.upcycle_from");
    if (!given("student.architecture")) s.architecture.clear();
  }

  void check_experts(StudentRecipe& s) const {
    if (s.architecture != "mixtral") {
      for (const char* key :
           {"num_local_experts", "num_experts_per_tok", "router_aux_loss_coef", "router_z_loss_coef"})
        require(!given(std::string("student.") + key), std::string("student.") + key,
                "has no effect on '{}', only on 'mixtral'", s.architecture);
      return;
    }
    require(s.num_local_experts > 0, "student.num_local_experts", "is missing: how many each layer has");
    if (s.num_experts_per_tok == 0) s.num_experts_per_tok = std::min<int64_t>(2, s.num_local_experts);
    require(s.num_experts_per_tok <= s.num_local_experts, "student.num_experts_per_tok",
            "{} is more than num_local_experts {}", s.num_experts_per_tok, s.num_local_experts);
  }

  void check_heads(StudentRecipe& s) const {
    require(s.num_attention_heads % s.num_key_value_heads == 0, "student.num_key_value_heads",
            "{} does not divide num_attention_heads {}", s.num_key_value_heads, s.num_attention_heads);
    if (s.head_dim == 0) {
      require(s.hidden_size % s.num_attention_heads == 0, "student.head_dim",
              "is missing, and num_attention_heads {} does not divide hidden_size {}", s.num_attention_heads,
              s.hidden_size);
      s.head_dim = s.hidden_size / s.num_attention_heads;
    }
    require(s.head_dim % 2 == 0, "student.head_dim", "{} is odd; rotary positions turn pairs", s.head_dim);
  }

  /// What start_with_induction_heads needs.
  void check_first_heads(const StudentRecipe& s) const {
    if (s.first_heads != "induction") return;
    require(s.num_hidden_layers >= 2, "student.num_hidden_layers",
            "{}: student.first_heads 'induction' needs at least 2; take 'random'", s.num_hidden_layers);
    require(s.hidden_size > 3 * s.head_dim, "student.hidden_size",
            "{}: student.first_heads 'induction' needs more than 3 head_dim = {}; take 'random'",
            s.hidden_size, 3 * s.head_dim);
  }

  void check_tokenizer() const {
    require(r_.tokenizer.from.empty() || !given("tokenizer.vocabulary_size"), "tokenizer.vocabulary_size",
            "has no effect beside tokenizer.from; remove one of the two");
    const std::string_view start = r_.student.start_key();
    require(start.empty() || r_.tokenizer.from.empty(), "tokenizer.from",
            "has no effect beside {}, whose tokenizer is used; remove it", start);
    require(start.empty() || !given("tokenizer.vocabulary_size"), "tokenizer.vocabulary_size",
            "has no effect beside {}, whose tokenizer is used; remove it", start);
  }

  void check_data() {
    require(!r_.data.families.empty() || !r_.uses_problems(), "data.families",
            "is missing: what to train on");
    for (const auto& key : given_)
      require(r_.uses_problems() || !key.starts_with("data."), key,
              "has no effect: all stages learn from texts");
    if (!r_.uses_problems()) return;
    if (r_.data.levels.empty()) r_.data.levels = {1, 2};
    if (r_.data.styles.empty()) r_.data.styles = {"brief"};
  }

  void check_texts() const {
    require(!r_.uses_texts() || !r_.texts.files.empty(), "texts.files", "is missing: what to train on");
    for (const auto& key : given_)
      require(r_.uses_texts() || !key.starts_with("texts."), key, "has no effect: no stage of kind 'texts'");
    require(r_.texts.held_out > 0 || !given("texts.held_out_tokens"), "texts.held_out_tokens",
            "has no effect: nothing is held out");
  }

  void check_stages() const {
    require(!r_.stages.empty(), "stages", "is missing: at least one, as in [{{\"kind\": \"gold_traces\"}}]");
    for (size_t i = 0; i < r_.stages.size(); ++i) check_stage(fmt::format("stages[{}]", i), r_.stages[i]);
    require(r_.teacher_part() != TeacherPart::none || r_.teacher.empty(), "teacher",
            "has no effect: no stage learns from one");
    for (const auto& key : given_)
      require(r_.uses_traces() || !key.starts_with("traces."), key,
              "has no effect: no stage learns from traces");
    require(!r_.uses_traces() || r_.traces.problems > 0, "traces.problems",
            "is missing: how many the teacher is asked");
    // Its projection is trained beside the student, and there is one.
    auto layers = std::count_if(r_.stages.begin(), r_.stages.end(), [](const StageRecipe& stage) {
      return stage.parsed_kind() == StageKind::layers;
    });
    require(layers <= 1, "stages", "has {} of kind 'layers'; one is possible", layers);
  }

  void check_stage(const std::string& at, const StageRecipe& stage) const {
    const StageKind kind = stage.parsed_kind();
    require(teacher_part(kind) == TeacherPart::none || !r_.teacher.empty(), at + ".kind",
            "'{}' needs a teacher: name its folder under `teacher`", stage.kind);
    require(kind != StageKind::texts || stage.levels.empty(), at + ".levels",
            "has no effect on 'texts': its files have no levels");
    require(kind != StageKind::drills || stage.levels.empty(), at + ".levels", "has no effect on 'drills'");
    // The teacher's traces are shared by the stages that learn from them.
    require(!uses_traces(kind) || stage.levels.empty(), at + ".levels",
            "has no effect on '{}': the teacher's traces have the levels of the data", stage.kind);
    const bool soft = teacher_part(kind) >= TeacherPart::top_tokens;
    require(soft || !given(at + ".temperature"), at + ".temperature",
            "has no effect on '{}', only where the teacher's probabilities are learnt", stage.kind);
    require((soft && kind != StageKind::on_policy) || !given(at + ".hard_weight"), at + ".hard_weight",
            "has no effect on '{}', only on 'logits' and 'layers'", stage.kind);
  }

  void check_schedule() const {
    const ScheduleRecipe& s = r_.schedule;
    require(s.warmup_ratio + s.decay_ratio <= 1, "schedule.decay_ratio",
            "{} and warmup_ratio {} are more than 1 together", s.decay_ratio, s.warmup_ratio);
    require(!r_.student.start_key().empty() || s.max_length <= r_.student.max_position_embeddings,
            "schedule.max_length", "{} is more than student.max_position_embeddings {}", s.max_length,
            r_.student.max_position_embeddings);
    require(s.max_length <= s.batch_tokens, "schedule.batch_tokens",
            "{} leave no room for a sequence of schedule.max_length {}", s.batch_tokens, s.max_length);
  }

  void check_budget() const {
    const BudgetRecipe& b = r_.budget;
    require(b.tokens || b.minutes, "budget", "is missing: either tokens or minutes");
    require(!b.tokens || !b.minutes, "budget", "has both tokens and minutes; remove one of the two");
    if (!b.tokens) return;
    // Every stage must have a step of its own.
    double all = 0, least = r_.stages.front().share;
    for (const StageRecipe& stage : r_.stages) {
      all += stage.share;
      least = std::min(least, stage.share);
    }
    double smallest = static_cast<double>(*b.tokens) * least / all;
    require(smallest >= static_cast<double>(r_.schedule.batch_tokens), "budget.tokens",
            "{} leave {:.0f} for the smallest stage, less than one step of {}; raise them, or lower "
            "schedule.batch_tokens",
            *b.tokens, smallest, r_.schedule.batch_tokens);
  }

  void complete_evaluation() const {
    EvaluationRecipe& e = r_.evaluation;
    if (e.families.empty())
      for (const auto& [family, share] : r_.data.families) e.families.push_back(family);
    if (e.levels.empty()) e.levels = r_.data.levels;
    if (e.levels.empty() && !e.families.empty()) e.levels = {1, 2};
  }

  Recipe& r_;
  const GivenKeys& given_;
  const std::string& where_;
};

}  // namespace

void check_recipe(Recipe& recipe, const GivenKeys& given, const std::string& where) {
  RecipeChecks(recipe, given, where).run();
}

}  // namespace retort::train
