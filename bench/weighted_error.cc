// retort-weighted-error: how far the matrices of quantised files are from those of their source, tensor by
// tensor: the squared error, plain and with each element weighted as the format's encoder weighs it without
// calibration.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/thread_pool.h"
#include "retort/base/topology.h"
#include "retort/compress/source_model.h"

namespace {

using retort::DType;
using retort::compress::SourceModel;
using retort::compress::SourceTensor;

struct Sums {
  double plain = 0, weighted = 0;
};

/// q4_k, q5_k: root of the mean square of its 32 neighbours plus the magnitude; q6_k: the square; others: 1.
std::vector<float> weights_of(DType type, const std::vector<float>& w) {
  std::vector<float> u(w.size(), 1.0f);
  if (type == DType::q6_k)
    for (size_t i = 0; i < w.size(); ++i) u[i] = w[i] * w[i];
  if (type != DType::q4_k && type != DType::q5_k) return u;
  for (size_t begin = 0; begin < w.size(); begin += 32) {
    float square = 0;
    for (size_t i = begin; i < begin + 32; ++i) square += w[i] * w[i];
    for (size_t i = begin; i < begin + 32; ++i) u[i] = std::sqrt(square / 32) + std::fabs(w[i]);
  }
  return u;
}

Sums row_error(DType type, const std::vector<float>& w, const std::vector<float>& got) {
  const std::vector<float> u = weights_of(type, w);
  Sums sums;
  for (size_t i = 0; i < w.size(); ++i) {
    const double square = std::pow(static_cast<double>(got[i]) - w[i], 2);
    sums.plain += square;
    sums.weighted += u[i] * square;
  }
  return sums;
}

/// Sums of rows are added in their order: the same figure for any number of threads.
Sums error_of(retort::ThreadPool& pool, const SourceModel& source, const SourceModel& file,
              const SourceTensor& tensor) {
  std::vector<Sums> rows(static_cast<size_t>(tensor.rows));
  const DType type = file.stored_dtype(tensor);
  pool.parallel_for(tensor.rows, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> w(static_cast<size_t>(tensor.columns)), got(w.size());
    for (int64_t r = begin; r < end; ++r) {
      source.read_rows(tensor, r, r + 1, w.data());
      file.read_rows(tensor, r, r + 1, got.data());
      rows[static_cast<size_t>(r)] = row_error(type, w, got);
    }
  });
  Sums all;
  for (const Sums& row : rows) all.plain += row.plain, all.weighted += row.weighted;
  source.release(tensor);
  file.release(tensor);
  return all;
}

void compare(const std::string& source_path, const std::vector<std::string>& files) {
  retort::ThreadPool pool(retort::default_threads(retort::read_topology()));
  const SourceModel source(retort::Checkpoint::open(source_path));
  nlohmann::json out = nlohmann::json::array();
  std::vector<SourceModel> others;
  for (const auto& path : files) others.emplace_back(retort::Checkpoint::open(path));
  for (const SourceTensor& tensor : source.tensors()) {
    if (tensor.role == retort::compress::TensorRole::vector) continue;
    nlohmann::json errors = nlohmann::json::array();
    for (const SourceModel& file : others) {
      const Sums sums = error_of(pool, source, file, tensor);
      errors.push_back({{"type", retort::name(file.stored_dtype(tensor))},
                        {"plain", sums.plain},
                        {"weighted", sums.weighted}});
    }
    out.push_back({{"name", tensor.name}, {"files", std::move(errors)}});
  }
  std::printf("%s\n", out.dump().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Squared errors of quantised files, tensor by tensor, as JSON.");
  std::string source;
  std::vector<std::string> files;
  app.add_option("source", source, "folder or GGUF file")->required();
  app.add_option("files", files, "the same model, quantised")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    compare(source, files);
  } catch (const retort::Error& e) {
    std::fprintf(stderr, "retort-weighted-error: %s\n", e.what());
    return retort::exit_status(e.code());
  }
  return 0;
}
