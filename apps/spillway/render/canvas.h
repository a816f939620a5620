#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/level.h"

namespace spillway {

/// What the text is made for.
struct Canvas {
  std::size_t width = 0;  // columns; 0: as wide as it gets (a file, a pipe)
  bool color = false;
};

enum class Paint { plain, dim, bold, good, caution, bad };
Paint paint_of(Level level);

/// `text` between the escape sequences of its paint, if the canvas has colors.
std::string painted(std::string_view text, Paint paint, const Canvas& canvas);

/// `text` as it may go to a terminal: names come from strangers, so control characters and bytes
/// that are no UTF-8 become '?'.
std::string printable(std::string_view text);

/// Columns that printable text takes: its code points.
std::size_t columns(std::string_view text);

/// Cut to `width` columns, with ".." at the end where something is missing.
std::string cut(std::string_view text, std::size_t width);

struct Cell {
  std::string text;
  Paint paint = Paint::plain;
};

struct Column {
  std::string title;      // a table whose titles are all empty has no head
  bool right = false;     // figures
  bool flexible = false;  // may be cut when the canvas is too narrow
  std::size_t least = 0;
};

/// Rows aligned in columns, two blanks between them. A column without any text is left out; rows
/// may be shorter than the columns. Cells are made printable.
std::vector<std::string> table(const std::vector<Column>& head,
                               const std::vector<std::vector<Cell>>& rows, const Canvas& canvas);

}  // namespace spillway
