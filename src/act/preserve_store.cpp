#include "act/preserve_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <type_traits>

#include "base/text.h"

namespace spillway {
namespace {

struct Header {
  std::array<char, 8> magic{'S', 'P', 'L', 'W', 'K', 'E', 'P', '1'};
  std::uint64_t length = 0;
  std::uint64_t checksum = 0;  // of number, length and data
};
static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) == 24);

/// FNV-1a, 64 bit (http://www.isthe.com/chongo/tech/comp/fnv): against torn files, not against
/// forgers, who could not write into the directory.
std::uint64_t checksum(std::uint64_t number, std::string_view data) {
  std::uint64_t sum = 0xcbf29ce484222325;
  const auto add = [&](unsigned char byte) { sum = (sum ^ byte) * 0x100000001b3; };
  for (const std::uint64_t word : {number, std::uint64_t{data.size()}}) {
    for (unsigned shift = 0; shift < 64; shift += 8) add(static_cast<unsigned char>(word >> shift));
  }
  for (const char byte : data) add(static_cast<unsigned char>(byte));
  return sum;
}

constexpr std::string_view kSuffix = ".kept";

/// Tenants name themselves; a file name has no slashes, does not begin with a dot and is not long.
Result<std::string> stem(std::string_view tenant) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string name;
  for (const char c : tenant) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    if (plain) {
      name += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  if (name.empty() || name.size() > 200) {
    return fail(Errc::invalid, "no name for a file", std::string(tenant.substr(0, 64)));
  }
  return name;
}

std::string file_name(const std::string& stem, std::uint64_t number) {
  return stem + "." + std::to_string(number) + std::string(kSuffix);
}

std::optional<std::string> read_version(int directory, const std::string& name,
                                        std::uint64_t number) {
  const UniqueFd fd(openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  struct stat info {};
  Header header;
  if (!fd || fstat(fd.get(), &info) != 0 ||
      read(fd.get(), &header, sizeof header) != sizeof header || header.magic != Header{}.magic ||
      header.length != static_cast<std::uint64_t>(info.st_size) - sizeof header) {
    return std::nullopt;
  }
  std::string data(header.length, '\0');
  std::size_t filled = 0;
  while (filled < data.size()) {
    const ssize_t n = read(fd.get(), data.data() + filled, data.size() - filled);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    filled += static_cast<std::size_t>(n);
  }
  if (checksum(number, data) != header.checksum) return std::nullopt;
  return data;
}

}  // namespace

