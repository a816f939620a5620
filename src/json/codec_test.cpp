#include "json/codec.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "json/fields_event.h"
#include "json/fields_status.h"
#include "json/samples_test.h"

namespace spillway {
namespace {

using nlohmann::json;

/// Converts to whatever an aggregate's member is.
struct Anything {
  template <class T>
  requires(
      !requires { typename T::value_type; } || requires(T t) { t.size(); })
  operator T() const;
  template <class T>
  operator std::optional<T>() const;
};

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), Anything{})...}; };
}

/// How many members the aggregate T has.
template <class T, std::size_t N = 40>
constexpr std::size_t members() {
  if constexpr (N == 0 || takes<T>(std::make_index_sequence<N>())) {
    return N;
  } else {
    return members<T, N - 1>();
  }
}

/// Counts what a fields() description names.
struct Counter {
  template <class T>
  using Ref = const T&;
  std::size_t count = 0;
  void operator()(const char*, const auto&) { ++count; }
  void must(const char*, const auto&) { ++count; }
};

template <class T>
class Described : public testing::Test {};
using DescribedTypes =
    testing::Types<ProcessKey, Error, PoolReading, StallReading, VmCounters, MemoryDetail,
                   ProcessReading, DeviceUse, KernelEvent, Fault, Snapshot, PoolAssessment,
                   Assessment, PoolChange, Variant, Abilities, Taken, Tenant, Offer, Demand, Step,
                   Declined, Plan, Outcome, LevelRule, StallRule, PoolPolicy, LadderPolicy,
                   RestorePolicy, CadencePolicy, Policy, Capability, PoolStatus, StallStatus,
                   Counters, StatusReport, Frame, StepStarted, StepEnded, LevelChanged,
                   TenantChanged, PolicyChanged, Note>;
TYPED_TEST_SUITE(Described, DescribedTypes);

TYPED_TEST(Described, NamesEveryMember) {
  Counter counter;
  fields(counter, TypeParam{});
  EXPECT_EQ(counter.count, members<TypeParam>())
      << "a member was added to the model: name it in json/fields_*.h and in samples_test.h";
}

/// The places at which two documents have the same leaf.
std::vector<std::string> same_leaves(const json& a, const json& b) {
  std::vector<std::string> same;
  const json flat_a = a.flatten();
  const json flat_b = b.flatten();
  for (const auto& [place, leaf] : flat_a.items()) {
    if (flat_b.contains(place) && flat_b[place] == leaf) same.push_back(place);
  }
  return same;
}

template <class T>
class Codec : public testing::Test {};
using CodecTypes =
    testing::Types<PoolReading, StallReading, VmCounters, MemoryDetail, ProcessReading, DeviceUse,
                   KernelEvent, Fault, Snapshot, PoolAssessment, Assessment, PoolChange, Tenant,
                   Offer, Demand, Step, Declined, Plan, Outcome, Policy, PoolStatus, Capability,
                   StatusReport>;
TYPED_TEST_SUITE(Codec, CodecTypes);

TYPED_TEST(Codec, TheSampleTestsEveryMember) {
  EXPECT_EQ(same_leaves(to_json(sample<TypeParam>()), to_json(TypeParam{})),
            std::vector<std::string>{});
}

TYPED_TEST(Codec, IsReadBackAsItWasWritten) {
  const std::string text = to_text(sample<TypeParam>());
  const auto back = from_text<TypeParam>(text);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(to_text(*back), text);
}

TYPED_TEST(Codec, CompactTextSaysTheSame) {
  for (const TypeParam& value : {sample<TypeParam>(), TypeParam{}}) {
    const auto back = from_text<TypeParam>(to_compact_text(value));
    ASSERT_TRUE(back) << to_string(back.error());
    EXPECT_EQ(to_text(*back), to_text(value));
    EXPECT_LE(to_compact_text(value).size(), to_text(value).size());
  }
}

TYPED_TEST(Codec, TreeAndTextSayTheSame) {
  EXPECT_EQ(to_json(sample<TypeParam>()), json::parse(to_text(sample<TypeParam>())));
}

TYPED_TEST(Codec, MembersOfALaterVersionAreIgnored) {
  json document = to_json(sample<TypeParam>());
  document["invented_later"] = {{"deep", {1, 2, 3}}};
  const auto back = from_json<TypeParam>(document);
  ASSERT_TRUE(back) << to_string(back.error());
  EXPECT_EQ(to_text(*back), to_text(sample<TypeParam>()));
}

TYPED_TEST(Codec, EveryMemberRefusesAWrongType) {
  const json good = to_json(sample<TypeParam>());
  for (const auto& [key, value] : good.items()) {
    json bad = good;
    bad[key] = value.is_object() || value.is_array() ? json("text") : json{{"an", "object"}};
    const auto back = from_json<TypeParam>(bad);
    ASSERT_FALSE(back) << key;
    EXPECT_EQ(back.error().code, Errc::invalid);
    EXPECT_EQ(back.error().where, key);
  }
}

TYPED_TEST(Codec, WhatIsNoObjectIsRefused) {
  for (const char* text : {"null", "[]", "3", "\"x\"", "true"}) {
    const auto back = from_text<TypeParam>(text);
    ASSERT_FALSE(back) << text;
    EXPECT_EQ(back.error().what, "not an object");
  }
}

TYPED_TEST(Codec, EveryTruncationIsRefused) {
  const std::string text = to_text(sample<TypeParam>());
  for (std::size_t length = 0; length < text.size(); length += 1 + text.size() / 200) {
    EXPECT_FALSE(from_text<TypeParam>(text.substr(0, length))) << length;
  }
}

}  // namespace
}  // namespace spillway
