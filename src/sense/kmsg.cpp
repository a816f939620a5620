#include "sense/kmsg.h"

#include <fcntl.h>
#include <poll.h>

#include <cerrno>

#include "base/text.h"

namespace spillway {
namespace {

constexpr const char* kPath = "/dev/kmsg";
/// The kernel never makes a record longer than this (CONSOLE_EXT_LOG_MAX); a shorter buffer is EINVAL.
constexpr std::size_t kRecordLimit = 8192;
/// A flood of messages is worked off over several looks.
constexpr int kRecordsPerLook = 256;
/// For whoever does not wait for its events.
constexpr Duration kBetweenReads = 1s;

std::optional<std::string_view> after(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return text.substr(at + mark.size());
}

std::optional<pid_t> leading_pid(std::string_view text) {
  const auto pid = parse_i64(text.substr(0, text.find_first_not_of("0123456789")));
  if (!pid || *pid <= 0 || *pid > (1 << 22)) return std::nullopt;  // PID_MAX_LIMIT
  return static_cast<pid_t>(*pid);
}

std::optional<pid_t> pid_after(std::string_view text, std::string_view mark) {
  const auto rest = after(text, mark);
  return rest ? leading_pid(*rest) : std::nullopt;
}

}  // namespace

std::optional<std::string_view> parse_kmsg(std::string_view record) {
  auto line = record.substr(0, record.find('\n'));
  const auto semicolon = line.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  std::string_view head = line.substr(0, semicolon);
  const auto priority = next_token(head, ',');
  const auto number = priority ? parse_u64(*priority) : std::nullopt;
  constexpr std::uint64_t kSeverities = 8;  // priority = facility * 8 + severity
  if (!number || *number >= kSeverities) return std::nullopt;
  return line.substr(semicolon + 1);
}

std::optional<KernelEvent> KernelMessages::take(std::string_view message) {
  using Kind = KernelEvent::Kind;
  // NVRM: Xid (PCI:0000:41:00): 79, pid=1234, name=python, GPU has fallen off the bus.
  if (after(message, "NVRM: Xid (")) {
    return KernelEvent{
        Kind::xid, std::nullopt, pid_after(message, "pid="), std::string(message), {}};
  }
  // oom-kill:constraint=CONSTRAINT_MEMCG,...,oom_memcg=/a,task_memcg=/a/b,task=java,pid=7,uid=0
  if (const auto words = after(message, "oom-kill:constraint=")) {
    constraint_.reset();
    const auto pid = pid_after(*words, ",pid=");
    if (!pid) return std::nullopt;
    constraint_ = Constraint{*pid, std::nullopt};
    if (const auto group = after(*words, ",oom_memcg=")) {
      constraint_->pool = PoolId{"cgroup:" + std::string(group->substr(0, group->find(",task")))};
    }
    return std::nullopt;
  }
  // [Memory cgroup out of memory: |Out of memory: ]Kill process 1 (main) score 9 or sacrifice child
  if (after(message, "out of memory: Kill process ")) in_cgroup_ = true;
  if (message.starts_with("Out of memory: Kill process ")) in_cgroup_ = false;
  // [Memory cgroup out of memory: |Out of memory: ]Killed process 1 (main) total-vm:...
  const auto pid = pid_after(message, "Killed process ");
  if (!pid) return std::nullopt;
  const bool in_cgroup = message.starts_with("Memory cgroup") ||
                         (in_cgroup_ && message.starts_with("Killed process "));
  KernelEvent event{
      in_cgroup ? Kind::cgroup_oom : Kind::oom_kill, std::nullopt, pid, std::string(message), {}};
  if (!in_cgroup) event.pool = kRam;
  if (in_cgroup && constraint_ && constraint_->pid == *pid) event.pool = constraint_->pool;
  constraint_.reset();
  in_cgroup_ = false;
  return event;
}

KmsgSensor::KmsgSensor(const SysRoot& root)
    : where_(root.where(kPath)), fd_(root.open(kPath, O_RDONLY)) {
  if (!fd_) return;
  ::lseek(fd_->get(), 0, SEEK_END);
  record_.resize(kRecordLimit);
}

Result<std::vector<Reading>> KmsgSensor::read(const Look& look) {
  std::vector<Reading> events;
  if (!fd_) {
    if (is_absent(fd_.error()) || fd_.error().code == Errc::denied) return events;
    return tl::unexpected(fd_.error());
  }
  if (!look.event && wakes_ && read_ && look.now - *read_ < kBetweenReads) return events;
  read_ = look.now;
  bool others = false;
  for (int records = 0; records < kRecordsPerLook; ++records) {
    const ssize_t n = ::read(fd_->get(), record_.data(), record_.size());
    if (n == 0 || (n < 0 && errno == EAGAIN)) break;
    if (n < 0 && (errno == EPIPE || errno == EINTR))
      continue;  // EPIPE: the oldest were overwritten
    if (n < 0) return tl::unexpected(system_error(errno, where_));
    const auto message =
        parse_kmsg(std::string_view(record_).substr(0, static_cast<std::size_t>(n)));
    auto event = message ? messages_.take(*message) : std::nullopt;
    others = others || !event;
    if (!event) continue;
    event->at = look.now;
    events.push_back(*std::move(event));
  }
  // A kernel that logs all the time (a firewall, a broken disk) must not keep the guard awake: after
  // records of no interest the file is only read at timed looks, until one finds nothing new.
  wakes_ = !others || !events.empty();
  return events;
}

void KmsgSensor::wake_fds(std::vector<WakeFd>& out) const {
  if (fd_ && wakes_) out.push_back({fd_->get(), POLLIN});
}

void KmsgSensor::capabilities(std::vector<Capability>& out) const {
  out.push_back({"kmsg", fd_.has_value(), fd_ ? where_ : to_string(fd_.error())});
}

}  // namespace spillway
