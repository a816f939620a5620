#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/result.h"
#include "verbs/verbs.h"

namespace spillway {

int gateway(const std::vector<std::string>& arguments) {
  // Beside this program, as it is built and installed.
  std::error_code ignored;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string program = (self.parent_path() / "spillway-gateway").string();
  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  const Error error = system_error(errno, program);
  const Console console(Global{});
  console.tell(error);
  return number(ExitCode::failure);
}

}  // namespace spillway
