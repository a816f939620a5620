#include "spillway/shared_buffer.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstring>
#include <string>
#include <vector>

namespace spillway {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
std::string text_of(std::span<const std::byte> bytes) {
  std::string text(bytes.size(), '\0');
  if (!bytes.empty()) std::memcpy(text.data(), bytes.data(), bytes.size());
  return text;
}

TEST(SharedBufferTest, WhatOneProcessWritesAnotherReadsInPlace) {
  auto writer = SharedBuffer::create(4, 1024);
  const auto ticket = writer.write(bytes_of("audio"));
  ASSERT_TRUE(ticket);
  const pid_t child = ::fork();
  if (child == 0) {
    auto reader = SharedBuffer::attach(writer.fd());
    const std::string text = text_of(reader.read(*ticket).bytes());  // the view ends here
    ::_exit(text == "audio" ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(writer.free_slots(), 4u) << "the reader gave the slot back";
}

TEST(SharedBufferTest, AFullRingAndATooLongRequestAreRefused) {
  auto buffer = SharedBuffer::create(2, 8);
  EXPECT_FALSE(buffer.write(bytes_of("nine byte")));
  const auto first = buffer.write(bytes_of("1"));
  ASSERT_TRUE(buffer.write(bytes_of("2")));
  EXPECT_FALSE(buffer.write(bytes_of("3")));
  { const auto view = buffer.read(*first); }
  EXPECT_TRUE(buffer.write(bytes_of("3")));
}

TEST(SharedBufferTest, ADraftThatIsNotCommittedIsNeverRead) {
  auto buffer = SharedBuffer::create(1, 8);
  {
    auto draft = buffer.draft(5);
    ASSERT_TRUE(draft);
    EXPECT_FALSE(buffer.draft(5)) << "the only slot is being written";
    EXPECT_THROW(buffer.read({0, 1, 5}), std::runtime_error);
  }
  EXPECT_EQ(buffer.free_slots(), 1u);
  auto draft = buffer.draft(2);
  draft->bytes()[0] = std::byte{'o'};
  draft->bytes()[1] = std::byte{'k'};
  EXPECT_EQ(text_of(buffer.read(draft->commit()).bytes()), "ok");
}

TEST(SharedBufferTest, EmptyRequestsAreRequestsToo) {
  auto buffer = SharedBuffer::create(1, 8);
  const auto ticket = buffer.write({});
  ASSERT_TRUE(ticket);
  EXPECT_EQ(buffer.read(*ticket).bytes().size(), 0u);
}

TEST(SharedBufferTest, TicketsFromTheWireAreChecked) {
  auto buffer = SharedBuffer::create(2, 64);
  const auto ticket = buffer.write(bytes_of("hello"));
  ASSERT_TRUE(ticket);
  EXPECT_THROW(buffer.read({99, 1, 5}), std::out_of_range);
  EXPECT_THROW(buffer.read({ticket->slot, ticket->generation, 65}), std::out_of_range);
  EXPECT_THROW(buffer.read({ticket->slot, ticket->generation + 1, 5}), std::runtime_error);
  EXPECT_THROW(buffer.read({ticket->slot, ticket->generation, 4}), std::runtime_error);
  EXPECT_EQ(text_of(buffer.read(*ticket).bytes()), "hello") << "the bad ones did no harm";
  EXPECT_THROW(buffer.read(*ticket), std::runtime_error) << "read twice";
}

TEST(SharedBufferTest, ATicketDoesNotReadTheNextRequestInItsSlot) {
  auto buffer = SharedBuffer::create(1, 64);
  const auto old = buffer.write(bytes_of("old"));
  { const auto view = buffer.read(*old); }
  const auto fresh = buffer.write(bytes_of("new"));
  EXPECT_THROW(buffer.read(*old), std::runtime_error);
  EXPECT_EQ(text_of(buffer.read(*fresh).bytes()), "new");
}

TEST(SharedBufferTest, ADeadWriterIsNoticed) {
  // The descriptor must outlive its writer: made here, handed down, adopted as the child's own.
  auto made = SharedBuffer::create(1, 64);
  const pid_t child = ::fork();
  if (child == 0) {
    auto* words = static_cast<std::uint32_t*>(
        ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, made.fd(), 0));
    words[3] = static_cast<std::uint32_t>(::getpid());  // the header's writer
    words[4] = 1;                                       // slot 0 is being written ...
    ::_exit(0);                                         // ... and never finished
  }
  ::waitpid(child, nullptr, 0);
  auto reader = SharedBuffer::attach(made.fd());
  EXPECT_FALSE(reader.writer_alive());
  try {
    reader.read({0, 1, 5});
    FAIL() << "read a torn request";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("died"), std::string::npos);
  }
}

TEST(SharedBufferTest, WhatIsNoSharedBufferIsNotMapped) {
  const int plain = ::memfd_create("plain", MFD_CLOEXEC);
  EXPECT_THROW(SharedBuffer::attach(plain), std::runtime_error);
  ::close(plain);
  const int sealed = ::memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  ASSERT_EQ(::ftruncate(sealed, 4096), 0);
  const std::uint32_t lie[4] = {0x53505731, 0xffffffff, 0xffffffff, 1};
  ASSERT_EQ(::pwrite(sealed, lie, sizeof lie, 0), static_cast<ssize_t>(sizeof lie));
  ASSERT_EQ(::fcntl(sealed, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), 0);
  EXPECT_THROW(SharedBuffer::attach(sealed), std::runtime_error);
  ::close(sealed);
  EXPECT_THROW(SharedBuffer::attach(-1), std::system_error);
}

}  // namespace
}  // namespace spillway
