#include "render/canvas.h"

#include <algorithm>
#include <array>

namespace spillway {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;

/// The length of the UTF-8 sequence at the start of `text`; 0 when there is none. Overlong forms,
/// surrogates and C1 controls count as none.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool control = first == 0xc2 && second < 0xa0;
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool beyond = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
  return control || overlong || beyond ? 0 : length;
}

class Widths {
 public:
  Widths(const std::vector<Column>& head, const std::vector<std::vector<Cell>>& rows)
      : head_(head), widths_(head.size(), 0) {
    for (const auto& row : rows) {
      for (std::size_t i = 0; i < std::min(row.size(), head.size()); ++i) {
        widths_[i] = std::max(widths_[i], columns(row[i].text));
      }
    }
    for (std::size_t i = 0; i < head.size(); ++i) {
      if (widths_[i] > 0)
        widths_[i] = std::max({widths_[i], columns(head[i].title), head[i].least});
    }
  }

  /// Takes blanks from the widest flexible column, again and again; when all are narrow, leaves the
  /// rightmost of them out. The first column stays.
  void fit(std::size_t width) {
    while (total() > width) {
      std::size_t* widest = nullptr;
      std::size_t* last = nullptr;
      for (std::size_t i = 0; i < head_.size(); ++i) {
        if (!head_[i].flexible || widths_[i] == 0) continue;
        if (i > 0) last = &widths_[i];
        if (widths_[i] <= std::max(kNarrowest, head_[i].least)) continue;
        if (widest == nullptr || widths_[i] > *widest) widest = &widths_[i];
      }
      if (widest != nullptr) {
        --*widest;
      } else if (last != nullptr) {
        *last = 0;
      } else {
        return;
      }
    }
  }

  std::size_t operator[](std::size_t i) const { return widths_[i]; }

 private:
  std::size_t total() const {
    std::size_t sum = 0, shown = 0;
    for (const std::size_t width : widths_) {
      sum += width;
      shown += width > 0;
    }
    return sum + (shown > 0 ? (shown - 1) * kGap : 0);
  }

  const std::vector<Column>& head_;
  std::vector<std::size_t> widths_;
};

std::string line(const std::vector<Column>& head, const std::vector<Cell>& row,
                 const Widths& widths, const Canvas& canvas) {
  std::string out;
  std::size_t owed = 0;  // blanks before the next text: none are left at the end of a line
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (widths[i] == 0) continue;
    const std::string text = i < row.size() ? cut(row[i].text, widths[i]) : std::string();
    const std::size_t spare = widths[i] - columns(text);
    if (head[i].right) owed += spare;
    if (!text.empty()) {
      out.append(owed, ' ');
      out += painted(text, row[i].paint, canvas);
      owed = 0;
    }
    if (!head[i].right) owed += spare;
    owed += kGap;
  }
  return out;
}

}  // namespace

Paint paint_of(Level level) {
  constexpr std::array kPaints{Paint::good, Paint::caution, Paint::bad, Paint::bad, Paint::bad};
  return kPaints[index(level)];
}

std::string painted(std::string_view text, Paint paint, const Canvas& canvas) {
  constexpr std::array<std::string_view, 6> kCodes{"", "2", "1", "32", "33", "1;31"};
  const std::string_view code = kCodes[static_cast<std::size_t>(paint)];
  if (!canvas.color || code.empty() || text.empty()) return std::string(text);
  std::string out = "\033[";
  out.append(code).append("m").append(text).append("\033[0m");
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence(text);
    if (length == 0) {
      out += '?';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  const std::size_t kept = width > 2 ? width - 2 : width;
  std::size_t end = 0, seen = 0;
  for (; end < text.size(); ++end) {
    const bool starts = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (starts && seen++ == kept) break;
  }
  return std::string(text.substr(0, end)) + (width > 2 ? ".." : "");
}

std::vector<std::string> table(const std::vector<Column>& head,
                               const std::vector<std::vector<Cell>>& rows, const Canvas& canvas) {
  std::vector<std::vector<Cell>> clean = rows;
  for (auto& row : clean) {
    for (Cell& cell : row) cell.text = printable(cell.text);
  }
  Widths widths(head, clean);
  if (canvas.width > 0) widths.fit(canvas.width);

  std::vector<std::string> lines;
  if (rows.empty()) return lines;
  std::vector<Cell> titles;
  for (const Column& column : head) titles.push_back({column.title, Paint::dim});
  const bool headed = std::any_of(titles.begin(), titles.end(),
                                  [](const Cell& title) { return !title.text.empty(); });
  if (headed) lines.push_back(line(head, titles, widths, canvas));
  for (const auto& row : clean) lines.push_back(line(head, row, widths, canvas));
  return lines;
}

}  // namespace spillway
