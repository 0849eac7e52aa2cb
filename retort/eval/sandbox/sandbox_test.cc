#include "retort/eval/sandbox/sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <fstream>
#include <thread>

#include "retort/base/error.h"
#include "retort/eval/sandbox/sandbox_for_tests.h"

namespace retort::eval {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SandboxTest : public SandboxFixture {};

SandboxSpec python(std::string text) {
  return {.argv = {"python3", "main.py"},
          .files = {{"main.py", std::move(text)}},
          .limits = {.wall_seconds = 60}};
}

TEST_F(SandboxTest, AProgramGetsItsFilesAndInputAndGivesItsOutput) {
  SandboxSpec spec = python(
      "import sys, os\nprint(sys.stdin.read() + open('data/a.txt').read(), os.getcwd())\n"
      "print('oops', file=sys.stderr)\nsys.exit(3)");
  spec.files.push_back({"data/a.txt", "file"});
  spec.input = "input and ";
  SandboxResult result = sandbox().run(spec);
  EXPECT_EQ(result.ended, Ended::exited);
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.out, "input and file /tmp/work\n");
  EXPECT_EQ(result.err, "oops\n");
  EXPECT_GT(result.wall_seconds, 0);
  EXPECT_GT(result.cpu_seconds, 0);
}

TEST_F(SandboxTest, InputLongerThanAPipeArrivesWhole) {
  SandboxSpec spec = python("import sys; print(len(sys.stdin.read()))");
  spec.input.assign(3 << 20, 'x');
  EXPECT_EQ(sandbox().run(spec).out, "3145728\n");
}

TEST_F(SandboxTest, AProgramThatReadsNoInputDoesNotStopTheParent) {
  SandboxSpec spec = python("import os; os.close(0); print('done')");
  spec.input.assign(3 << 20, 'x');
  EXPECT_EQ(sandbox().run(spec).out, "done\n");
}

TEST_F(SandboxTest, TheEnvironmentIsOursAlone) {
  SandboxSpec spec = python("import os; print(sorted(os.environ))");
  spec.environment = {{"CHOSEN", "1"}};
  std::string out = sandbox().run(spec).out;
  EXPECT_THAT(out, AnyOf("['CHOSEN', 'HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR']\n",
                         "['CHOSEN', 'HOME', 'LANG', 'LC_CTYPE', 'PATH', 'PWD', 'TMPDIR']\n"));
}

TEST_F(SandboxTest, NothingIsAtTheRootButWhatProgramsNeed) {
  std::string out =
      sandbox().run(python("import os; print(sorted(os.listdir('/')), sorted(os.listdir('/etc')))")).out;
  for (const char* absent : {"proc", "sys", "home", "root", "var", "passwd", "shadow"})
    EXPECT_THAT(out, Not(HasSubstr(absent)));
}

TEST_F(SandboxTest, ASignalIsTold) {
  SandboxResult result = sandbox().run(python("import os; os.abort()"));
  EXPECT_EQ(result.ended, Ended::signalled);
  EXPECT_EQ(result.code, 6);
}

TEST_F(SandboxTest, CompilersWorkInside) {
  if (!has_program("g++")) GTEST_SKIP() << "g++ is not here";
  SandboxSpec spec{
      .argv = {"sh", "-c", "g++ -o a a.cc && ./a"},
      .files = {{"a.cc", "#include <cstdio>\nint main() { std::puts(\"compiled\"); }"}},
      .limits = {.cpu_seconds = 60, .wall_seconds = 120, .address_space_bytes = uint64_t{4} << 30}};
  SandboxResult result = sandbox().run(spec);
  EXPECT_EQ(result.out, "compiled\n") << name(result.ended) << ' ' << result.err;
}

TEST_F(SandboxTest, LoopbackWorksWhereAskedForAndOnlyThere) {
  SandboxSpec spec = python(
      "import socket, threading\n"
      "server = socket.create_server(('127.0.0.1', 0))\n"
      "threading.Thread(target=lambda: server.accept()[0].sendall(b'hello')).start()\n"
      "print(socket.create_connection(server.getsockname()).recv(5))");
  EXPECT_THAT(sandbox().run(spec).err, HasSubstr("Function not implemented"));
  spec.loopback = true;
  EXPECT_EQ(sandbox().run(spec).out, "b'hello'\n");
}

TEST_F(SandboxTest, MemoryIsLimitedOverAllProcesses) {
  SandboxSpec spec = python(
      "import os, time\n"
      "for _ in range(8):\n"
      "  if os.fork() == 0:\n"
      "    block = os.urandom(1 << 20) * 30; time.sleep(60)\n"
      "time.sleep(60)");
  spec.limits.memory_bytes = 100 << 20;
  spec.limits.wall_seconds = 50;
  SandboxResult result = sandbox().run(spec);
  EXPECT_EQ(result.ended, Ended::memory_limit);
}

TEST_F(SandboxTest, ManySandboxesRunAtOnce) {
  std::vector<std::thread> threads;
  std::vector<std::string> outs(4);
  for (size_t i = 0; i < outs.size(); ++i)
    threads.emplace_back([&, i] { outs[i] = sandbox().run(python("print(" + std::to_string(i) + ")")).out; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(outs, ::testing::ElementsAre("0\n", "1\n", "2\n", "3\n"));
}

TEST_F(SandboxTest, ABadSpecIsAnErrorThatNamesTheFile) {
  for (const char* path : {"../x", "/etc/x", "a/../../x", "", "a/"}) {
    SandboxSpec spec{.argv = {"true"}, .files = {{path, ""}}};
    try {
      sandbox().run(spec);
      ADD_FAILURE() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_input);
      EXPECT_THAT(error.message(), HasSubstr("must be relative"));
    }
  }
}

TEST_F(SandboxTest, AProcessThatIsDroppedIsGone) {
  pid_t init = 0;
  {
    auto process = sandbox().start(python("import time; time.sleep(60)"));
    process->pump(std::chrono::milliseconds(20));
    init = process->init();
    EXPECT_EQ(::kill(init, 0), 0);
  }
  EXPECT_NE(::kill(init, 0), 0);
}

/// The state letter of proc(5); 'X' if there is no such process.
char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  size_t name_end = text.rfind(')');
  return name_end == std::string::npos ? 'X' : text[name_end + 2];
}

TEST_F(SandboxTest, WhatAProgramLeavesBehindIsDeadWhenItsResultIsThere) {
  SandboxSpec spec =
      python("import os, time\nfor _ in range(8):\n  if os.fork() == 0:\n    time.sleep(60)\n");
  for (int i = 0; i < 5; ++i) {
    auto process = sandbox().start(spec);
    process->end_input();
    EXPECT_EQ(process->result().ended, Ended::exited);
    EXPECT_THAT(state_of(process->init()), AnyOf('X', 'Z'));
  }
}

TEST(ExplainRefusal, SaysInOneLineWhatToAllow) {
  Error error = explain_refusal(
      "bwrap: No permissions to create new namespace, likely because the kernel does not allow "
      "non-privileged user "
      "namespaces.\nmore");
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_THAT(error.message(), HasSubstr("kernel.unprivileged_userns_clone=1"));
  EXPECT_THAT(error.message(), HasSubstr("No permissions to create new namespace"));
  EXPECT_THAT(error.message(), Not(HasSubstr("\n")));
  EXPECT_THAT(explain_refusal("").message(), HasSubstr("bwrap said nothing"));
}

}  // namespace
}  // namespace retort::eval
