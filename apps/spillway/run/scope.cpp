#include "run/scope.h"

#include <signal.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <utility>

#include "base/text.h"

namespace spillway {
namespace {

constexpr std::string_view kPrefix = "spillway-";
constexpr std::string_view kSuffix = ".scope";
constexpr std::size_t kLongestName = 64;

bool is_unlimited(const CgroupHandle& group, const char* attribute) {
  const auto text = group.read(attribute);
  return !text || trimmed(*text) == "max" || trimmed(*text).starts_with("max ");
}

/// Beside a v2 group without limits of its own nothing is escaped from.
bool may_leave(const std::string& directory) {
  const auto group = CgroupHandle::open(directory);
  if (!group) return false;
  for (const char* limit : {"memory.max", "memory.high", "memory.swap.max", "cpu.max"}) {
    if (!is_unlimited(*group, limit)) return false;
  }
  return true;
}

std::string parent_of(const std::string& group) {
  const std::size_t slash = group.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : group.substr(0, slash);
}

/// Groups to make the scope in, the better ones first.
std::vector<std::string> places(const CgroupHierarchy& tree, const std::string& own) {
  std::vector<std::string> found;
  const auto directory = tree.directory(own);
  const bool has_parent = own != "/" && own != tree.root;
  if (tree.version == CgroupVersion::v2 && has_parent && directory && may_leave(*directory)) {
    found.push_back(parent_of(own));
  }
  found.push_back(own);
  return found;
}

/// The process that made a scope of this name, if it is one.
std::optional<pid_t> owner_of(std::string_view name) {
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  const auto pid = parse_u64(name.substr(name.rfind('-') + 1));
  return pid && *pid > 0 && *pid < (1U << 22) ? std::optional(static_cast<pid_t>(*pid))
                                              : std::nullopt;
}

/// Removes what a killed `spillway run` left behind; a group that is still in use stays.
void sweep(const std::string& directory) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const auto owner = owner_of(entry.path().filename().string());
    if (owner && ::kill(*owner, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

}  // namespace

std::string scope_name(std::string_view name, pid_t owner) {
  std::string text(kPrefix);
  for (const char c : name.substr(0, kLongestName)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
    text += plain ? c : '_';
  }
  return text + "-" + std::to_string(owner) + std::string(kSuffix);
}

Result<Scope> Scope::make(const CgroupFs& groups, std::string_view name, pid_t process) {
  const auto& tree = groups.memory() ? groups.memory() : groups.unified();
  if (!tree) return fail(Errc::unsupported, "there are no control groups here");
  const auto own = groups.group_of(::getpid());
  if (!own) return tl::unexpected(own.error());

  Error why{Errc::denied, "no control group can be made here", *own, {}};
  for (const std::string& place : places(*tree, *own)) {
    const auto directory = tree->directory(place);
    if (!directory) continue;
    sweep(*directory);
    const std::string leaf = "/" + scope_name(name, ::getpid());
    auto handle = CgroupHandle::create(*directory + leaf);
    if (!handle) {
      why = handle.error();
      continue;
    }
    Scope scope(std::move(*handle), (place == "/" ? "" : place) + leaf,
                tree->version == CgroupVersion::v2);
    const auto moved = scope.handle_.add(process);
    if (moved) return scope;
    why = moved.error();
  }
  if (why.code == Errc::denied) {
    why.hint = "where you may make none yourself: systemd-run --user --scope spillway run ...";
  }
  return tl::unexpected(std::move(why));
}

Scope::Scope(Scope&& other) noexcept
    : handle_(std::move(other.handle_)),
      group_(std::move(other.group_)),
      v2_(other.v2_),
      there_(std::exchange(other.there_, false)) {}

Scope::~Scope() { (void)remove(); }

Status Scope::remove() {
  if (!std::exchange(there_, false)) return {};
  return handle_.remove();
}

}  // namespace spillway
