// retort-examine MODEL: examines a model on held-out problems, a family and level at a time, as a student is
// examined while it learns. Results go to a journal as they come: a run that was stopped goes on where it
// was.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "retort/base/arena.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/progress_bar.h"
#include "retort/base/thread_pool.h"
#include "retort/base/topology.h"
#include "retort/formats/model_names.h"
#include "retort/infer/loaded_model.h"
#include "retort/problems/problem.h"
#include "retort/train/examination.h"

namespace {

using namespace retort;
namespace fs = std::filesystem;

struct Options {
  std::string model, journal;
  std::vector<std::string> families;
  std::vector<int64_t> levels = {1, 2, 3, 4, 5, 6};
  int64_t problems = 1000, max_new_tokens = 256;
  int threads = 0;
};

/// Lines of JSON: what is examined and how, then a line for each family and level. One of other weights or
/// other questions is put aside.
class Journal {
 public:
  Journal(fs::path path, const Json& about) : path_(std::move(path)) {
    if (path_.empty()) return;
    std::ifstream in(path_);
    std::string line;
    if (std::getline(in, line) && Json::parse(line, nullptr, false) == about) {
      while (std::getline(in, line)) {
        Json cell = Json::parse(line, nullptr, false);
        if (!cell.is_discarded())
          cells_[key(cell["family"], cell["level"])] = cell;  // else: cut off by a kill
      }
      return;
    }
    if (fs::exists(path_)) {
      fs::rename(path_, path_.string() + ".old");
      fmt::print(stderr, "{}: of other weights or questions; put aside as {}.old\n", path_.string(),
                 path_.string());
    }
    if (path_.has_parent_path()) fs::create_directories(path_.parent_path());
    append(about);
  }

  const Json* find(const std::string& family, int64_t level) const {
    auto at = cells_.find(key(family, level));
    return at == cells_.end() ? nullptr : &at->second;
  }

  void append(const Json& line) const {
    if (path_.empty()) return;
    std::ofstream out(path_, std::ios::app);
    out << line.dump() << "\n" << std::flush;
    if (!out) fail(ErrorCode::resource, "{}: cannot write: is the disk full?", path_.string());
  }

 private:
  static std::string key(const std::string& family, int64_t level) {
    return fmt::format("{} {}", family, level);
  }

  fs::path path_;
  std::map<std::string, Json> cells_;
};

Json examine_cell(Context& ctx, const LoadedModel& loaded, const train::ProblemText& text,
                  const Options& options, const std::string& family, int64_t level) {
  ProgressBar bar(stderr, ProgressUnit::count);
  const std::string what = fmt::format("{} {}", family, level);
  train::Examinee examinee{
      *loaded.model, ctx, text, [] {},
      [&](std::string_view, uint64_t done, uint64_t total) { bar.update(what, done, total); }};
  train::ExaminationResult result = train::examine(examinee, {.families = {family},
                                                              .levels = {level},
                                                              .problems = options.problems,
                                                              .max_new_tokens = options.max_new_tokens});
  bar.finish();
  Json out = to_json(result);
  Json cell = out["scores"][0];
  cell["generated_tokens"] = out["generated_tokens"];
  cell["seconds"] = out["seconds"];
  return cell;
}

void run(Options options) {
  if (options.families.empty())
    for (problems::Family family : problems::all_families())
      options.families.emplace_back(problems::name(family));
  for (const std::string& family : options.families)
    if (!problems::parse_family(family))
      fail(ErrorCode::bad_input, "--families: there is no family '{}'", family);
  ThreadPool pool(options.threads > 0 ? options.threads : default_threads(read_topology()));
  Arena arena;
  kernels::KernelTable kernels = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, kernels};
  LoadedModel loaded = LoadedModel::open(ctx, find_model(options.model));
  if (!loaded.chat_template) fail(ErrorCode::unsupported, "{}", loaded.chat_template_problem);
  train::ProblemText text(loaded.tokenizer, *loaded.chat_template);
  const Journal journal(options.journal, {{"weights", weights_checksum(loaded.checkpoint)},
                                          {"problems", options.problems},
                                          {"max_new_tokens", options.max_new_tokens},
                                          {"problems_fingerprint", train::examination_fingerprint()}});
  for (const std::string& family : options.families)
    for (int64_t level : options.levels) {
      const Json* known = journal.find(family, level);
      Json cell = known != nullptr ? *known : examine_cell(ctx, loaded, text, options, family, level);
      if (known == nullptr) journal.append(cell);
      fmt::print("{}\n", cell.dump());
      std::fflush(stdout);
    }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Examines a model on held-out problems; a JSON line for each family and level.");
  Options options;
  app.add_option("model", options.model, "a name such as micro-13, a folder or a GGUF file")->required();
  app.add_option("--families", options.families, "comma-separated (all)")->delimiter(',');
  app.add_option("--levels", options.levels, "comma-separated (1 to 6)")
      ->delimiter(',')
      ->check(CLI::Range(1, 6));
  app.add_option("--problems", options.problems, "held-out problems of each family and level")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--max-new-tokens", options.max_new_tokens)
      ->check(CLI::Range(1, 65536))
      ->capture_default_str();
  app.add_option("--threads", options.threads, "one per core")->check(CLI::Range(1, 1024));
  app.add_option("--journal", options.journal, "keep results here, and take those that are here already");
  CLI11_PARSE(app, argc, argv);
  try {
    run(std::move(options));
  } catch (const retort::Error& e) {
    std::fprintf(stderr, "retort-examine: %s\n", e.what());
    return retort::exit_status(e.code());
  }
  return 0;
}
