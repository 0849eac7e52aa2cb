// `retort convert`: a model folder as a GGUF file, which llama.cpp and what is built on it read.
#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/formats/model_names.h"
#include "retort/infer/gguf_export.h"

namespace retort::cli {

int verb_convert(const Arguments& arguments) {
  std::string model, file;
  bool force = false, json = false;
  Options options("convert",
                  "Writes a model as a GGUF file with its tokenizer and chat template, weights as they are.");
  options.positional("MODEL", model, "a name such as micro-13, or a Hugging Face folder")
      .positional("FILE", file, "the file to write, NAME.gguf")
      .flag("--force", force, "replace FILE if it is there")
      .flag("--json", json, "print JSON: the file and its bytes")
      .examples("  retort convert micro-13 micro-13.gguf");
  if (!options.parse(arguments)) return 0;
  if (std::filesystem::path(file).extension() != ".gguf")
    fail(ErrorCode::bad_input, "convert: {}: the file's name must end in .gguf", printable(file));
  if (!force && std::filesystem::exists(file))
    fail(ErrorCode::bad_input, "convert: {}: is there already; name another file, or say --force",
         printable(file));
  export_gguf(Checkpoint::open(find_model(model)), file);
  const uint64_t bytes = std::filesystem::file_size(file);
  if (json)
    print_json(Json{{"file", file}, {"bytes", bytes}});
  else
    fmt::print("{}: {}\n", printable(file), format_bytes(bytes));
  return 0;
}

}  // namespace retort::cli
