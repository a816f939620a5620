#include "sense/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/text.h"
#include "port/process_handle.h"
#include "sense/proc_files.h"

namespace spillway {
namespace {

using Buffer = std::array<char, 8192>;

/// "1234/statm" without an allocation.
struct Path {
  std::array<char, 48> text;
  Path(pid_t pid, const char* file) { std::snprintf(text.data(), text.size(), "%d%s", pid, file); }
};

UniqueFd open_at(int directory, pid_t pid, const char* file) {
  return UniqueFd(
      ::openat(directory, Path(pid, file).text.data(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

/// One pread; empty when the process has ended.
std::string_view text_of(const UniqueFd& fd, Buffer& buffer) {
  const ssize_t n = fd ? ::pread(fd.get(), buffer.data(), buffer.size(), 0) : -1;
  return {buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
}

std::size_t half_of_descriptors() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  return static_cast<std::size_t>(std::min<rlim_t>(limit.rlim_cur / 2, 16'384));
}

}  // namespace

ProcessSensor::ProcessSensor(SysRoot root, const ProcessOptions& options)
    : root_(std::move(root)),
      options_(options),
      page_size_(::sysconf(_SC_PAGESIZE)),
      loadavg_(root_, "/proc/loadavg") {
  if (const auto cgroups = CgroupFs::locate(root_)) {
    hierarchy_ = cgroups->memory() ? cgroups->memory() : cgroups->unified();
  }
}

Status ProcessSensor::open_proc() {
  if (directory_) return {};
  auto fd = root_.open("/proc", O_RDONLY | O_DIRECTORY);
  if (!fd) return tl::unexpected(std::move(fd).error());
  // Only the kernel ties a descriptor to a process; a plain file may be anybody's by now.
  may_keep_ = on_kernel_fs(fd->get()) ? options_.kept.value_or(half_of_descriptors()) : 0;
  directory_.reset(::fdopendir(fd->get()));
  if (!directory_) return tl::unexpected(system_error(errno, root_.where("/proc")));
  fd->release();
  return {};
}

void ProcessSensor::list_pids(TimePoint now) {
  // Listing takes a quarter of a scan and is only needed when processes were started. Once a second
  // it is done all the same: one may have got its pid just before it could be seen.
  const auto loadavg = loadavg_.read();
  const auto last_pid = loadavg ? parse_last_pid(*loadavg) : std::nullopt;
  if (last_pid && last_pid == last_pid_ && now - listed_ < 1s) return;
  last_pid_ = last_pid;
  listed_ = now;
  ::rewinddir(directory_.get());
  pids_.clear();
  while (const dirent* entry = ::readdir(directory_.get())) {
    const auto pid = parse_i64(entry->d_name);
    if (pid && *pid > 0 && *pid < (1 << 22)) pids_.push_back(static_cast<pid_t>(*pid));
  }
  std::sort(pids_.begin(), pids_.end());
}

/// False when it has ended (or the pid was given to another process, which is then looked at anew).
bool ProcessSensor::measure(Process& process) const {
  Buffer buffer;
  const auto rss = parse_statm(text_of(process.statm, buffer), page_size_);
  if (rss) process.rss = *rss;
  return rss.has_value();
}

/// After reading files by pid: the descriptor still answers, so they were this process's.
bool ProcessSensor::still_itself(Process& process) const {
  Buffer buffer;
  return !process.statm || !text_of(process.statm, buffer).empty();
}

void ProcessSensor::scan() {
  next_.clear();
  kept_ = 0;
  auto known = processes_.begin();
  for (const pid_t pid : pids_) {
    while (known != processes_.end() && known->pid < pid) ++known;
    if (known != processes_.end() && known->pid == pid && known->statm && measure(*known)) {
      next_.push_back(std::move(*known));
      ++kept_;
      continue;
    }
    Process fresh;
    fresh.pid = pid;
    fresh.statm = open_at(::dirfd(directory_.get()), pid, "/statm");
    if (!measure(fresh)) continue;
    if (kept_ < may_keep_) {
      ++kept_;
    } else {
      fresh.statm.reset();
    }
    next_.push_back(std::move(fresh));
  }
  processes_.swap(next_);
  next_.clear();
  // Those that have ended need not be tried again.
  pids_.clear();
  for (const Process& process : processes_) pids_.push_back(process.pid);
}

bool ProcessSensor::identify(Process& process) {
  if (process.identified_at == process.rss) return true;
  Buffer buffer;
  const int proc = ::dirfd(directory_.get());
  const auto who = parse_process_stat(text_of(open_at(proc, process.pid, "/stat"), buffer));
  struct stat info {};
  if (!who || ::fstatat(proc, Path(process.pid, "").text.data(), &info, 0) != 0) return false;
  if (!still_itself(process)) return false;
  process.start_ticks = who->start_ticks;
  process.name = who->name;
  process.uid = info.st_uid;
  process.identified_at = process.rss;
  return true;
}

bool ProcessSensor::bigger(const Process* a, const Process* b) {
  return a->rss != b->rss ? a->rss > b->rss : a->pid < b->pid;
}

std::vector<ProcessSensor::Process*> ProcessSensor::biggest() {
  std::vector<Process*> all;
  all.reserve(processes_.size());
  for (Process& process : processes_) {
    process.detailed = false;
    if (process.rss > Bytes{}) all.push_back(&process);  // kernel threads and zombies hold nothing
  }
  const auto end =
      all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), options_.reported));
  std::partial_sort(all.begin(), end, all.end(), &ProcessSensor::bigger);
  all.erase(end, all.end());
  std::erase_if(all, [&](Process* process) { return !identify(*process); });
  return all;
}

void ProcessSensor::add_tenants(const Look& look, std::vector<Process*>& shown) {
  for (const ProcessKey& key : look.tenants) {
    const auto found = std::lower_bound(processes_.begin(), processes_.end(), key.pid,
                                        [](const Process& p, pid_t pid) { return p.pid < pid; });
    if (found == processes_.end() || found->pid != key.pid) continue;
    if (!identify(*found) || found->start_ticks != key.start_ticks) continue;
    found->detailed = true;
    if (std::find(shown.begin(), shown.end(), &*found) == shown.end()) shown.push_back(&*found);
  }
  std::sort(shown.begin(), shown.end(), &ProcessSensor::bigger);
}

bool ProcessSensor::open_details(Process& process) const {
  if (process.details) return true;
  const int proc = ::dirfd(directory_.get());
  const auto open = [&](const char* file) { return open_at(proc, process.pid, file); };
  process.details =
      std::make_unique<Details>(Details{open("/status"), open("/cgroup"), open("/oom_score_adj"),
                                        std::make_shared<const UniqueFd>(open("/smaps_rollup"))});
  return still_itself(process);
}

ProcessReading ProcessSensor::reading_of(const Process& process) const {
  ProcessReading reading{.key = {process.pid, process.start_ticks},
                         .uid = process.uid,
                         .name = process.name,
                         .rss = process.rss};
  if (!process.details) return reading;
  Buffer buffer;
  if (const auto status = parse_status(text_of(process.details->status, buffer))) {
    reading.uid = status->uid;
    reading.swap = status->swap;
  }
  if (const auto adj = parse_oom_score_adj(text_of(process.details->oom_score_adj, buffer))) {
    reading.oom_score_adj = *adj;
  }
  if (!hierarchy_) return reading;
  const auto group = parse_group(text_of(process.details->cgroup, buffer), hierarchy_->version);
  if (group) reading.cgroup = *group;
  return reading;
}

Result<std::vector<Reading>> ProcessSensor::read(const Look& look) {
  if (!look.owners) return {};
  if (auto opened = open_proc(); !opened) return tl::unexpected(std::move(opened).error());
  list_pids(look.now);
  scan();

  auto shown = biggest();
  for (std::size_t i = 0; i < std::min(shown.size(), options_.detailed); ++i) {
    shown[i]->detailed = true;
  }
  add_tenants(look, shown);
  for (Process& process : processes_) {
    if (!process.detailed) process.details.reset();
  }
  std::erase_if(shown, [&](Process* p) { return p->detailed && !open_details(*p); });

  std::vector<PssReader::Job> jobs;
  for (const Process* process : shown) {
    if (!process->details) continue;
    jobs.push_back({{process->pid, process->start_ticks}, process->details->smaps_rollup});
  }
  const auto pss = pss_.measure(jobs, options_.pss_patience);

  std::vector<Reading> readings;
  readings.reserve(shown.size());
  auto next_pss = pss.begin();
  for (const Process* process : shown) {
    ProcessReading reading = reading_of(*process);
    if (process->details) reading.pss = *next_pss++;
    readings.push_back(std::move(reading));
  }
  return readings;
}

}  // namespace spillway
