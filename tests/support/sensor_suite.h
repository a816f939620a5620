#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "port/sys_root.h"
#include "sense/sensor.h"
#include "tests/support/garbage.h"
#include "tests/support/temp_tree.h"

namespace spillway::support {

/// One sensor, for the laws that every sensor keeps.
struct SensorCase {
  std::string name;  // of the test
  std::function<std::unique_ptr<Sensor>(const SysRoot&)> make;
  std::vector<std::string> fixtures;  // one over the other: a machine where it finds something
  /// Whatever the fixtures cannot hold; called after they were copied. May be empty.
  std::function<void(const TempTree&)> prepare = {};
  /// The files that it reads there, or folders of them; empty: all but mountinfo.
  std::vector<std::string> reads = {};

  std::unique_ptr<TempTree> machine() const {
    auto tree = std::make_unique<TempTree>();
    for (const std::string& fixture : fixtures) tree->add(fixture);
    if (prepare) prepare(*tree);
    return tree;
  }
  bool reads_file(const std::string& below) const {
    if (reads.empty()) return !below.ends_with("mountinfo");  // without it nobody would look
    return std::any_of(reads.begin(), reads.end(),
                       [&](const std::string& r) { return below.starts_with(r); });
  }
  friend void PrintTo(const SensorCase& c, std::ostream* out) { *out << c.name; }
};

inline Look look_at(TimePoint now) { return {.now = now, .owners = true, .tenants = {}}; }

/// Figures make sense and name the sensor, or the part of it, that they come from.
inline void expect_sound(const Sensor& sensor, const std::vector<Reading>& readings,
                         TimePoint now) {
  for (const Reading& reading : readings) {
    if (const auto* fault = std::get_if<Fault>(&reading)) {
      EXPECT_FALSE(fault->sensor.empty());
      EXPECT_FALSE(fault->error.where.empty()) << to_string(fault->error);
    }
    if (const auto* stall = std::get_if<StallReading>(&reading)) {
      EXPECT_GE(stall->some, Duration{});
      EXPECT_GE(stall->full, Duration{});
      EXPECT_LE(stall->taken, now);
      // What decides is of this very look.
      EXPECT_TRUE(stall->resource != StallResource::memory || stall->taken == now);
    }
    if (const auto* process = std::get_if<ProcessReading>(&reading)) {
      EXPECT_GT(process->key.pid, 0);
    }
    const auto* pool = std::get_if<PoolReading>(&reading);
    if (pool == nullptr) continue;
    EXPECT_FALSE(pool->pool.text.empty());
    EXPECT_FALSE(pool->source.empty()) << sensor.name();
    EXPECT_LE(pool->taken, now);
    for (const auto& figure :
         {pool->used, pool->total, pool->reserved, pool->cache, pool->swapped}) {
      EXPECT_GE(figure.value_or(Bytes{}), Bytes{}) << pool->pool.text;
    }
  }
}

inline void expect_named(const SensorCase& c) {
  const auto tree = c.machine();
  EXPECT_FALSE(c.make(SysRoot(tree->path()))->name().empty());
}

/// On its machine it finds something, and again at the next look.
inline void expect_reads_twice(const SensorCase& c) {
  const auto tree = c.machine();
  const auto sensor = c.make(SysRoot(tree->path()));
  std::size_t first = 0;
  for (const TimePoint now : {TimePoint(1h), TimePoint(1h + 1s)}) {
    const auto readings = sensor->read(look_at(now));
    ASSERT_TRUE(readings) << to_string(readings.error());
    ASSERT_FALSE(readings->empty());
    for (const Reading& r : *readings) EXPECT_FALSE(std::holds_alternative<Fault>(r));
    expect_sound(*sensor, *readings, now);
    if (first == 0) first = readings->size();
    EXPECT_EQ(readings->size(), first);
  }
}

/// Where there is nothing it says so or fails with a path; it does not invent pools, nor descriptors.
inline void expect_nothing_in(const SysRoot& root, const SensorCase& c) {
  const auto sensor = c.make(root);
  const auto readings = sensor->read(look_at(TimePoint(1h)));
  if (readings) {
    EXPECT_TRUE(readings->empty());
  } else {
    EXPECT_FALSE(readings.error().where.empty()) << to_string(readings.error());
  }
  std::vector<WakeFd> wakes;
  sensor->wake_fds(wakes);
  EXPECT_TRUE(wakes.empty());
  std::vector<Capability> capabilities;
  sensor->capabilities(capabilities);
  for (const Capability& capability : capabilities) EXPECT_FALSE(capability.reason.empty());
}

inline void expect_nothing_in_an_empty_root(const SensorCase& c) {
  const TempTree tree;
  expect_nothing_in(SysRoot(tree.path()), c);
  expect_nothing_in(SysRoot(tree / "missing"), c);
}

/// Its machine with all that it reads spoilt in every way: nothing crashes, what is read is sound, and
/// it recovers as soon as the files do.
inline void expect_survives_garbage(const SensorCase& c) {
  namespace fs = std::filesystem;
  const auto tree = c.machine();
  std::vector<std::pair<std::string, std::string>> originals;
  for (const auto& entry : fs::recursive_directory_iterator(tree->path())) {
    const std::string below = fs::relative(entry.path(), tree->path()).string();
    if (entry.is_regular_file() && c.reads_file(below)) {
      originals.emplace_back(below, tree->read(below));
    }
  }
  ASSERT_FALSE(originals.empty());
  const auto sensor = c.make(SysRoot(tree->path()));
  TimePoint now(1h);
  for (const Spoiler& spoiler : spoilers()) {
    SCOPED_TRACE(spoiler.name);
    for (const auto& [below, text] : originals) tree->write(below, spoiler.spoil(text));
    now += 20s;
    if (const auto readings = sensor->read(look_at(now))) {
      expect_sound(*sensor, *readings, now);
      for (const Reading& r : *readings) {
        EXPECT_FALSE(spoiler.leaves_nothing && std::holds_alternative<PoolReading>(r));
      }
    } else {
      EXPECT_FALSE(readings.error().where.empty()) << to_string(readings.error());
    }
  }
  for (const auto& [below, text] : originals) tree->write(below, text);
  now += 20s;
  const auto readings = sensor->read(look_at(now));
  ASSERT_TRUE(readings) << to_string(readings.error());
  EXPECT_FALSE(readings->empty());
  expect_sound(*sensor, *readings, now);
}

}  // namespace spillway::support
