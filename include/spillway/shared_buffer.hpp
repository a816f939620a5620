#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace spillway {
inline namespace v0 {

/// Where one request's bytes are in a SharedBuffer: small enough for any message between programs.
struct Ticket {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  std::uint32_t length = 0;
};

/// A ring of slots in memory that two processes share (a sealed memfd, so that neither can shrink
/// it under the other): a request's audio or tensor is written once by one and read in place by the
/// other. A full ring refuses. Bounds and generations are checked at every read, for what comes over
/// the wire is not to be trusted; a writer that died is noticed. One process writes, any number of
/// threads in it; one process reads.
class SharedBuffer {
 public:
  class Draft;
  class View;

  /// Throws std::system_error.
  static SharedBuffer create(std::uint32_t slots, std::uint32_t slot_bytes);
  /// Maps what create() made in another process; the descriptor stays the caller's. Throws
  /// std::runtime_error when it is not a SharedBuffer, or one whose size does not add up.
  static SharedBuffer attach(int fd);

  SharedBuffer(SharedBuffer&& other) noexcept { *this = std::move(other); }
  SharedBuffer& operator=(SharedBuffer&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(base_, other.base_);
    std::swap(size_, other.size_);
    std::swap(slots_, other.slots_);
    std::swap(slot_bytes_, other.slot_bytes_);
    std::swap(next_, other.next_);
    return *this;
  }
  ~SharedBuffer() {
    if (base_ != nullptr) ::munmap(base_, size_);
    if (fd_ >= 0) ::close(fd_);
  }

  /// To be passed to the other process (SCM_RIGHTS, inheritance). The buffer's own.
  int fd() const { return fd_; }
  std::uint32_t slot_bytes() const { return slot_bytes_; }

  /// A free slot to write `length` bytes into, in place; nullopt when there is none, or it would not
  /// fit.
  std::optional<Draft> draft(std::size_t length);
  /// Copies the bytes into a free slot; nullopt as draft().
  std::optional<Ticket> write(std::span<const std::byte> bytes);
  /// The bytes in place; the slot is free again when the view ends. Throws std::out_of_range for a
  /// ticket that this buffer never gave, and std::runtime_error when it is stale, read already, or
  /// its writer died before it was complete.
  View read(const Ticket& ticket);
  /// Slots in use by nobody.
  std::uint32_t free_slots() const;
  bool writer_alive() const;

 private:
  enum State : std::uint32_t { kFree, kWriting, kReady, kReading };
  struct Header {
    std::uint32_t magic, slots, slot_bytes;
    std::int32_t writer;
  };
  struct Slot {
    std::atomic<std::uint32_t> state, generation, length;
  };
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
  static constexpr std::uint32_t kMagic = 0x53505731;  // "SPW1"
  static constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

  SharedBuffer() = default;
  static std::size_t data_offset(std::uint32_t slots) {
    return (sizeof(Header) + std::size_t{slots} * sizeof(Slot) + 4095) / 4096 * 4096;
  }
  static std::size_t total(std::uint32_t slots, std::uint32_t slot_bytes) {
    return data_offset(slots) + std::size_t{slots} * slot_bytes;
  }
  void map(std::size_t size) {
    void* base = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (base == MAP_FAILED) throw_errno("mmap of a SharedBuffer");
    base_ = static_cast<std::byte*>(base);
    size_ = size;
  }
  [[noreturn]] static void throw_errno(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
  }
  Header& header() const { return *reinterpret_cast<Header*>(base_); }
  Slot& slot(std::uint32_t i) const { return reinterpret_cast<Slot*>(base_ + sizeof(Header))[i]; }
  std::byte* data(std::uint32_t i) const {
    return base_ + data_offset(slots_) + std::size_t{i} * slot_bytes_;
  }

  int fd_ = -1;
  std::byte* base_ = nullptr;
  std::size_t size_ = 0;
  std::uint32_t slots_ = 0, slot_bytes_ = 0;  // ours: the header could be changed under us
  std::uint32_t next_ = 0;
};

/// A request being written. Nobody reads it before commit(); without one its slot is free again.
class SharedBuffer::Draft {
 public:
  Draft(Draft&& other) noexcept
      : slot_(std::exchange(other.slot_, nullptr)), index_(other.index_), bytes_(other.bytes_) {}
  Draft& operator=(Draft&&) = delete;
  ~Draft() {
    if (slot_ != nullptr) slot_->state.store(kFree, std::memory_order_release);
  }
  std::span<std::byte> bytes() const { return bytes_; }
  /// Once.
  Ticket commit() {
    Slot& slot = *std::exchange(slot_, nullptr);
    const auto length = static_cast<std::uint32_t>(bytes_.size());
    slot.length.store(length, std::memory_order_relaxed);
    const std::uint32_t generation = slot.generation.fetch_add(1, std::memory_order_relaxed) + 1;
    slot.state.store(kReady, std::memory_order_release);
    return {index_, generation, length};
  }

 private:
  friend class SharedBuffer;
  Draft(Slot& slot, std::uint32_t index, std::span<std::byte> bytes)
      : slot_(&slot), index_(index), bytes_(bytes) {}
  Slot* slot_;
  std::uint32_t index_;
  std::span<std::byte> bytes_;
};

class SharedBuffer::View {
 public:
  View(View&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)), bytes_(other.bytes_) {}
  View& operator=(View&&) = delete;
  ~View() {
    if (slot_ != nullptr) slot_->state.store(kFree, std::memory_order_release);
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  friend class SharedBuffer;
  View(Slot& slot, std::span<const std::byte> bytes) : slot_(&slot), bytes_(bytes) {}
  Slot* slot_;
  std::span<const std::byte> bytes_;
};

inline SharedBuffer SharedBuffer::create(std::uint32_t slots, std::uint32_t slot_bytes) {
  if (slots == 0 || slot_bytes == 0) throw std::invalid_argument("a SharedBuffer of nothing");
  SharedBuffer buffer;
  buffer.fd_ = ::memfd_create("spillway-shared", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  const std::size_t size = total(slots, slot_bytes);
  if (buffer.fd_ < 0 || ::ftruncate(buffer.fd_, static_cast<off_t>(size)) != 0 ||
      ::fcntl(buffer.fd_, F_ADD_SEALS, kSeals) != 0) {
    throw_errno("memfd of a SharedBuffer");
  }
  buffer.map(size);
  buffer.slots_ = slots;
  buffer.slot_bytes_ = slot_bytes;
  buffer.header() = {kMagic, slots, slot_bytes, ::getpid()};
  return buffer;
}

inline SharedBuffer SharedBuffer::attach(int fd) {
  SharedBuffer buffer;
  buffer.fd_ = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  struct stat st {};
  if (buffer.fd_ < 0 || ::fstat(buffer.fd_, &st) != 0) throw_errno("attaching a SharedBuffer");
  const int seals = ::fcntl(buffer.fd_, F_GET_SEALS);
  const auto size = static_cast<std::size_t>(st.st_size);
  if (seals < 0 || (seals & kSeals) != kSeals || size < sizeof(Header)) {
    throw std::runtime_error("not a SharedBuffer");
  }
  buffer.map(size);
  const Header header = buffer.header();
  if (header.magic != kMagic || header.slots == 0 || header.slot_bytes == 0 ||
      header.slots > size / sizeof(Slot) || total(header.slots, header.slot_bytes) != size) {
    throw std::runtime_error("not a SharedBuffer");
  }
  buffer.slots_ = header.slots;
  buffer.slot_bytes_ = header.slot_bytes;
  return buffer;
}

inline std::optional<SharedBuffer::Draft> SharedBuffer::draft(std::size_t length) {
  if (length > slot_bytes_) return std::nullopt;
  const std::uint32_t start = std::atomic_ref(next_).fetch_add(1, std::memory_order_relaxed);
  for (std::uint32_t k = 0; k < slots_; ++k) {
    const std::uint32_t i = (start + k) % slots_;
    std::uint32_t expected = kFree;
    if (slot(i).state.compare_exchange_strong(expected, kWriting, std::memory_order_acquire)) {
      return Draft(slot(i), i, {data(i), length});
    }
  }
  return std::nullopt;
}

inline std::optional<Ticket> SharedBuffer::write(std::span<const std::byte> bytes) {
  auto into = draft(bytes.size());
  if (!into) return std::nullopt;
  if (!bytes.empty()) std::memcpy(into->bytes().data(), bytes.data(), bytes.size());
  return into->commit();
}

inline SharedBuffer::View SharedBuffer::read(const Ticket& ticket) {
  if (ticket.slot >= slots_ || ticket.length > slot_bytes_) {
    throw std::out_of_range("a ticket for slot " + std::to_string(ticket.slot) + " of " +
                            std::to_string(slots_));
  }
  Slot& from = slot(ticket.slot);
  std::uint32_t expected = kReady;
  if (!from.state.compare_exchange_strong(expected, kReading, std::memory_order_acquire)) {
    const bool torn = expected == kWriting && !writer_alive();
    throw std::runtime_error(torn ? "the writer died while it wrote this request"
                                  : "this request has been read, or is not complete");
  }
  if (from.generation.load(std::memory_order_relaxed) != ticket.generation ||
      from.length.load(std::memory_order_relaxed) != ticket.length) {
    from.state.store(kReady, std::memory_order_release);
    throw std::runtime_error("a stale ticket: its slot holds another request by now");
  }
  return View(from, {data(ticket.slot), ticket.length});
}

inline std::uint32_t SharedBuffer::free_slots() const {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < slots_; ++i) count += slot(i).state.load() == kFree;
  return count;
}

inline bool SharedBuffer::writer_alive() const {
  const pid_t writer = header().writer;
  return writer > 0 && (::kill(writer, 0) == 0 || errno == EPERM);
}

}  // namespace v0
}  // namespace spillway
