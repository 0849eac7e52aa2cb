// make_report IN.json OUT.html: the report of a comparison that is already made. For the test in a browser,
// and for looking at a change of the page.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/report/html_report.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: make_report IN.json OUT.html\n");
    return 2;
  }
  try {
    const retort::Json comparison = retort::parse_json(retort::read_file(argv[1]), argv[1]);
    retort::write_file_atomic(argv[2], retort::report::html_report(comparison));
  } catch (const retort::Error& error) {
    fmt::print(stderr, "{}\n", error.message());
    return retort::exit_status(error.code());
  }
}