Status PreserveStore::make_directory(const std::string& path) const {
  const std::string parent = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
  about_to_call();
  if (mkdir(path.c_str(), 0700) != 0) {
    if (errno == EEXIST) return {};
    if (errno != ENOENT || parent == path) return tl::unexpected(system_error(errno, path));
    if (auto made = make_directory(parent); !made) return made;
    return make_directory(path);
  }
  // A name is safe only once the directory that holds it is.
  const UniqueFd above(open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  about_to_call();
  if (!above || fsync(above.get()) != 0) return tl::unexpected(system_error(errno, parent));
  return {};
}

Result<UniqueFd> PreserveStore::open_directory() const {
  UniqueFd fd(open(options_.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return tl::unexpected(system_error(errno, options_.directory));
  return fd;
}

Status PreserveStore::each_file(const std::function<void(std::string_view)>& visit) const {
  auto directory = open_directory();
  if (!directory) {
    if (directory.error().code == Errc::not_found) return {};
    return tl::unexpected(directory.error());
  }
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(directory->get()), closedir);
  if (!entries) return tl::unexpected(system_error(errno, options_.directory));
  directory->release();
  while (const dirent* entry = readdir(entries.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(kSuffix)) visit(name);
  }
  return {};
}

Result<std::vector<std::uint64_t>> PreserveStore::numbers(std::string_view tenant) const {
  const auto prefix = stem(tenant);
  if (!prefix) return tl::unexpected(prefix.error());
  std::vector<std::uint64_t> found;
  const auto listed = each_file([&](std::string_view name) {
    if (!name.starts_with(*prefix + ".")) return;
    name.remove_prefix(prefix->size() + 1);
    if (name.size() <= kSuffix.size()) return;
    name.remove_suffix(kSuffix.size());
    if (const auto number = parse_u64(name)) found.push_back(*number);
  });
  if (!listed) return tl::unexpected(listed.error());
  std::sort(found.rbegin(), found.rend());
  return found;
}

Status PreserveStore::write_file(int directory, const std::string& name,
                                 std::string_view data) const {
  const std::string beside = name + ".tmp";
  const auto error = [&] {
    return tl::unexpected(system_error(errno, options_.directory + "/" + name));
  };
  about_to_call();
  const UniqueFd fd(openat(directory, beside.c_str(),
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return error();
  while (!data.empty()) {
    about_to_call();
    const ssize_t n = write(fd.get(), data.data(), std::min(data.size(), std::size_t{1} << 20));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error();
    data.remove_prefix(static_cast<std::size_t>(n));
  }
  about_to_call();
  if (fsync(fd.get()) != 0) return error();
  about_to_call();
  if (renameat(directory, beside.c_str(), directory, name.c_str()) != 0) return error();
  about_to_call();
  if (fsync(directory) != 0) return error();
  return {};
}

Result<std::uint64_t> PreserveStore::put(std::string_view tenant, std::string_view data) {
  if (data.size() > static_cast<std::uint64_t>(options_.largest.count)) {
    return fail(Errc::refused, "too much to keep, at most " + to_string(options_.largest),
                std::string(tenant));
  }
  const std::lock_guard lock(mutex_);
  const auto name = stem(tenant);
  if (!name) return tl::unexpected(name.error());
  if (const auto made = make_directory(options_.directory); !made)
    return tl::unexpected(made.error());
  const auto directory = open_directory();
  if (!directory) return tl::unexpected(directory.error());
  const auto known = numbers(tenant);
  if (!known) return tl::unexpected(known.error());

  const std::uint64_t number = known->empty() ? 1 : known->front() + 1;
  const Header header{.length = data.size(), .checksum = checksum(number, data)};
  std::string whole(sizeof header, '\0');
  std::memcpy(whole.data(), &header, sizeof header);
  whole += data;
  if (const auto written = write_file(directory->get(), file_name(*name, number), whole);
      !written) {
    unlinkat(directory->get(), (file_name(*name, number) + ".tmp").c_str(), 0);
    return tl::unexpected(written.error());
  }
  // Only now are older ones superfluous; a torn one counts as none.
  std::size_t kept = 1;
  for (const std::uint64_t older : *known) {
    const std::string file = file_name(*name, older);
    if (kept < options_.versions && read_version(directory->get(), file, older)) {
      ++kept;
      continue;
    }
    about_to_call();
    unlinkat(directory->get(), file.c_str(), 0);
  }
  return number;
}

Result<std::optional<PreserveStore::Version>> PreserveStore::get(std::string_view tenant) const {
  const std::lock_guard lock(mutex_);
  const auto name = stem(tenant);
  if (!name) return tl::unexpected(name.error());
  const auto known = numbers(tenant);
  if (!known) return tl::unexpected(known.error());
  if (known->empty()) return std::nullopt;
  const auto directory = open_directory();
  if (!directory) return tl::unexpected(directory.error());
  for (const std::uint64_t number : *known) {
    auto data = read_version(directory->get(), file_name(*name, number), number);
    if (data) return Version{number, std::move(*data)};
  }
  return std::nullopt;
}

Result<std::size_t> PreserveStore::count(std::string_view prefix) const {
  const auto start = stem(prefix);
  if (!start) return tl::unexpected(start.error());
  std::set<std::string, std::less<>> names;
  const auto listed = each_file([&](std::string_view name) {
    if (name.starts_with(*start)) names.emplace(name.substr(0, name.find('.')));
  });
  if (!listed) return tl::unexpected(listed.error());
  return names.size();
}

Status PreserveStore::drop(std::string_view tenant) {
  const std::lock_guard lock(mutex_);
  const auto known = numbers(tenant);
  if (!known) return tl::unexpected(known.error());
  if (known->empty()) return {};
  const auto directory = open_directory();
  if (!directory) return tl::unexpected(directory.error());
  for (const std::uint64_t number : *known) {
    about_to_call();
    const std::string file = file_name(*stem(tenant), number);
    if (unlinkat(directory->get(), file.c_str(), 0) != 0 && errno != ENOENT) {
      return tl::unexpected(system_error(errno, options_.directory + "/" + file));
    }
  }
  return {};
}

}  // namespace spillway
