#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "doctor/explain/document.h"
#include "doctor/explain/explainer.h"
#include "doctor/testing/explained_test.h"

// Folders of logs with a cases.json that says what each must yield: our own in tests/fixtures, and beside a
// checkout that has it the collection of real ones.

namespace spillway::doctor {
namespace {

using nlohmann::json;

constexpr std::array kFields{"kind",
                             "device",
                             "requested_bytes",
                             "total_bytes",
                             "allocated_bytes",
                             "reserved_bytes",
                             "reserved_unallocated_bytes",
                             "free_bytes",
                             "biggest_holders",
                             "recoverable",
                             "cause"};

/// The fields of `event` that are not as `wanted` says; what it leaves null may be anything.
std::vector<std::string> differences(const json& wanted, const json& event) {
  std::vector<std::string> wrong;
  const auto compare = [&](const std::string& field, const json& want, const json& got) {
    if (!want.is_null() && want != got)
      wrong.push_back(field + ": " + got.dump() + ", not " + want.dump());
  };
  for (const char* field : kFields) {
    if (wanted.contains(field)) compare(field, wanted[field], event.value(field, json()));
  }
  const json& victim = wanted.value("victim", json());
  if (!victim.is_object()) return wrong;
  for (const auto& [key, value] : victim.items()) {
    compare("victim." + key, value,
            event["victim"].is_object() ? event["victim"].value(key, json()) : json());
  }
  return wrong;
}

void expect_cases(const std::filesystem::path& folder) {
  std::ifstream in(folder / "cases.json");
  const json cases = json::parse(in);
  ASSERT_FALSE(cases.empty());
  for (const json& wanted : cases) {
    const std::string file = wanted["file"];
    SCOPED_TRACE(file);
    const json document = explained_file((folder / file).string());
    const json& events = document["events"];
    if (wanted["kind"].is_null()) {
      EXPECT_TRUE(events.empty()) << events.dump(1);
      continue;
    }
    ASSERT_FALSE(events.empty());
    EXPECT_THAT(differences(wanted, events[0]), testing::IsEmpty());
    EXPECT_EQ(events.size(), wanted.value("events", events.size())) << document.dump(1);
  }
}

TEST(Cases, OwnLogs) {
  expect_cases(std::filesystem::path(SPILLWAY_SOURCE_DIR) / "tests/fixtures/oom-logs");
}

// Written down, with what each must yield, before they were first tried (docs/explain.md).
TEST(Cases, UnseenLogs) {
  for (const char* folder : {"oom-logs-unseen", "oom-logs-unseen-2"}) {
    expect_cases(std::filesystem::path(SPILLWAY_SOURCE_DIR) / "tests/fixtures" / folder);
  }
}

TEST(Cases, RealLogs) {
  const auto folder = std::filesystem::path(SPILLWAY_SOURCE_DIR) / "../shared/data/oom-logs";
  const auto beside_worktrees =
      std::filesystem::path(SPILLWAY_SOURCE_DIR) / "../../shared/data/oom-logs";
  for (const auto& place : {folder, beside_worktrees}) {
    if (std::filesystem::exists(place / "cases.json")) return expect_cases(place);
  }
  GTEST_SKIP() << "there is no " << folder;
}

}  // namespace
}  // namespace spillway::doctor
