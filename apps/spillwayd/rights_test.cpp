#include "rights.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace spillway {
namespace {

constexpr uid_t kDaemon = 900, kAnna = 1000, kBert = 1001;
constexpr gid_t kGroup = 70;

Peer peer(uid_t uid, std::vector<gid_t> groups = {}) { return {uid, 100, 1, std::move(groups)}; }

TEST(Rights, RootTheDaemonsUserAndTheGroupOperate) {
  const Rights rights(kDaemon, "spillway", kGroup);
  EXPECT_TRUE(rights.operates(peer(0)));
  EXPECT_TRUE(rights.operates(peer(kDaemon)));
  EXPECT_TRUE(rights.operates(peer(kAnna, {4, kGroup})));
  EXPECT_TRUE(rights.operates({kAnna, kGroup, 1, {}}));
  EXPECT_FALSE(rights.operates(peer(kAnna, {4, 27})));
}

TEST(Rights, EverybodyMayTouchTheirOwnAndNobodyElses) {
  const Rights rights(0, "spillway", kGroup);
  EXPECT_TRUE(rights.require(peer(kAnna), kAnna, "offload stt"));
  EXPECT_TRUE(rights.require(peer(kAnna, {kGroup}), kBert, "offload stt"));
  const auto denied = rights.require(peer(kAnna), kBert, "offload stt");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().code, Errc::denied);
  EXPECT_EQ(denied.error().what, "user 1000 may not offload stt, it belongs to user 1001");
  EXPECT_NE(denied.error().hint.find("usermod -aG spillway"), std::string::npos);
}

TEST(Rights, WithoutTheGroupTheHintSaysHowToMakeIt) {
  const Rights rights(0, "spillway", std::nullopt);
  EXPECT_FALSE(rights.operates(peer(kAnna, {0})));
  EXPECT_NE(rights.require_operator(peer(kAnna), "free").error().hint.find("groupadd"),
            std::string::npos);
}

TEST(Rights, FindsTheGroupInTheGroupFile) {
  const support::TempDir dir;
  const auto file = dir.write("group", "root:x:0:\nnonsense\nspillway:x:4711:anna\nvideo:x:44:\n");
  EXPECT_TRUE(Rights::of_this_process("spillway", file).operates(peer(kAnna, {4711})));
  EXPECT_FALSE(Rights::of_this_process("spillway", dir / "absent").operates(peer(kAnna, {4711})));
}

}  // namespace
}  // namespace spillway
