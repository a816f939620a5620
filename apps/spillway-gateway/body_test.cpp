#include "body.h"

#include <gtest/gtest.h>

#include "ollama.h"

namespace spillway::gateway {
namespace {

TEST(Body, AMemberIsReplacedOrAdded) {
  EXPECT_EQ(with_member(R"({"a": 1 , "b":[2]})", "a", "7"), R"({"a": 7 , "b":[2]})");
  EXPECT_EQ(with_member(R"({"a": {"b": 1}} )", "b", "7"), R"({"a": {"b": 1},"b":7} )");
  EXPECT_EQ(with_member("{ }", "b", "7"), R"({ "b":7})");
  EXPECT_EQ(member(R"({"a": {"b": 1}})", "b"), std::nullopt);
  EXPECT_EQ(member("[]", "b"), std::nullopt);
  EXPECT_EQ(member(R"({"b": 1)", "b"), std::nullopt);
  EXPECT_EQ(member(R"({"b": 1.50})", "b")->raw, "1.50");
}

TEST(Ollama, LosesNothingInSilence) {
  EXPECT_EQ(
      without_loss(R"({"model":"m","options":{"num_ctx":8,"num_predict":-1},"truncate":true})", 5),
      R"({"model":"m","options":{"num_ctx":8,"num_predict":5},"truncate":false,"shift":false})");
  const std::string good = R"({"truncate":false,"options":{"num_predict":5},"shift":false})";
  EXPECT_EQ(without_loss(good, 5), good);
  EXPECT_EQ(without_loss("{}", 5),
            R"({"truncate":false,"shift":false,"options":{"num_predict":5}})");
  const OllamaLengths said = ollama_lengths(R"({"options":{"num_ctx":4096,"num_predict":-2}})");
  EXPECT_EQ(said.window, 4096U);
  EXPECT_EQ(said.output_cap, std::nullopt);
}

}  // namespace
}  // namespace spillway::gateway
