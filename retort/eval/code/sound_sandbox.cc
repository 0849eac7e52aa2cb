#include "retort/eval/code/sound_sandbox.h"

#include <memory>

#include "retort/eval/sandbox/selftest.h"

namespace retort::eval {
namespace {

std::unique_ptr<Sandbox> tested() {
  auto sandbox = std::make_unique<Sandbox>();
  require_sound(sandbox_selftest(*sandbox));
  return sandbox;
}

}  // namespace

const Sandbox& sound_sandbox() {
  // An exception leaves it unmade, and the next call tries again.
  static const std::unique_ptr<Sandbox> sandbox = tested();
  return *sandbox;
}

}  // namespace retort::eval
