#include "fit/files/pytorch.h"

#include <map>
#include <set>
#include <utility>

#include "fit/files/parts.h"
#include "fit/files/pickle.h"
#include "fit/files/zip.h"

namespace spillway::fit {
namespace {

constexpr std::uint64_t kLongestPickle = 16 << 20;

// Bytes of which nobody said what numbers they are.
Tensor unnamed(std::string name, std::uint64_t size) {
  return {std::move(name), {size}, TensorType::u8, Bytes{static_cast<std::int64_t>(size)}};
}

bool of_optimiser(const std::string& name) {
  return name.starts_with("optimizer") || name.starts_with("lr_scheduler");
}

class Archive {
 public:
  explicit Archive(HeaderReader& in) : in_(in), out_(begin_file(in, FileFormat::pytorch)) {}

  Result<ModelFile> read() {
    entries_ = read_zip(in_);
    for (const ZipEntry& entry : entries_) {
      by_name_.emplace(entry.name, &entry);
      if (entry.name.ends_with("/data.pkl")) pickle_ = &entry;
    }
    if (in_.ok() && pickle_ == nullptr) {
      in_.fail_at(0, "is a zip archive, but none of PyTorch's", "name a model's file");
    }
    if (!in_.ok()) return in_.error();
    prefix_ = pickle_->name.substr(0, pickle_->name.size() - 8);
    if (const Status ok = by_names(); !ok) by_bytes(ok.error());
    if (!in_.ok()) return in_.error();
    out_.bytes_read = in_.bytes_read();
    return std::move(out_);
  }

 private:
  // Where the pickle cannot be followed the error says why; a file that lies fails the reader.
  Status by_names() {
    if (pickle_->method != 0 || pickle_->stored > kLongestPickle) {
      return fail(Errc::unsupported, "its pickle is packed or long");
    }
    HeaderReader member = zip_member(in_, *pickle_);
    if (!in_.ok()) return {};
    const std::vector<PickledTensor> tensors = follow_pickle(member);
    if (!member.ok()) return tl::unexpected<Error>(member.error().value());
    std::set<std::pair<std::string_view, std::uint64_t>> stored;
    std::size_t tied = 0, left_out = 0;
    for (const PickledTensor& one : tensors) {
      const auto entry = by_name_.find(prefix_ + "data/" + one.storage);
      if (entry == by_name_.end()) {
        in_.fail_at(pickle_->header,
                    in_quotes(one.tensor.name) + " is in no member of the archive");
      } else if (one.tensor.bytes.count > static_cast<std::int64_t>(entry->second->size)) {
        in_.fail_at(entry->second->header,
                    in_quotes(one.tensor.name) + " is longer than its member of the archive");
      }
      if (!in_.ok()) return {};
      named_.insert(entry->first);
      if (of_optimiser(one.tensor.name)) {
        ++left_out;
      } else if (!stored.emplace(one.storage, one.offset).second) {
        ++tied;  // another name for the same numbers
      } else {
        out_.tensors.push_back(one.tensor);
      }
    }
    add_unnamed();
    if (tied > 0) out_.notes.push_back(std::to_string(tied) + " tied tensors are counted once");
    if (left_out > 0) {
      out_.notes.push_back(std::to_string(left_out) + " tensors of the optimizer are not counted");
    }
    return {};
  }
  void by_bytes(const Error& why) {
    out_.notes.push_back("the pickle cannot be followed: " + to_string(why));
    out_.tensors.clear();
    named_.clear();
    add_unnamed();
  }
  // Storages that no tensor is known of.
  void add_unnamed() {
    std::size_t count = 0;
    for (const ZipEntry& entry : entries_) {
      if (!entry.name.starts_with(prefix_ + "data/") || named_.contains(entry.name)) continue;
      out_.tensors.push_back(unnamed(entry.name.substr(prefix_.size()), entry.size));
      ++count;
    }
    if (count == 0) return;
    out_.notes.push_back(std::to_string(count) + " storages are known by their bytes alone");
  }

  HeaderReader& in_;
  ModelFile out_;
  std::vector<ZipEntry> entries_;
  std::map<std::string_view, const ZipEntry*> by_name_;
  std::set<std::string_view> named_;  // members that a tensor is in
  const ZipEntry* pickle_ = nullptr;
  std::string prefix_;
};

}  // namespace

Result<ModelFile> read_pytorch(HeaderReader& in) {
  if (in.peek(2) == "PK") return Archive(in).read();
  if (in.peek(1) != "\x80" || in.size() < 2) {
    in.fail_at(0, "is no file of PyTorch's", "name a model's file");
    return in.error();
  }
  ModelFile out = begin_file(in, FileFormat::pytorch);
  out.tensors.push_back(unnamed("data", in.size()));
  out.notes.push_back(
      "a PyTorch file of the time before 1.6: only its size is known; save it again, or as "
      "safetensors, for its tensors");
  out.bytes_read = in.bytes_read();
  return out;
}

}  // namespace spillway::fit
