#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "end_to_end/program.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

// `spillway plan --calibrate` with programs that take a known amount of RAM: dd has one buffer of bs.

namespace spillway {
namespace {

using nlohmann::json;
using support::eventually;
using testing::HasSubstr;

constexpr std::int64_t kHeld = std::int64_t{300} << 20;

class Calibrate : public testing::Test {
 protected:
  support::Ran run(std::vector<std::string> arguments) const {
    return support::spillway(arguments, {.environment = {{"XDG_STATE_HOME", dir.path()}}});
  }
  /// `more` after a model that takes about as much as the programs below.
  support::Ran plan(const std::vector<std::string>& more) const {
    std::vector<std::string> words{"plan",      "--params",    "50M",   "--dtype", "fp16",
                                   "--backend", "onnxruntime", "--ram", "8GiB",    "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  static std::vector<std::string> hold(std::int64_t bytes) {
    return {"dd", "if=/dev/zero", "of=/dev/null", "count=1", "bs=" + std::to_string(bytes)};
  }
  support::Ran calibrate(const std::vector<std::string>& command) const {
    std::vector<std::string> words{"--calibrate", "--"};
    words.insert(words.end(), command.begin(), command.end());
    return plan(words);
  }

  support::TempDir dir;
};

TEST_F(Calibrate, ThePlanAfterwardsIsWhatWasMeasured) {
  const std::int64_t before =
      json::parse(plan({}).out)["models"][0]["ram_peak_bytes"]["likely"].get<std::int64_t>();
  const auto ran = calibrate(hold(kHeld));
  ASSERT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("copied"));  // dd's own words
  const json made = json::parse(ran.out);
  EXPECT_EQ(made["calibration"]["in"], "ram");
  EXPECT_EQ(made["calibration"]["exit_code"], 0);
  EXPECT_EQ(made["calibration"]["predicted_bytes"]["likely"], before);
  const auto measured = made["calibration"]["measured_bytes"].get<std::int64_t>();
  EXPECT_GE(measured, kHeld);
  EXPECT_LT(measured, kHeld + (16 << 20));  // the program itself

  const json model = json::parse(plan({}).out)["models"][0];
  EXPECT_NEAR(model["ram_peak_bytes"]["likely"].get<double>(), static_cast<double>(measured),
              0.03 * static_cast<double>(measured));
  EXPECT_GE(model["ram_peak_bytes"]["high"], measured);
  EXPECT_LE(model["ram_peak_bytes"]["high"].get<double>(), 1.031 * static_cast<double>(measured));
  EXPECT_EQ(model["correction"]["measured_bytes"], measured);
  EXPECT_THAT(model["notes"].dump(), HasSubstr("corrected by the run of 20"));
  EXPECT_EQ(model["parts"].back()["origin"], "calibrated");
  // Another run of the same length takes no more than was promised.
  const auto again = json::parse(calibrate(hold(kHeld)).out)["calibration"];
  EXPECT_LE(again["measured_bytes"], model["ram_peak_bytes"]["high"]);
}

TEST_F(Calibrate, WithoutCorrectionsTheFormulasCount) {
  const std::string before = plan({}).out;
  ASSERT_EQ(calibrate(hold(kHeld)).code, 0);
  EXPECT_NE(plan({}).out, before);
  EXPECT_EQ(plan({"--no-corrections"}).out, before);
  EXPECT_TRUE(json::parse(plan({"--slots", "2"}).out)["models"][0]["correction"].is_null());
}

TEST_F(Calibrate, ForAPersonItIsALine) {
  const auto ran =
      run({"plan", "--params", "50M", "--backend", "onnxruntime", "--explain", "--calibrate", "--",
           "dd", "if=/dev/zero", "of=/dev/null", "count=1", "bs=300M"});
  EXPECT_THAT(ran.out, testing::StartsWith("calibrated: 30"));
  EXPECT_THAT(ran.out, HasSubstr("learned from a measured run"));
  EXPECT_THAT(ran.out, HasSubstr("note: model: corrected by the run of"));
}

TEST_F(Calibrate, ARunThatFailedTeachesNothing) {
  const auto failed = calibrate({"sh", "-c", "exit 7"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_EQ(failed.out, "");
  EXPECT_THAT(failed.err, HasSubstr("it ended with 7: nothing was learned"));
  const auto killed = calibrate({"sh", "-c", "kill -KILL $$"});
  EXPECT_EQ(killed.code, 1);
  EXPECT_THAT(killed.err, HasSubstr("137"));
  const auto missing = calibrate({"/nonexistent/program"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("/nonexistent/program"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // theirs is measured too
  const auto other = calibrate({"true"});  // a tenth of what is predicted: another program
  EXPECT_EQ(other.code, 1);
  EXPECT_THAT(other.err, HasSubstr("that was not this model"));
  EXPECT_EQ(::access((dir / "spillway/corrections.jsonl").c_str(), F_OK), -1);
#endif
}

TEST_F(Calibrate, WhatCannotBeMeasuredIsSaid) {
  EXPECT_EQ(run({"plan", "--params", "50M", "--calibrate"}).code, 2);
  EXPECT_EQ(run({"plan", "--params", "50M", "--calibrate", "--"}).code, 2);
  EXPECT_EQ(run({"plan", "--calibrate", "--", "true"}).code, 2);
  EXPECT_EQ(run({"plan", "--params", "50M", "--calibrate", "--no-corrections", "--", "true"}).code,
            2);
  const auto talk = run({"plan", "--params", "50M", "--vram", "8GiB", "--calibrate", "--", "true"});
  EXPECT_EQ(talk.code, 2);
  EXPECT_THAT(talk.err, HasSubstr("leave --vram out"));
}

TEST_F(Calibrate, AServerEndsWhenItIsInterrupted) {
  support::Child supervisor([&] {
    ::setenv("XDG_STATE_HOME", dir.path().c_str(), 1);
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::execl(SPILLWAY_BINARY_DIR "/spillway", "spillway", "--socket", "/nonexistent", "plan",
            "--params", "50M", "--backend", "onnxruntime", "--ram", "8GiB", "--svg",
            (dir / "after.svg").c_str(), "--calibrate", "--", "sh", "-c",
            "x=$(head -c 100M /dev/zero | tr '\\0' x); : >\"$0\"; while :; do sleep 0.01; done",
            (dir / "ready").c_str(), nullptr);
  });
  ASSERT_TRUE(eventually([&] { return ::access((dir / "ready").c_str(), F_OK) == 0; }));
  supervisor.kill(SIGINT);
  supervisor.reap();
  EXPECT_THAT(dir.read("spillway/corrections.jsonl"), HasSubstr("\"device\":\"ram\""));
  EXPECT_THAT(dir.read("after.svg"), HasSubstr("<svg"));  // it went on to the plan
}

TEST_F(Calibrate, AHostileFileOfCorrectionsIsNoHarm) {
  ASSERT_EQ(calibrate(hold(kHeld)).code, 0);
  std::string text = dir.read("spillway/corrections.jsonl");
  const auto at = text.find("\"constant_bytes\":");
  text.replace(at, text.find(',', at) - at, "\"constant_bytes\":1000000000000000");
  dir.write("spillway/corrections.jsonl", "garbage\n" + text);
  const auto ran = plan({});
  EXPECT_THAT(ran.err, HasSubstr("1 line that is no correction"));
  const json model = json::parse(ran.out)["models"][0];
  EXPECT_LT(model["ram_peak_bytes"]["likely"], std::int64_t{1} << 31);
  EXPECT_THAT(model["notes"].dump(), HasSubstr("it is absurd"));
}

}  // namespace
}  // namespace spillway
