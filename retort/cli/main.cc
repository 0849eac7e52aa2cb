#include "retort/cli/program.h"

int main(int argc, char** argv) {
  return retort::cli::run_program({argv + 1, argv + argc});
}
