#include "verbs/page.h"

#include <fstream>

namespace spillway {

bool write_page(const Console& console, const std::string& path, const std::string& page) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << page;
  out.flush();
  if (!out) console.tell("cannot write " + path);
  return bool(out);
}

}  // namespace spillway
