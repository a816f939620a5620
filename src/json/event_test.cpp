#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "json/codec.h"
#include "json/samples_test.h"

namespace spillway {
namespace {

std::vector<Event> one_of_each() {
  return {sample<Frame>(),        sample<StepStarted>(),   sample<StepEnded>(),
          sample<LevelChanged>(), sample<TenantChanged>(), sample<PolicyChanged>(),
          sample<Note>()};
}

TEST(Events, AreReadBackAsTheKindTheyWere) {
  for (const Event& event : one_of_each()) {
    const auto back = from_text<Event>(to_text(event));
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(back->index(), event.index());
    EXPECT_EQ(to_text(*back), to_text(event));
    EXPECT_EQ(to_text(*from_text<Event>(to_compact_text(event))), to_text(event));
  }
}

TEST(Events, NameTheirKindFirst) {
  const std::vector<std::string> kinds{"frame",         "step_started",   "step_ended",
                                       "level_changed", "tenant_changed", "policy_changed",
                                       "note"};
  const auto events = one_of_each();
  ASSERT_EQ(events.size(), std::variant_size_v<Event>);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(to_text(events[i]).rfind("{\"kind\":\"" + kinds[i] + "\",", 0), 0U) << kinds[i];
  }
}

TEST(Events, AnUnknownKindIsToldApartFromGarbage) {
  EXPECT_EQ(from_text<Event>(R"({"kind":"invented_later"})").error().code, Errc::unsupported);
  EXPECT_EQ(from_text<Event>(R"({"kind":7})").error().code, Errc::invalid);
  EXPECT_EQ(from_text<Event>(R"({})").error().code, Errc::invalid);
  EXPECT_EQ(from_text<Event>(R"([])").error().code, Errc::invalid);
}

TEST(Events, WrongMembersAreRefusedWithTheirPath) {
  const auto event =
      from_text<Event>(R"({"kind":"frame","assessment":{"pools":[{"pool":"ram","level":3}]}})");
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().where, "assessment.pools[0].level");
}

TEST(Frames, AbsentTenantsStayAbsentAndNoTenantsStayNone) {
  Frame frame;
  auto back = from_text<Event>(to_compact_text(Event(frame)));
  EXPECT_FALSE(std::get<Frame>(*back).tenants.has_value());
  frame.tenants.emplace();
  back = from_text<Event>(to_compact_text(Event(frame)));
  ASSERT_TRUE(std::get<Frame>(*back).tenants.has_value());
  EXPECT_TRUE(std::get<Frame>(*back).tenants->empty());
}

}  // namespace
}  // namespace spillway
