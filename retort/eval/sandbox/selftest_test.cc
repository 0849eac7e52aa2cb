#include "retort/eval/sandbox/selftest.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/sandbox_for_tests.h"
#include "retort/eval/sandbox/sandbox_user.h"
#include "retort/eval/sandbox/session.h"

namespace retort::eval {
namespace {

namespace fs = std::filesystem;

using ::testing::HasSubstr;

class SelfTest : public SandboxFixture {};

/// Runs a program without a sandbox, as the user whom the sandbox would use, under plain limits. Only for
/// attempts that are marked as harmless. A descriptor is left open for it to find.
SandboxResult run_bare(const SandboxSpec& spec) {
  std::string folder = (fs::temp_directory_path() / "retort-bare-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
  ::chmod(folder.c_str(), 0777);
  for (const SandboxFile& file : spec.files) {
    std::ofstream(folder + "/" + file.path) << file.contents;
    ::chmod((folder + "/" + file.path).c_str(), 0644);
  }
  DescriptorPair output = pipe_to_parent();
  pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::alarm(120);
    const rlimit small{64 << 20, 64 << 20}, space{uint64_t{2} << 30, uint64_t{2} << 30};
    ::setrlimit(RLIMIT_FSIZE, &small);
    ::setrlimit(RLIMIT_AS, &space);
    ::dup2(output.child.get(), 1);
    ::dup2(output.child.get(), 2);
    ::dup2(::open("/dev/null", O_RDONLY), 9);
    become_sandbox_user();
    if (::chdir(folder.c_str()) == 0) ::execl("/usr/bin/python3", "python3", "main.py", nullptr);
    ::_exit(127);
  }
  output.child.close();
  SandboxResult result;
  char bytes[4096];
  for (ssize_t n; (n = ::read(output.parent.get(), bytes, sizeof bytes)) > 0;)
    if (result.out.size() < spec.limits.output_bytes) result.out.append(bytes, static_cast<size_t>(n));
  ::waitpid(pid, nullptr, 0);
  fs::remove_all(folder);
  return result;
}

TEST_F(SelfTest, NoAttemptSucceedsAndEachIsMade) {
  SelfTestReport report = sandbox_selftest(sandbox());
  for (const AttemptReport& attempt : report.attempts)
    EXPECT_EQ(attempt.outcome, AttemptOutcome::held) << attempt.attempt << ": " << attempt.detail;
  EXPECT_GE(report.attempts.size(), 25u);
  EXPECT_TRUE(report.sound());
  EXPECT_NO_THROW(require_sound(report));
  if (::testing::GTEST_FLAG(brief)) return;
  for (const AttemptReport& attempt : report.attempts)
    std::printf("%-36s %-8s %5.2f s  %s\n", attempt.attempt.c_str(),
                std::string(name(attempt.outcome)).c_str(), attempt.wall_seconds, attempt.detail.c_str());
}

// Whether the self-test can fail at all: without the sandbox it must.
TEST(SelfTestBare, TheHarmlessAttemptsSucceedWithoutASandbox) {
  if (!has_program("python3")) GTEST_SKIP() << "python3 is not here";
  Decoys decoys;
  int tried = 0;
  for (const Attempt& attempt : attempts()) {
    if (attempt.bare != Bare::succeeds) continue;
    AttemptReport report = make_attempt(attempt, decoys, run_bare);
    EXPECT_EQ(report.outcome, AttemptOutcome::escaped) << report.attempt << ": " << report.detail;
    ++tried;
  }
  EXPECT_GE(tried, 20);
}

TEST_F(SelfTest, AnAttemptThatIsItselfAtFaultProvesNothing) {
  Decoys decoys;
  auto run = [&](const SandboxSpec& spec) { return sandbox().run(spec); };
  for (const char* program : {"undefined_name", "syntax(", "os._exit(0)", "time.sleep(60)"}) {
    Attempt attempt{"faulty", Proof::says, Bare::not_run, program, 5, 1};
    AttemptReport report = make_attempt(attempt, decoys, run);
    EXPECT_EQ(report.outcome, AttemptOutcome::broken) << program << ": " << report.detail;
    EXPECT_FALSE(SelfTestReport{{report}}.sound());
  }
}

TEST(SelfTestReport, IsUnsoundIfOneAttemptSucceededOrNoneWasMade) {
  EXPECT_FALSE(SelfTestReport{}.sound());
  SelfTestReport report{
      {{"first", AttemptOutcome::held, "", 0}, {"second", AttemptOutcome::escaped, "it did", 0}}};
  EXPECT_FALSE(report.sound());
  try {
    require_sound(report);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.message(), HasSubstr("does not hold: second (ESCAPED, it did)"));
  }
}

TEST(Attempts, HaveDifferentNames) {
  std::set<std::string_view> names;
  for (const Attempt& attempt : attempts()) EXPECT_TRUE(names.insert(attempt.name).second) << attempt.name;
}

TEST_F(SelfTest, ASampleIsNotDisturbedByWhatAnotherDoes) {
  std::thread bad([&] {
    Decoys decoys;
    for (const Attempt& attempt : resource_attempts())
      if (attempt.proof == Proof::says)
        make_attempt(attempt, decoys, [&](const SandboxSpec& spec) { return sandbox().run(spec); });
  });
  SandboxSession good(
      sandbox(),
      {.source = "import os\n"
                 "def work(n):\n"
                 "  open('mine', 'w').write(str(n))\n"
                 "  return [int(open('mine').read()), sorted(os.listdir('.')), os.listdir('/tmp')]",
       .limits = {.cpu_seconds = 20, .wall_seconds = 120}});
  for (int n = 0; n < 50; ++n) {
    CallResult result = good.call("work", {n});
    ASSERT_EQ(result.outcome, CallOutcome::value) << result.message;
    EXPECT_EQ(result.value[0], n);
    EXPECT_EQ(result.value[2], Json::parse(R"(["work"])"));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  bad.join();
  EXPECT_EQ(good.starts(), 1);
}

}  // namespace
}  // namespace retort::eval
