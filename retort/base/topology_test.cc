#include "retort/base/topology.h"

#include <gtest/gtest.h>
#include <sched.h>

namespace retort {
namespace {

TEST(Topology, CountsAreOrdered) {
  Topology t = read_topology();
  EXPECT_GE(t.packages, 1);
  EXPECT_GE(t.numa_nodes, 1);
  EXPECT_GE(t.cores, t.packages);
  EXPECT_GE(t.threads, t.cores);
  EXPECT_GE(t.allowed_threads, t.allowed_cores);
  EXPECT_GE(t.allowed_cores, 1);
}

TEST(Topology, BindingToOneProcessorLeavesOneThread) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  Topology t = read_topology();
  sched_setaffinity(0, sizeof before, &before);
  EXPECT_EQ(t.allowed_threads, 1);
  EXPECT_EQ(default_threads(t), 1);
}

TEST(Topology, DefaultThreadsUseOnePerCoreWithinTheQuota) {
  Topology t;
  t.allowed_cores = 8;
  t.allowed_threads = 16;
  EXPECT_EQ(default_threads(t), 8);
  t.cpu_quota = 2.5;
  EXPECT_EQ(default_threads(t), 3);
  t.cpu_quota = 0.2;
  EXPECT_EQ(default_threads(t), 1);
}

TEST(Topology, AvailableMemoryIsPartOfTheTotal) {
  MemoryStatus memory = read_memory_status();
  EXPECT_GT(memory.available, 0u);
  EXPECT_LE(memory.available, memory.total);
}

}  // namespace
}  // namespace retort
