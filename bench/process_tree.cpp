#include "process_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>

namespace bench {
namespace {

std::vector<std::string> entries(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(path.c_str()), ::closedir);
  while (dir) {
    const dirent* entry = ::readdir(dir.get());
    if (!entry) break;
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  return names;
}

double field_kib(const std::string& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) == 0) return std::atof(line.c_str() + key.size());
  }
  return 0;
}

std::vector<pid_t> tree_of(pid_t root) {
  std::vector<pid_t> tree{root};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const std::string base = "/proc/" + std::to_string(tree[i]) + "/task/";
    for (const std::string& thread : entries(base)) {
      std::ifstream children(base + thread + "/children");
      for (pid_t child; children >> child;) tree.push_back(child);
    }
  }
  return tree;
}

}  // namespace

Cost cost_of(pid_t root) {
  Cost cost;
  for (const pid_t pid : tree_of(root)) {
    const std::string base = "/proc/" + std::to_string(pid) + "/";
    ++cost.processes;
    cost.rss_kib += field_kib(base + "status", "VmRSS:");
    cost.anon_kib += field_kib(base + "status", "RssAnon:");
    cost.pss_kib += field_kib(base + "smaps_rollup", "Pss:");
    for (const std::string& thread : entries(base + "task")) {
      ++cost.threads;
      std::ifstream stat(base + "task/" + thread + "/schedstat");
      double on_cpu_ns = 0, waited_ns = 0;
      std::uint64_t slices = 0;
      stat >> on_cpu_ns >> waited_ns >> slices;
      cost.cpu_ms += on_cpu_ns / 1e6;
      cost.wakeups += slices;
    }
  }
  return cost;
}

Program::Program(const std::vector<std::string>& command, const std::string& output) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

Program::~Program() {
  if (!running()) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 100 && running(); ++i) ::usleep(20'000);
  if (running()) ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Program::running() const { return pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0; }

std::string find_program(const std::string& name) {
  for (const char* place : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/"}) {
    if (::access((place + name).c_str(), X_OK) == 0) return place + name;
  }
  return {};
}

}  // namespace bench
