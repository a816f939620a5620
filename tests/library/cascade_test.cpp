#include "spillway/cascade.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>

namespace spillway {
namespace {

struct Models {
  double confidence = 0.9;
  bool light_fails = false, heavy_fails = false;
  int woken = 0;

  Cascade<std::string, std::string> cascade() {
    return {[this](const std::string& request) {
              if (light_fails) throw std::runtime_error("light");
              return Confident<std::string>{"light " + request, confidence};
            },
            [this](const std::string& request) {
              ++woken;
              if (heavy_fails) throw std::runtime_error("heavy");
              return "heavy " + request;
            }};
  }
};

TEST(CascadeTest, ASureLightAnswerDoesNotWakeTheHeavyModel) {
  Models models;
  const auto result = models.cascade().answer("a");
  EXPECT_EQ(result.answer, "light a");
  EXPECT_EQ(result.route, CascadeRoute::light);
  EXPECT_EQ(models.woken, 0);
}

TEST(CascadeTest, TheThresholdItselfIsSureEnough) {
  Models models{.confidence = 0.88};
  EXPECT_EQ(models.cascade().answer("a").route, CascadeRoute::light);
  models.confidence = 0.8799;
  EXPECT_EQ(models.cascade().answer("a").route, CascadeRoute::heavy);
}

TEST(CascadeTest, AConfidenceThatIsNoNumberIsNone) {
  Models models{.confidence = std::nan("")};
  const auto result = models.cascade().answer("a");
  EXPECT_EQ(result.route, CascadeRoute::heavy);
  EXPECT_EQ(result.confidence, 0);
}

TEST(CascadeTest, AFailingLightModelIsReplacedAndAFailingHeavyOneFallsBack) {
  Models models{.light_fails = true};
  EXPECT_EQ(models.cascade().answer("a").answer, "heavy a");
  models = {.confidence = 0.5, .heavy_fails = true};
  const auto result = models.cascade().answer("a");
  EXPECT_EQ(result.answer, "light a");
  EXPECT_EQ(result.route, CascadeRoute::light_fallback);
}

TEST(CascadeTest, WhenBothFailTheHeavyModelsErrorIsTheCallers) {
  Models models{.light_fails = true, .heavy_fails = true};
  try {
    models.cascade().answer("a");
    FAIL() << "an answer from nowhere";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "heavy");
  }
}

}  // namespace
}  // namespace spillway
