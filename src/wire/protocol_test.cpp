#include "wire/protocol.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace spillway {
namespace {

using nlohmann::json;

json parsed(const std::string& line) {
  EXPECT_TRUE(line.ends_with('\n'));
  EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line only";
  return json::parse(line);
}

TEST(Protocol, WritesRequestsAnswersAndEventsAsOneLineOfJson) {
  EXPECT_EQ(parsed(request_line(7, "status", R"({"owners":true})")),
            json::parse(R"({"id":7,"method":"status","params":{"owners":true}})"));
  EXPECT_EQ(parsed(answer_line("\"a\"", std::string("[1]"))),
            json::parse(R"({"id":"a","result":[1]})"));
  EXPECT_EQ(parsed(event_line(R"({"kind":"level"})")),
            json::parse(R"({"event":{"kind":"level"}})"));
}

TEST(Protocol, CarriesErrorsWithCodeMessageAndHint) {
  const Error error{Errc::denied, "not yours", "stt", "join the group"};
  const json line = parsed(answer_line("1", tl::unexpected(error)));
  EXPECT_EQ(line, json::parse(R"({"id":1,"error":{"code":"denied","message":"stt: not yours",
                                                  "hint":"join the group"}})"));
  const Error back = error_of(line["error"]);
  EXPECT_EQ(back.code, Errc::denied);
  EXPECT_EQ(back.what, "stt: not yours");
  EXPECT_EQ(back.hint, "join the group");
}

TEST(Protocol, UnknownErrorCodesAndBareErrorsAreStillErrors) {
  EXPECT_EQ(error_of(json::parse(R"({"code":"cosmic"})")).code, Errc::io);
  EXPECT_FALSE(error_of(json::parse("17")).what.empty());
}

TEST(Protocol, ReadsBackTheQuestionItAsks) {
  const GuestRequest request{"stt", "offload", "cpu", Bytes{1 << 20}, "ram at critical"};
  const auto ask = ask_of(parsed(ask_line(9, request, 1500ms)));
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->id, 9);
  EXPECT_EQ(ask->request.tenant, "stt");
  EXPECT_EQ(ask->request.verb, "offload");
  EXPECT_EQ(ask->request.detail, "cpu");
  EXPECT_EQ(ask->request.bytes, Bytes{1 << 20});
  EXPECT_EQ(ask->request.reason, "ram at critical");
  EXPECT_EQ(ask->within, 1500ms);
}

TEST(Protocol, RefusesQuestionsThatAreNone) {
  for (const char* text : {"{}", R"({"id":1})", R"({"id":-1,"ask":{"verb":"trim"}})",
                           R"({"id":1,"ask":[]})", R"({"id":1,"ask":{"tenant":"a"}})"}) {
    EXPECT_FALSE(ask_of(json::parse(text))) << text;
  }
  const auto patient =
      ask_of(json::parse(R"({"id":1,"ask":{"verb":"trim","deadline_ms":9223372036854775807}})"));
  ASSERT_TRUE(patient);
  EXPECT_EQ(patient->within, 24h) << "adding it to a clock must not overflow";
}

TEST(Protocol, ReadsBackTheGuestsAnswer) {
  GuestReply reply;
  reply.changes = {{"vram:GPU-1", Bytes{-5}}, {"ram", Bytes{3}}};
  reply.detail = "cpu";
  reply.pause = 12ms;
  reply.data = std::string("\0state\xff", 7);
  const json line = parsed(ask_answer_line(4, reply));
  EXPECT_EQ(line["id"], 4);
  const auto back = guest_reply_of(line["answer"]);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->changes, reply.changes);
  EXPECT_EQ(back->detail, "cpu");
  EXPECT_EQ(back->pause, 12ms);
  EXPECT_EQ(back->data, reply.data);
}

TEST(Protocol, RefusesAnswersItCannotCountWith) {
  for (const char* text :
       {"[]", "1", R"({"changes":{}})", R"({"data_base64":"?"})", R"({"changes":[{"pool":"ram"}]})",
        R"({"changes":[{"pool":"","delta_bytes":1}]})",
        R"({"changes":[{"pool":"ram","delta_bytes":1.5}]})",
        R"({"changes":[{"pool":"ram","delta_bytes":18446744073709551615}]})"}) {
    EXPECT_FALSE(guest_reply_of(json::parse(text))) << text;
  }
}

TEST(Protocol, AMessageIsAnObjectWithinBounds) {
  EXPECT_TRUE(parse_message(R"({"id":1})", kRequestLimits));
  for (const std::string& text :
       {std::string("[]"), std::string("nonsense"), std::string("{\"id\":"),
        std::string("\xff\xfe"), std::string(1 << 20, '['),
        "{\"a\":[" + std::string(1 << 18, ',') + "]}"}) {
    const auto message = parse_message(text, kRequestLimits);
    ASSERT_FALSE(message) << text.substr(0, 20);
    EXPECT_EQ(message.error().code, Errc::invalid);
    EXPECT_FALSE(message.error().hint.empty());
  }
}

}  // namespace
}  // namespace spillway
