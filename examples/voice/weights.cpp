#include "weights.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace voice {
namespace {

constexpr std::size_t kBlockWords = 64 * 1024 / sizeof(std::uint64_t);
constexpr std::size_t kBlocks = 256;

/// splitmix64 (public domain, S. Vigna): a good word from any counter.
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

std::uint64_t word(std::uint64_t seed, std::size_t i) { return mixed(seed * 0x10001 + i); }

/// Every word of the chosen blocks, weighted by its position, so that a wrong or moved word shows.
template <class Read>
std::uint64_t summed(std::size_t words, std::uint64_t request, Read read) {
  const std::size_t blocks = std::max<std::size_t>(1, words / kBlockWords);
  std::uint64_t sum = 0;
  for (std::size_t b = 0; b < kBlocks; ++b) {
    const std::size_t first = mixed(request * kBlocks + b) % blocks * kBlockWords;
    const std::size_t last = std::min(words, first + kBlockWords);
    for (std::size_t i = first; i < last; ++i) sum += read(i) * (2 * (i - first) + 1);
  }
  return sum;
}

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw_errno(path);
  }
  ~File() { ::close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void* map_anonymous(std::size_t length) {
  void* data = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) throw std::bad_alloc();
  return data;
}

/// Calls each(words, count, first) for the file's content, a MiB at a time, and lets the kernel
/// drop the pages read: a loader that leaves its file in the cache holds the model twice.
template <class Each>
void read_words(const File& file, std::size_t words, Each each) {
  std::vector<std::uint64_t> buffer(1 << 17);
  for (std::size_t first = 0; first < words; first += buffer.size()) {
    const std::size_t count = std::min(buffer.size(), words - first);
    std::size_t got = 0;
    while (got < count * sizeof(std::uint64_t)) {
      const ssize_t n = ::pread(file.get(), reinterpret_cast<char*>(buffer.data()) + got,
                                count * sizeof(std::uint64_t) - got,
                                static_cast<off_t>(first * sizeof(std::uint64_t) + got));
      if (n <= 0) throw_errno("reading weights");
      got += static_cast<std::size_t>(n);
    }
    each(buffer.data(), count, first);
    ::posix_fadvise(file.get(), static_cast<off_t>(first * sizeof(std::uint64_t)),
                    static_cast<off_t>(got), POSIX_FADV_DONTNEED);
  }
}

}  // namespace

const char* name(Form form) {
  switch (form) {
    case Form::none: return "none";
    case Form::resident: return "full";
    case Form::quantized: return "q8";
    case Form::mapped: return "disk";
  }
  return "none";
}

bool parse(const std::string& text, Form& form) {
  for (const Form known : {Form::none, Form::resident, Form::quantized, Form::mapped}) {
    if (text == name(known)) {
      form = known;
      return true;
    }
  }
  return false;
}

void Weights::create(const std::string& path, std::uint64_t seed, std::size_t bytes) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  std::vector<std::uint64_t> buffer(1 << 17);
  const std::size_t words = bytes / sizeof(std::uint64_t);
  for (std::size_t first = 0; first < words; first += buffer.size()) {
    const std::size_t count = std::min(buffer.size(), words - first);
    for (std::size_t i = 0; i < count; ++i) buffer[i] = word(seed, first + i);
    const char* from = reinterpret_cast<const char*>(buffer.data());
    for (std::size_t left = count * sizeof(std::uint64_t); left > 0;) {
      const ssize_t n = ::write(file.get(), from, left);
      if (n <= 0) throw_errno(path);
      from += n;
      left -= static_cast<std::size_t>(n);
    }
  }
  // Written back now, so that its pages are clean and can be dropped under pressure later.
  if (::fdatasync(file.get()) != 0) throw_errno(path);
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
}

Weights::Weights(Weights&& other) noexcept { *this = std::move(other); }

Weights& Weights::operator=(Weights&& other) noexcept {
  std::swap(form_, other.form_);
  std::swap(data_, other.data_);
  std::swap(length_, other.length_);
  std::swap(words_, other.words_);
  return *this;
}

Weights::~Weights() {
  if (data_) ::munmap(data_, length_);
}

Weights Weights::load(const std::string& path, Form form) {
  Weights weights;
  if (form == Form::none) return weights;
  const File file(path, O_RDONLY);
  struct stat st {};
  if (::fstat(file.get(), &st) != 0) throw_errno(path);
  weights.words_ = static_cast<std::size_t>(st.st_size) / sizeof(std::uint64_t);
  const std::size_t bytes = weights.words_ * sizeof(std::uint64_t);

  if (form == Form::mapped) {
    void* data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file.get(), 0);
    if (data == MAP_FAILED) throw_errno(path);
    weights.data_ = data;
    weights.length_ = bytes;
  } else if (form == Form::resident) {
    weights.data_ = map_anonymous(bytes);
    weights.length_ = bytes;
    auto* to = static_cast<std::uint64_t*>(weights.data_);
    read_words(file, weights.words_,
               [&](const std::uint64_t* from, std::size_t count, std::size_t first) {
                 std::copy_n(from, count, to + first);
               });
  } else {
    weights.data_ = map_anonymous(weights.words_);
    weights.length_ = weights.words_;
    auto* to = static_cast<std::uint8_t*>(weights.data_);
    read_words(file, weights.words_,
               [&](const std::uint64_t* from, std::size_t count, std::size_t first) {
                 for (std::size_t i = 0; i < count; ++i) {
                   to[first + i] = static_cast<std::uint8_t>(from[i] >> 56);
                 }
               });
  }
  weights.form_ = form;
  return weights;
}

std::size_t Weights::resident_bytes() const { return form_ == Form::mapped ? 0 : length_; }

std::uint64_t Weights::answer(std::uint64_t request) const {
  if (form_ == Form::none) return 0;
  if (form_ == Form::quantized) {
    const auto* bytes = static_cast<const std::uint8_t*>(data_);
    return summed(words_, request, [&](std::size_t i) { return std::uint64_t{bytes[i]}; });
  }
  const auto* words = static_cast<const std::uint64_t*>(data_);
  return summed(words_, request, [&](std::size_t i) { return words[i]; });
}

std::uint64_t Weights::expected(std::uint64_t seed, std::size_t bytes, Form form,
                                std::uint64_t request) {
  if (form == Form::none) return 0;
  const int shift = form == Form::quantized ? 56 : 0;
  return summed(bytes / sizeof(std::uint64_t), request,
                [&](std::size_t i) { return word(seed, i) >> shift; });
}

}  // namespace voice
