#include "wire/line_codec.h"

namespace spillway {

bool LineBuffer::append(std::string_view bytes) {
  if (begin_ > 0) {
    data_.erase(0, begin_);
    searched_ -= begin_;
    begin_ = 0;
    // A long line must not keep its memory for the life of the connection.
    if (data_.empty() && data_.capacity() > 4096) data_.shrink_to_fit();
  }
  data_.append(bytes);
  return ready() || size() <= longest_;
}

void LineBuffer::skip_blank() {
  while (begin_ < data_.size() && (data_[begin_] == '\n' || data_[begin_] == '\r')) ++begin_;
  if (searched_ < begin_) searched_ = begin_;
}

bool LineBuffer::ready() const {
  const std::size_t start = data_.find_first_not_of("\r\n", begin_);
  return start != std::string::npos &&
         data_.find('\n', start > searched_ ? start : searched_) != std::string::npos;
}

std::optional<std::string_view> LineBuffer::next() {
  skip_blank();
  const std::size_t end = data_.find('\n', searched_);
  if (end == std::string::npos) {
    searched_ = data_.size();
    return std::nullopt;
  }
  std::string_view line = std::string_view(data_).substr(begin_, end - begin_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  begin_ = searched_ = end + 1;
  return line;
}

}  // namespace spillway
