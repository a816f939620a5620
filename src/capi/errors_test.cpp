#include "capi/errors.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>

#include "capi/error_classifier.h"
#include "capi/error_ledger.h"

namespace spillway {
namespace {

TEST(ErrorLedger, FallsBackAtTheThirdErrorWithinTheWindow) {
  ErrorLedger ledger(3, 10min);
  EXPECT_FALSE(ledger.add(TimePoint(1h)));
  EXPECT_FALSE(ledger.add(TimePoint(1h + 9min)));
  EXPECT_TRUE(ledger.add(TimePoint(1h + 10min)));
  EXPECT_TRUE(ledger.fallen_back());
}

TEST(ErrorLedger, ForgetsErrorsThatAreOlderThanTheWindow) {
  ErrorLedger ledger(3, 10min);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(ledger.add(TimePoint(6min * i))) << i;
  EXPECT_EQ(ledger.total(), 20U);
}

TEST(ErrorLedger, StaysFallenBackUntilReset) {
  ErrorLedger ledger(1, 1min);
  EXPECT_TRUE(ledger.add(TimePoint(1h)));
  EXPECT_TRUE(ledger.add(TimePoint(100h)));
  ledger.reset();
  EXPECT_FALSE(ledger.fallen_back());
  EXPECT_EQ(ledger.total(), 2U);
}

TEST(ErrorClassifier, TellsMemoryFromADeadContextFromTheRest) {
  EXPECT_EQ(classify_error("CUDA out of memory. Tried to allocate 2.50 GiB"), ErrorKind::memory);
  EXPECT_EQ(classify_error("std::bad_alloc"), ErrorKind::memory);
  EXPECT_EQ(classify_error("CUDA error: an illegal memory access was encountered"),
            ErrorKind::sticky);
  EXPECT_EQ(classify_error("no such file or directory"), ErrorKind::other);
  EXPECT_EQ(classify_error("out of range"), ErrorKind::other);
  EXPECT_EQ(classify_error(""), ErrorKind::other);
}

TEST(WantedBytes, ReadsTheSizeOutOfTheMessageOfTheFramework) {
  EXPECT_EQ(wanted_bytes("CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has"),
            Bytes{2684354560});
  EXPECT_EQ(wanted_bytes("Failed to allocate memory for requested buffer of size 268435456"),
            Bytes{268435456});
  EXPECT_EQ(wanted_bytes("allocating 1024.00 MiB on device 0: cudaMalloc failed"), 1024_MiB);
  EXPECT_EQ(wanted_bytes("Tried to allocate 20 bananas"), Bytes{20});
  EXPECT_EQ(wanted_bytes("std::bad_alloc"), std::nullopt);
  EXPECT_EQ(wanted_bytes("Tried to allocate all of it"), std::nullopt);
}

TEST(Border, TurnsWhateverIsThrownIntoACode) {
  EXPECT_EQ(at_the_border([]() -> int { throw std::bad_alloc(); }), SPILLWAY_E_NO_MEMORY);
  EXPECT_EQ(at_the_border([]() -> int { throw std::runtime_error("broken"); }),
            SPILLWAY_E_INTERNAL);
  EXPECT_STREQ(last_error(), "broken");
  EXPECT_EQ(at_the_border([]() -> int { throw 1; }), SPILLWAY_E_INTERNAL);
}

TEST(Border, EveryCodeHasItsWordsAndComesBackFromItsErrc) {
  for (int code = SPILLWAY_E_INTERNAL; code <= SPILLWAY_OK; ++code) {
    EXPECT_STRNE(words_for(code), "unknown error") << code;
  }
  EXPECT_STREQ(words_for(-999), "unknown error");
  for (const Errc errc : {Errc::not_found, Errc::denied, Errc::invalid, Errc::unavailable,
                          Errc::timed_out, Errc::io, Errc::refused}) {
    EXPECT_EQ(errc_of(code_of(errc)), errc);
  }
}

TEST(Border, RemembersTheLastErrorOfEachThreadAlone) {
  report(Error{Errc::invalid, "is empty", "name", "give one"});
  EXPECT_EQ(std::string(last_error()), "name: is empty (give one)");
  std::thread([] { EXPECT_STREQ(last_error(), ""); }).join();
}

}  // namespace
}  // namespace spillway
